//! Whether this replica needs the snapshot that a leader sends.
//!
//! A snapshot replaces a shard's rows, and nothing in it proves that they follow from the log. So a replica takes one only if another
//! member than the leader has purged the entries that this replica lacks.
//!
//! If another member has these entries, or if a majority's logs end near this replica's own, the log is enough. A leader that got a
//! snapshot itself lately may not have older entries; it is asked to hand over to a member that has them.
//!
//! Members can lie or be down, so no answer blocks a replica forever: the leader is believed in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use keyrack_proto::internal as pb;
use tokio::time::Instant;

use super::doubts::Refusing;
use super::majority::UNCONFIRMED;
use super::replica::{Machine, Replica};
use super::types::Membership;
use crate::peers::{Member, PeerCalls};
use crate::storage::LogDisk;

/// Logs that end this many entries apart are near each other, also if the nodes are configured to keep more of the log.
const MANY_ENTRIES: u64 = 10_000;
/// How long a replica waits for other members if too few answer. Then the leader and this replica are nearly the only ones left.
const SILENT: Duration = Duration::from_secs(10);
/// How long a replica believes other members that the log is enough, and waits for members that are fenced.
const CONTRADICTED: Duration = Duration::from_secs(600);
/// How long a replica waits before it asks again for another leader.
const HAND_OVER_EVERY: Duration = Duration::from_secs(5);

/// What another member says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// It has purged the entries that this replica lacks.
    Needed,
    /// It has these entries, up to this index.
    Has { last: u64 },
    /// Its log ends near this replica's own, at this index. It may have the entries that this replica lacks.
    Near { last: u64 },
    /// It does not answer, or it has an older version.
    Nothing,
}

/// What a member's answer means for a replica whose log ends with the entry `own`, while the nodes keep `keep` entries.
fn says(reply: Option<pb::HeldVoteReply>, own: u64, keep: u64) -> Says {
    let far = own.saturating_add(keep.min(MANY_ENTRIES));
    match reply.and_then(|reply| Some((reply.purged?, reply.last?))) {
        Some((purged, _)) if purged > own => Says::Needed,
        Some((_, last)) if last <= far => Says::Near { last },
        Some((_, last)) => Says::Has { last },
        None => Says::Nothing,
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
    /// [`UNCONFIRMED`] if it does not need one, or if nobody can say so.
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
        let (callable, fenced): (Vec<_>, Vec<_>) = others.iter().partition(|(id, _)| self.peers.may_call(**id));
        let mut asked: FuturesUnordered<_> = callable
            .into_iter()
            .map(async |(id, member)| {
                let reply = self.peers.held_vote(*id, member, pb::HeldVoteRequest { group: self.shard }).await;
                (*id, says(reply, own, self.doubts.keep_log_entries))
            })
            .collect();
        let (mut has, mut near, mut silent) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        while let Some((id, says)) = asked.next().await {
            match says {
                Says::Needed => {
                    *self.doubts.refusing.lock() = None;
                    return Ok(());
                }
                Says::Has { last } => drop(has.insert(id, last)),
                Says::Near { last } => drop(near.insert(id, last)),
                Says::Nothing => silent.push(id),
            }
        }
        let with_own = near.keys().copied().chain([self.node]).collect();
        let is_enough = !has.is_empty() || is_majority(&membership, &with_own);
        let fenced: Vec<u64> = fenced.into_iter().map(|(id, _)| *id).collect();
        let patience = if is_enough || !fenced.is_empty() { CONTRADICTED } else { SILENT };
        let is_believed = Refusing::is_patience_over(&mut self.doubts.refusing.lock(), patience, Instant::now());
        near.append(&mut has);
        let (shard, said): (_, Vec<u64>) = (self.shard, near.keys().copied().collect());
        if is_believed {
            tracing::warn!(
                event = "snapshot_unconfirmed",
                shard,
                leader = from,
                ?said,
                ?silent,
                ?fenced,
                "no other node confirms that this node needs a snapshot: this node believes the leader now"
            );
            return Ok(());
        }
        let cause = if is_enough {
            self.ask_for_another_leader(from, &membership, &near).await;
            format!("the log is enough, say the nodes {said:?}")
        } else {
            format!("the nodes {silent:?} do not say whether it needs one, and the nodes {fenced:?} are fenced")
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

    #[test]
    fn a_snapshot_is_needed_when_another_member_has_purged_what_is_missing() {
        let reply = |purged, last| Some(pb::HeldVoteReply { vote: None, purged: Some(purged), last: Some(last) });
        let said = |purged, last| says(reply(purged, last), 100, 50);
        assert_eq!([said(101, 101), said(101, 102), said(101, 900)], [Says::Needed; 3]);
        assert_eq!([said(0, 150), said(100, 150)], [Says::Near { last: 150 }; 2]);
        assert_eq!([said(0, 0), said(0, 100)], [Says::Near { last: 0 }, Says::Near { last: 100 }]);
        assert_eq!([said(0, 151), said(100, 900)], [Says::Has { last: 151 }, Says::Has { last: 900 }]);
        let far = 100 + MANY_ENTRIES;
        assert_eq!(says(reply(0, far), 100, u64::MAX), Says::Near { last: far });
        assert_eq!(says(reply(0, far + 1), 100, u64::MAX), Says::Has { last: far + 1 });
        assert_eq!((says(None, 100, 50), says(Some(pb::HeldVoteReply::default()), 100, 50)), (Says::Nothing, Says::Nothing));
    }

    #[test]
    fn a_majority_of_each_set_of_voters_proves_that_nothing_far_beyond_is_committed() {
        let membership = |configs: &[&[u64]]| {
            let nodes: BTreeMap<u64, Member> = (1..=5).map(|id| (id, Member::default())).collect();
            Membership::new(configs.iter().map(|voters| voters.iter().copied().collect()).collect(), nodes).expect("a membership")
        };
        let near = |configs: &[&[u64]], near: &[u64]| is_majority(&membership(configs), &near.iter().copied().collect());
        assert!(near(&[&[1, 2, 3]], &[1, 2]) && !near(&[&[1, 2, 3]], &[1, 4]));
        assert!(!near(&[&[1, 2]], &[1]) && near(&[&[1, 2]], &[1, 2]) && !near(&[&[1, 2, 3], &[1, 2]], &[1, 3]));
        assert!(near(&[&[1, 2, 3, 4, 5]], &[1, 2, 5]) && !near(&[&[1, 2, 3, 4, 5]], &[1, 2]));
        assert!(!near(&[&[1, 2, 3], &[3, 4, 5]], &[1, 2, 3]) && near(&[&[1, 2, 3], &[3, 4, 5]], &[1, 3, 4]));
    }
}
