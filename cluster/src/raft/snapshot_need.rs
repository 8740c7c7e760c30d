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

/// What the other members say.
#[derive(Debug, Default)]
struct Heard {
    /// One of them has purged the entries that this replica lacks.
    is_needed: bool,
    /// The ends of the logs that have these entries.
    has: BTreeMap<u64, u64>,
    /// The ends of the logs that end near this replica's own.
    near: BTreeMap<u64, u64>,
    silent: Vec<u64>,
    /// These were not asked.
    fenced: Vec<u64>,
}

/// What follows from what the members say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Needed,
    LogIsEnough,
    /// Members that could say more are silent or fenced.
    Unknown,
}

impl Heard {
    fn add(&mut self, id: u64, says: Says) {
        match says {
            Says::Needed => self.is_needed = true,
            Says::Has { last } => drop(self.has.insert(id, last)),
            Says::Near { last } => drop(self.near.insert(id, last)),
            Says::Nothing => self.silent.push(id),
        }
    }

    fn verdict(&self, own: u64, membership: &Membership) -> Verdict {
        let with_own = self.near.keys().copied().chain([own]).collect();
        match self.is_needed {
            true => Verdict::Needed,
            false if !self.has.is_empty() || is_majority(membership, &with_own) => Verdict::LogIsEnough,
            false => Verdict::Unknown,
        }
    }

    /// How long a replica refuses the snapshot before it believes the leader.
    fn patience(&self, verdict: Verdict) -> Duration {
        match verdict {
            Verdict::Needed => Duration::ZERO,
            Verdict::Unknown if self.fenced.is_empty() => SILENT,
            Verdict::Unknown | Verdict::LogIsEnough => CONTRADICTED,
        }
    }

    /// The ends of the logs that are enough for this replica.
    fn enough(&self) -> BTreeMap<u64, u64> {
        self.near.iter().chain(&self.has).map(|(id, last)| (*id, *last)).collect()
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
        let heard = self.ask_about_own_log(own, &others).await;
        let verdict = heard.verdict(self.node, &membership);
        if verdict == Verdict::Needed {
            *self.doubts.refusing.lock() = None;
            return Ok(());
        }
        let (shard, enough, patience) = (self.shard, heard.enough(), heard.patience(verdict));
        let (said, silent, fenced): (Vec<&u64>, _, _) = (enough.keys().collect(), heard.silent, heard.fenced);
        if Refusing::is_patience_over(&mut self.doubts.refusing.lock(), patience, Instant::now()) {
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
        let cause = if verdict == Verdict::LogIsEnough {
            self.ask_for_another_leader(from, &membership, &enough).await;
            format!("the log is enough, say the nodes {said:?}")
        } else {
            format!("the nodes {silent:?} do not say whether it needs one, and the nodes {fenced:?} are fenced")
        };
        Err(io::Error::new(UNCONFIRMED, format!("node {} does not take a snapshot of shard {shard}: {cause}", self.node)))
    }

    /// Asks the members until one says that this replica, whose log ends with the entry `own`, needs a snapshot.
    async fn ask_about_own_log(&self, own: u64, others: &BTreeMap<u64, Member>) -> Heard {
        let (callable, fenced): (Vec<_>, Vec<_>) = others.iter().partition(|(id, _)| self.peers.may_call(**id));
        let mut heard = Heard { fenced: fenced.into_iter().map(|(id, _)| *id).collect(), ..Heard::default() };
        let mut asked: FuturesUnordered<_> = callable
            .into_iter()
            .map(async |(id, member)| {
                let reply = self.peers.held_vote(*id, member, pb::HeldVoteRequest { group: self.shard }).await;
                (*id, says(reply, own, self.doubts.keep_log_entries))
            })
            .collect();
        while let Some((id, says)) = asked.next().await {
            heard.add(id, says);
            if heard.is_needed {
                break;
            }
        }
        heard
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
    fn a_replica_refuses_a_snapshot_while_the_log_is_enough_or_members_could_say_so() {
        use Verdict::{LogIsEnough, Needed, Unknown};
        let nodes: BTreeMap<u64, Member> = (1..=5).map(|id| (id, Member::default())).collect();
        let three = Membership::new(vec![(1..=3).collect()], nodes.clone()).expect("a membership");
        let five = Membership::new(vec![(1..=5).collect()], nodes).expect("a membership");
        let (has, near, silent) = (Says::Has { last: 900 }, Says::Near { last: 100 }, Says::Nothing);
        // Node 1 has doubts about a snapshot of node 3.
        let check = |membership: &Membership, said: &[(u64, Says)], fenced: &[u64], expected: (Verdict, Duration)| {
            let mut heard = Heard { fenced: fenced.to_vec(), ..Heard::default() };
            said.iter().for_each(|(id, says)| heard.add(*id, *says));
            let verdict = heard.verdict(1, membership);
            assert_eq!((verdict, heard.patience(verdict)), expected, "{said:?} {fenced:?}");
        };
        check(&three, &[(2, Says::Needed)], &[], (Needed, Duration::ZERO));
        check(&three, &[(2, has)], &[], (LogIsEnough, CONTRADICTED));
        check(&three, &[(2, near)], &[], (LogIsEnough, CONTRADICTED));
        check(&three, &[(2, silent)], &[], (Unknown, SILENT));
        check(&three, &[], &[2], (Unknown, CONTRADICTED));
        check(&five, &[(2, near), (4, silent), (5, silent)], &[], (Unknown, SILENT));
        check(&five, &[(2, near), (4, near), (5, silent)], &[], (LogIsEnough, CONTRADICTED));
        check(&five, &[(2, near), (4, has), (5, Says::Needed)], &[], (Needed, Duration::ZERO));
        check(&five, &[(2, near), (4, silent)], &[5], (Unknown, CONTRADICTED));
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
