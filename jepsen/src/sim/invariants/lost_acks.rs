//! What was acknowledged is on the disks of a majority, then and ever after.

use super::Check;
use crate::raft::{LogId, Membership};
use crate::world::World;

/// The newest acknowledged entry.
#[derive(Default)]
pub struct LostAcks {
    newest: Option<LogId>,
}

/// Whether a majority of the voters (of both sets, while they change) would still have this after a power loss now. A
/// wiped node counts as what it was while it is a member as that.
pub fn majority_has(world: &World, membership: &Membership, at: &LogId) -> bool {
    let has = |id: &&u64| {
        let incarnation = membership.get_node(id).map_or(0, |member| member.incarnation);
        world.disk_of(**id, incarnation).lock().has_durably(at)
    };
    membership.get_joint_config().iter().all(|voters| voters.iter().filter(has).count() > voters.len() / 2)
}

impl LostAcks {
    pub fn acknowledged(&mut self, at: LogId) {
        self.newest = self.newest.max(Some(at));
    }

    pub fn newest_index(&self) -> u64 {
        self.newest.map_or(0, |at| at.index)
    }

    pub fn check(&self, world: &World, membership: &Membership) -> Check {
        match &self.newest {
            Some(at) if !majority_has(world, membership, at) => {
                Err(format!("{at} was acknowledged and is not on the disks of a majority"))
            }
            _ => Ok(()),
        }
    }
}
