//! What the members of a shard say about leaders: each is asked for the vote on its disk.
//!
//! openraft believes its peers, so these questions are asked outside it. Two majorities share a node, and its vote was on its disk before
//! it was counted.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use keyrack_proto::internal as pb;
use openraft::async_runtime::WatchReceiver;
use tokio::time::Instant;

use super::checks::Refused;
use super::replica::{Machine, Replica};
use super::types::Vote;
use super::wire;
use crate::peers::{Member, PeerCalls};
use crate::storage::LogDisk;

/// The kind of error of a leader that this node does not follow: too few members confirm it, or this node has voted for a later leader. The
/// leader tries again.
pub const UNCONFIRMED: io::ErrorKind = io::ErrorKind::WouldBlock;

/// How long a node waits for as many answers as a majority has. That is ample time for several elections.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the members answered.
#[derive(Debug, PartialEq, Eq)]
enum Answered {
    /// A majority says yes.
    Yes,
    /// Even if all others say yes, they are too few.
    No,
    /// Not certain yet.
    Unknown,
}

/// The answers of members so far.
struct Tally {
    /// One set of voters, or two while the membership changes.
    configs: Vec<BTreeSet<u64>>,
    /// All members, also those that do not vote.
    members: BTreeSet<u64>,
    yes: BTreeSet<u64>,
    no: BTreeSet<u64>,
}

impl Tally {
    /// Whether a majority of each set of voters says yes.
    fn of_voters(&self) -> Answered {
        let is_yes = |voters: &BTreeSet<u64>| voters.intersection(&self.yes).count() * 2 > voters.len();
        if self.configs.iter().all(is_yes) { Answered::Yes } else { Answered::Unknown }
    }

    /// Whether as many members say yes as a majority of voters has. Without any voter, before a membership is known, nobody is asked.
    ///
    /// Any member counts, and the smaller set of voters: this node may not know the newest membership, and a member that does not vote as
    /// far as it knows may have voted.
    fn of_members(&self) -> Answered {
        let needed = self.configs.iter().map(|voters| voters.len() / 2 + 1).min().unwrap_or(0);
        let possible = self.members.union(&self.yes).count() - self.no.len();
        match (self.yes.len() >= needed, possible >= needed) {
            (true, _) => Answered::Yes,
            (false, true) => Answered::Unknown,
            (false, false) => Answered::No,
        }
    }
}

impl Tally {
    /// Whether another member than the leader and this node voted for the leader.
    fn has_another_voter(&self, vote: &Vote, own: u64) -> bool {
        self.yes.iter().any(|id| *id != vote.leader_id.node_id && *id != own)
    }
}

/// A leader's place in the order of leaders.
fn order(vote: &Vote) -> (u64, u64) {
    (vote.leader_id.term, vote.leader_id.node_id)
}

/// How long this leader could not be confirmed. Only the last one is remembered.
fn waited_for(unconfirmed: &mut Option<(Vote, Instant)>, vote: &Vote, now: Instant) -> Duration {
    match unconfirmed {
        Some((known, since)) if order(known) == order(vote) => now.saturating_duration_since(*since),
        _ => {
            *unconfirmed = Some((*vote, now));
            Duration::ZERO
        }
    }
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
    /// Asks the members for their votes. Returns `true` once a majority has answered that it voted for no later leader. A later
    /// leader has the votes of a majority.
    pub(super) async fn still_leads(&self) -> bool {
        let Some(mine) = self.held_vote().filter(|vote| vote.leader_id.node_id == self.node) else { return false };
        let follows = |theirs: Option<&Vote>| Some(theirs.is_none_or(|theirs| order(theirs) <= order(&mine)));
        self.ask(BTreeSet::from([self.node]), follows, Tally::of_voters).await.of_voters() == Answered::Yes
    }

    /// Checks that the leader of a vote was elected: this node follows it already, or as many members voted for it as a majority has. A
    /// member with a valid certificate could otherwise call itself a leader, and this node would apply what no majority has. A node
    /// that knows no members yet asks the first members of its configuration.
    ///
    /// A node that was away may know members that are gone, and then never gets that many answers. So a leader for which one other member
    /// voted is enough after [`PATIENCE`]: a cluster that works has elected another leader by then.
    ///
    /// # Errors
    /// `InvalidData` if it was not elected, [`UNCONFIRMED`] if too few members answer.
    pub(super) async fn check_elected(&self, vote: &Vote) -> io::Result<()> {
        let held = self.held_vote();
        let holds = |held: &Vote| held.leader_id == vote.leader_id;
        // Raft answers an older leader with the newer vote.
        if held.is_some_and(|held| order(&held) > order(vote) || (held.committed && holds(&held))) {
            return Ok(());
        }
        let mut voted = BTreeSet::from([vote.leader_id.node_id]);
        voted.extend(held.filter(holds).map(|_| self.node));
        // A voter that has voted for a later leader may have voted for this one before.
        let elected = |theirs: Option<&Vote>| match theirs {
            Some(theirs) if holds(theirs) => Some(true),
            Some(theirs) if order(theirs) > order(vote) => None,
            _ => Some(false),
        };
        let (term, node) = order(vote);
        let tally = match self.members().is_empty() {
            true => self.ask_first_members(voted, elected).await,
            false => self.ask(voted, elected, Tally::of_members).await,
        };
        match tally.of_members() {
            Answered::Yes => Ok(()),
            Answered::Unknown
                if tally.has_another_voter(vote, self.node)
                    && waited_for(&mut self.doubts.unconfirmed.lock(), vote, Instant::now()) >= PATIENCE =>
            {
                Ok(())
            }
            Answered::No => Err(Refused::ByMajority { node, term }.into()),
            Answered::Unknown => {
                let shard = self.shard;
                let cause = format!("too few members of shard {shard} answer to confirm that node {node} leads in term {term}");
                Err(io::Error::new(UNCONFIRMED, cause))
            }
        }
    }

    /// Checks that this node follows no later leader.
    pub(super) fn check_not_older(&self, vote: &Vote) -> io::Result<()> {
        match self.held_vote().filter(|held| order(held) > order(vote)) {
            None => Ok(()),
            Some(held) => {
                let cause = format!("this node has voted for node {} in term {}", held.leader_id.node_id, held.leader_id.term);
                Err(io::Error::new(UNCONFIRMED, cause))
            }
        }
    }

    /// Asks the members that are not in `yes` for their votes, until the answer is certain. `says` returns what a vote means; `None` if
    /// nothing.
    async fn ask(
        &self,
        yes: BTreeSet<u64>,
        says: impl Fn(Option<&Vote>) -> Option<bool>,
        verdict: impl Fn(&Tally) -> Answered,
    ) -> Tally {
        let (configs, members) = {
            let metrics = self.raft.server_metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            let members: Vec<(u64, Member)> = membership.nodes().map(|(id, member)| (*id, member.clone())).collect();
            (membership.get_joint_config().clone(), members)
        };
        let others: Vec<_> = members.iter().filter(|(id, _)| *id != self.node && !yes.contains(id)).collect();
        let no = if yes.contains(&self.node) { BTreeSet::new() } else { BTreeSet::from([self.node]) };
        let known = members.iter().map(|(id, _)| *id).chain([self.node]).collect();
        let mut tally = Tally { configs, members: known, yes, no };
        let mut asked: FuturesUnordered<_> = others.into_iter().map(|(id, member)| self.vote_of(*id, member)).collect();
        while verdict(&tally) == Answered::Unknown {
            let Some((id, reply)) = asked.next().await else { break };
            let Some(reply) = reply else { continue };
            let theirs = reply.vote.map(wire::vote_in);
            match says(theirs.as_ref()) {
                Some(true) => drop(tally.yes.insert(id)),
                Some(false) => drop(tally.no.insert(id)),
                None => {}
            }
        }
        tally
    }

    /// The same for a node that has no membership yet: it asks the first members that its configuration names.
    async fn ask_first_members(&self, yes: BTreeSet<u64>, says: impl Fn(Option<&Vote>) -> Option<bool>) -> Tally {
        let known: BTreeSet<u64> = self.doubts.first.iter().map(|(id, _)| *id).collect();
        let no = if yes.contains(&self.node) { BTreeSet::new() } else { BTreeSet::from([self.node]) };
        let others = self.doubts.first.iter().filter(|(id, _)| *id != self.node && !yes.contains(id));
        let mut asked: FuturesUnordered<_> =
            others.map(async |(id, address)| (*id, self.peers.who_is(*id, address).await)).collect();
        // A cluster with one configuration, of all first members.
        let configs = if known.is_empty() { Vec::new() } else { vec![known.clone()] };
        let mut tally = Tally { configs, members: known, yes: yes.clone(), no };
        while tally.of_members() == Answered::Unknown {
            let Some((id, reply)) = asked.next().await else { break };
            let Some(reply) = reply else { continue };
            let theirs = reply.votes.get(self.shard as usize).filter(|vote| vote.term > 0).map(|vote| wire::vote_in(*vote));
            // A node of an older version does not say.
            match if reply.votes.is_empty() { Some(true) } else { says(theirs.as_ref()) } {
                Some(true) => drop(tally.yes.insert(id)),
                Some(false) => drop(tally.no.insert(id)),
                None => {}
            }
        }
        tally
    }

    async fn vote_of(&self, id: u64, member: &Member) -> (u64, Option<pb::HeldVoteReply>) {
        (id, self.peers.held_vote(id, member, pb::HeldVoteRequest { group: self.shard }).await)
    }
}

#[cfg(test)]
mod tests {
    use super::Answered::{No, Unknown, Yes};
    use super::*;

    fn tally(configs: &[&[u64]], members: &[u64], yes: &[u64], no: &[u64]) -> Tally {
        let set = |ids: &[u64]| ids.iter().copied().collect::<BTreeSet<u64>>();
        Tally { configs: configs.iter().map(|voters| set(voters)).collect(), members: set(members), yes: set(yes), no: set(no) }
    }

    #[test]
    fn a_leader_needs_a_majority_of_each_set_of_voters() {
        let leads = |configs: &[&[u64]], yes: &[u64]| tally(configs, &[], yes, &[]).of_voters() == Yes;
        assert!(leads(&[&[1, 2, 3]], &[2, 3]) && !leads(&[&[1, 2, 3]], &[3, 4, 5]), "nodes that are no voters do not count");
        let joint: &[&[u64]] = &[&[1, 2, 3], &[3, 4, 5]];
        assert!(leads(joint, &[2, 3, 4]) && !leads(joint, &[2, 3]));
    }

    #[test]
    fn a_new_leader_is_confirmed_by_as_many_members_as_a_majority_has() {
        let three = |yes: &[u64], no: &[u64]| tally(&[&[1, 2, 3]], &[1, 2, 3], yes, no).of_members();
        assert_eq!(
            (three(&[3], &[]), three(&[3], &[1]), three(&[3], &[1, 2]), three(&[2, 3], &[1])),
            (Unknown, Unknown, No, Yes)
        );
        let two = |yes: &[u64], no: &[u64]| tally(&[&[1, 2]], &[1, 2], yes, no).of_members();
        assert_eq!((two(&[2], &[]), two(&[2], &[1]), two(&[1, 2], &[])), (Unknown, No, Yes));
        let five = |yes: &[u64], no: &[u64]| tally(&[&[1, 2, 3, 4, 5]], &[1, 2, 3, 4, 5], yes, no).of_members();
        assert_eq!((five(&[5, 1], &[]), five(&[5, 1, 2], &[]), five(&[5, 1], &[2, 3, 4])), (Unknown, Yes, No));
        assert_eq!(tally(&[], &[1], &[3], &[1]).of_members(), Yes, "no voters are known");
    }

    #[test]
    fn each_leader_waits_for_itself() {
        let vote = |term, node| wire::vote_in(pb::Vote { term, node, committed: true });
        let (mut unconfirmed, now) = (None, Instant::now());
        let mut waited =
            |term, node, seconds| waited_for(&mut unconfirmed, &vote(term, node), now + Duration::from_secs(seconds));
        assert_eq!((waited(5, 3, 0), waited(5, 3, 10)), (Duration::ZERO, PATIENCE));
        assert_eq!(waited(7, 3, 11), Duration::ZERO, "a later term of the same node");
        assert_eq!(waited(7, 2, 12), Duration::ZERO, "another node in the same term");
        assert_eq!(waited(7, 2, 13), Duration::from_secs(1));
    }

    /// Simulated: node 1 has become a voter, and knows only that it will.
    #[test]
    fn an_old_membership_keeps_no_node_from_following() {
        assert_eq!(tally(&[&[2, 3], &[1, 2, 3]], &[1, 2, 3], &[1, 2], &[]).of_members(), Yes);
        assert_eq!(
            tally(&[&[2, 3]], &[1, 2, 3], &[1, 2], &[3]).of_members(),
            Yes,
            "node 1 does not vote yet, as far as node 3 knows"
        );
    }
}
