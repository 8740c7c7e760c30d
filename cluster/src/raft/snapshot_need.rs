//! Whether this replica needs the snapshot that a leader sends.
//!
//! A snapshot replaces a shard's rows, and nothing in it proves that they follow from the log. So a replica takes one only if another
//! member than the leader says that the log does not help any more: it has purged the entries that this replica lacks, or it has
//! applied many more entries than this replica has. A leader that wants to replace rows must keep the log from a replica for that long.
//!
//! A majority whose logs end near this replica's own proves that nothing far beyond is committed, so no honest leader has purged what
//! this replica lacks. One exception: a leader that got a snapshot itself lately has no older entries. Then it is asked to hand over to
//! a member that has them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use keyrack_proto::internal as pb;
use tokio::time::Instant;

use super::majority::UNCONFIRMED;
use super::replica::{Machine, Replica};
use super::types::Membership;
use crate::peers::{Member, PeerCalls};
use crate::storage::LogDisk;

/// A replica that lacks more entries than this needs a snapshot, also if the nodes are configured to keep more of the log.
const MANY_ENTRIES: u64 = 10_000;
/// How long a replica waits for other members if too few answer. Then the leader and this replica are nearly the only ones left.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a replica waits before it asks again for another leader.
const HAND_OVER_EVERY: Duration = Duration::from_secs(5);

/// What another member says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// The log does not help any more.
    Needed,
    /// Its log ends near this replica's own, at this index. It may have the entries that this replica lacks.
    Near { last: u64 },
    /// It does not answer, it has an older version, or it does not know.
    Nothing,
}

/// What a member's answer means for a replica whose log ends with the entry `own`, while the nodes keep `keep` entries.
fn says(reply: Option<pb::HeldVoteReply>, own: u64, keep: u64) -> Says {
    let far = own.saturating_add(keep.min(MANY_ENTRIES));
    match reply.and_then(|reply| Some((reply.purged?, reply.applied?, reply.last?))) {
        Some((purged, applied, _)) if purged > own || applied > far => Says::Needed,
        Some((_, _, last)) if last <= far => Says::Near { last },
        _ => Says::Nothing,
    }
}

/// Whether these members are a majority of each set of voters.
fn is_majority(membership: &Membership, near: &BTreeSet<u64>) -> bool {
    membership.get_joint_config().iter().all(|voters| voters.intersection(near).count() * 2 > voters.len())
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
    /// Checks that this replica needs a snapshot of the leader `from`. A replica without data has nothing to lose.
    ///
    /// # Errors
    /// [`UNCONFIRMED`] if it does not need one, or if nobody can say so. After [`PATIENCE`] without enough answers of members that are
    /// not fenced, the leader is believed.
    pub async fn check_needs_snapshot(&self, from: u64) -> io::Result<()> {
        let own = self.log.last().map_or(0, |last| last.index);
        let membership = self.membership();
        let others: BTreeMap<u64, Member> = membership
            .nodes()
            .filter(|(id, _)| ![self.node, from].contains(id))
            .map(|(id, member)| (*id, member.clone()))
            .collect();
        if self.doubts.trusts_leader || own == 0 || others.is_empty() {
            return Ok(());
        }
        let mut asked: FuturesUnordered<_> = others
            .iter()
            .map(async |(id, member)| {
                let reply = self.peers.held_vote(*id, member, pb::HeldVoteRequest { group: self.shard }).await;
                (*id, says(reply, own, self.doubts.keep_log_entries))
            })
            .collect();
        let (mut near, mut silent) = (BTreeMap::new(), Vec::new());
        while let Some((id, says)) = asked.next().await {
            match says {
                Says::Needed => {
                    *self.doubts.unanswered.lock() = None;
                    return Ok(());
                }
                Says::Near { last } => drop(near.insert(id, last)),
                Says::Nothing => silent.push(id),
            }
        }
        let shard = self.shard;
        let with_own = near.keys().copied().chain([self.node]).collect();
        let cause = if is_majority(&membership, &with_own) {
            *self.doubts.unanswered.lock() = None;
            self.ask_for_another_leader(from, &membership, &near).await;
            format!("the log is enough, say the nodes {:?}", near.keys().collect::<Vec<_>>())
        } else {
            let waited = self.doubts.unanswered.lock().get_or_insert_with(Instant::now).elapsed();
            let fenced: Vec<u64> = silent.iter().copied().filter(|id| !self.peers.may_call(*id)).collect();
            if fenced.is_empty() && waited >= PATIENCE {
                tracing::warn!(
                    event = "snapshot_unconfirmed",
                    shard,
                    leader = from,
                    ?silent,
                    "too few other nodes answer: this node believes the leader that it needs a snapshot"
                );
                return Ok(());
            }
            format!("nodes {silent:?} do not say whether it needs one; fenced: {fenced:?}")
        };
        Err(io::Error::new(UNCONFIRMED, format!("node {} does not take a snapshot of shard {shard}: {cause}", self.node)))
    }

    /// Asks the leader to hand over to the voter with the longest log, which has the entries that this replica lacks.
    async fn ask_for_another_leader(&self, leader: u64, membership: &Membership, near: &BTreeMap<u64, u64>) {
        let voters = near.iter().filter(|(id, _)| membership.voter_ids().any(|voter| voter == **id));
        let Some((to, _)) = voters.max_by_key(|(_, last)| **last) else { return };
        let Some(member) = membership.get_node(&leader) else { return };
        let is_due = {
            let mut asked = self.doubts.asked_to_hand_over.lock();
            let is_due = asked.is_none_or(|at| at.elapsed() >= HAND_OVER_EVERY);
            if is_due {
                *asked = Some(Instant::now());
            }
            is_due
        };
        if is_due {
            self.peers.hand_over(leader, member, pb::HandOverRequest { group: self.shard, to: *to }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(purged: u64, applied: u64, last: u64) -> Option<pb::HeldVoteReply> {
        Some(pb::HeldVoteReply { vote: None, purged: Some(purged), applied: Some(applied), last: Some(last) })
    }

    #[test]
    fn a_snapshot_is_needed_when_the_log_is_gone_or_far_ahead() {
        let said = |purged, applied, last| says(reply(purged, applied, last), 100, 50);
        assert_eq!([said(0, 151, 151), said(101, 101, 101), said(101, 102, 300)], [Says::Needed; 3]);
        assert_eq!([said(0, 150, 150), said(100, 100, 150)], [Says::Near { last: 150 }; 2]);
        assert_eq!([said(0, 0, 0), said(0, 90, 100)], [Says::Near { last: 0 }, Says::Near { last: 100 }]);
        assert_eq!(said(0, 150, 151), Says::Nothing, "what it has not applied may not be committed");
        assert_eq!(says(reply(0, 100 + MANY_ENTRIES + 1, 0), 100, u64::MAX), Says::Needed);
        assert_eq!(says(reply(0, 0, 100 + MANY_ENTRIES), 100, u64::MAX), Says::Near { last: 100 + MANY_ENTRIES });
        let older = pb::HeldVoteReply::default();
        assert_eq!((says(None, 100, 50), says(Some(older), 100, 50)), (Says::Nothing, Says::Nothing));
    }

    #[test]
    fn a_majority_of_each_set_of_voters_proves_that_nothing_far_beyond_is_committed() {
        let membership = |configs: &[&[u64]]| {
            let nodes: BTreeMap<u64, Member> = (1..=5).map(|id| (id, Member::default())).collect();
            Membership::new(configs.iter().map(|voters| voters.iter().copied().collect()).collect(), nodes).expect("a membership")
        };
        let near = |configs: &[&[u64]], near: &[u64]| is_majority(&membership(configs), &near.iter().copied().collect());
        assert!(near(&[&[1, 2, 3]], &[1, 2]) && !near(&[&[1, 2, 3]], &[1, 4]));
        assert!(near(&[&[1, 2, 3, 4, 5]], &[1, 2, 5]) && !near(&[&[1, 2, 3, 4, 5]], &[1, 2]));
        assert!(!near(&[&[1, 2, 3], &[3, 4, 5]], &[1, 2, 3]) && near(&[&[1, 2, 3], &[3, 4, 5]], &[1, 3, 4]));
    }
}
