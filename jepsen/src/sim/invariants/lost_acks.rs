//! An acknowledged entry is on the disks of a majority, from its acknowledgement on.

use super::Check;
use crate::disk::{Disks, Origin};
use keyrack_cluster::simulated::{LogId, StoredMembership};

/// Two ticks of the simulation, the uncertainty of a time in `since_us`.
const TICK_US: u64 = 2 * 2_000;

/// The newest acknowledged entry, and the time and index of each that was the newest.
#[derive(Default)]
pub struct LostAcks {
    newest: Option<LogId>,
    since_us: Vec<(u64, u64)>,
}

/// Whether a majority of the voters would still have this entry after a power loss now. While the voters change, the entry
/// that begins the change needs a majority of both sets. A later entry may be committed by the new set alone, as soon as the
/// entry that ends the change is in the leader's log. A node counts with the disk of the incarnation that is the member, even
/// if it was wiped since. A node with a copy takes part in nothing, so no majority forms with it against those that have the entry:
/// it counts as if it still had the entry. Once it uses the copy, its disk counts.
pub fn majority_has(disks: &Disks, stored: &StoredMembership, at: &LogId) -> bool {
    let membership = stored.membership();
    let has = |id: &&u64| {
        let incarnation = membership.get_node(id).map_or(0, |member| member.incarnation);
        let disk = disks.of(**id, incarnation);
        let disk = disk.lock();
        matches!(disk.origin, Origin::Copied(_)) || disk.has_durably(at)
    };
    let sets = membership.get_joint_config();
    let begins = stored.log_id().as_ref().is_some_and(|begun| begun.index >= at.index);
    let needed = if begins { 0 } else { sets.len().saturating_sub(1) };
    sets[needed..].iter().all(|voters| voters.iter().filter(has).count() > voters.len() / 2)
}

impl LostAcks {
    pub fn acknowledged(&mut self, at: LogId, now_us: u64) {
        if self.newest < Some(at) {
            self.newest = Some(at);
            self.since_us.push((now_us, at.index));
        }
    }

    /// The newest index that was certainly acknowledged at this time.
    pub fn newest_index_at(&self, us: u64) -> u64 {
        let until = self.since_us.partition_point(|(since_us, _)| since_us + TICK_US < us);
        until.checked_sub(1).map_or(0, |last| self.since_us[last].1)
    }

    pub fn newest_index(&self) -> u64 {
        self.newest.map_or(0, |at| at.index)
    }

    pub fn check(&self, disks: &Disks, membership: &StoredMembership) -> Check {
        match &self.newest {
            Some(at) if !majority_has(disks, membership, at) => {
                Err(format!("entry {at} was acknowledged, but is not on the disks of a majority"))
            }
            _ => Ok(()),
        }
    }
}
