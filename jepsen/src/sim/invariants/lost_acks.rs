//! What was acknowledged is on the disks of a majority, then and ever after.

use super::Check;
use crate::raft::{LogId, StoredMembership};
use crate::world::World;

/// The newest acknowledged entry.
#[derive(Default)]
pub struct LostAcks {
    newest: Option<LogId>,
}

/// Whether a majority of the voters would still have this after a power loss now. While voters change, the entry that
/// begins it needs both sets; later ones may have been committed by the new set alone, as soon as the entry that ends the
/// change is in the leader's log. A wiped node counts as what it was while it is a member as that.
pub fn majority_has(world: &World, stored: &StoredMembership, at: &LogId) -> bool {
    let membership = stored.membership();
    let has = |id: &&u64| {
        let incarnation = membership.get_node(id).map_or(0, |member| member.incarnation);
        world.disk_of(**id, incarnation).lock().has_durably(at)
    };
    let sets = membership.get_joint_config();
    let begins = stored.log_id().as_ref().is_some_and(|begun| begun.index >= at.index);
    let needed = if begins { 0 } else { sets.len().saturating_sub(1) };
    sets[needed..].iter().all(|voters| voters.iter().filter(has).count() > voters.len() / 2)
}

impl LostAcks {
    pub fn acknowledged(&mut self, at: LogId) {
        self.newest = self.newest.max(Some(at));
    }

    pub fn newest_index(&self) -> u64 {
        self.newest.map_or(0, |at| at.index)
    }

    pub fn check(&self, world: &World, membership: &StoredMembership) -> Check {
        match &self.newest {
            Some(at) if !majority_has(world, membership, at) => {
                Err(format!("{at} was acknowledged and is not on the disks of a majority"))
            }
            _ => Ok(()),
        }
    }
}
