//! The leader's book of the heads it asked signatures for: pure, so that its rules can be tested.

use std::collections::BTreeMap;
use std::time::Duration;

use keyrack_merkle::{Checkpoint, Hash, Note, Signature};
use tokio::time::Instant;

use crate::receipts::Head;

/// A round that has no majority after this time is given up; the next head covers its leaves.
pub const ROUND_TIMEOUT: Duration = Duration::from_secs(3);

/// Heads under way, and those that were just published.
pub struct Rounds {
    origin: String,
    open: BTreeMap<u64, Round>,
}

struct Round {
    head: Head,
    began: Instant,
    published: bool,
    signed: BTreeMap<u64, Vec<Signature>>,
    others: BTreeMap<u64, Hash>,
}

/// What a reply leads to; usually nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A majority signed: a checkpoint.
    pub publish: Option<Note>,
    /// A majority signed, and these nodes have another root: they have to stop.
    pub stop: Vec<u64>,
    /// This node has to stop: a majority has another root, or nobody can tell who is right.
    pub stop_myself: bool,
}

impl Rounds {
    /// None under way for the log of this name.
    pub fn new(origin: String) -> Rounds {
        Rounds { origin, open: BTreeMap::new() }
    }

    /// Opens a round.
    pub fn begin(&mut self, head: Head, now: Instant) {
        let round = Round { head, began: now, published: false, signed: BTreeMap::new(), others: BTreeMap::new() };
        self.open.insert(head.size, round);
    }

    /// How many have no majority yet.
    pub fn under_way(&self) -> usize {
        self.open.values().filter(|round| !round.published).count()
    }

    /// Forgets all: another node leads.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// The checkpoint that was asked for at a size, if that round is open.
    pub fn checkpoint(&self, size: u64) -> Option<Checkpoint> {
        let round = self.open.get(&size)?;
        Some(Checkpoint { origin: self.origin.clone(), size, root: round.head.root })
    }

    /// When the round of a size began, if it is open.
    pub fn began(&self, size: u64) -> Option<Instant> {
        self.open.get(&size).map(|round| round.began)
    }

    /// Whether a majority signed a size.
    pub fn is_published(&self, size: u64) -> bool {
        self.open.get(&size).is_some_and(|round| round.published)
    }

    /// A node signed; `voters` is the number of replicas that vote.
    pub fn signed(&mut self, node: u64, size: u64, signatures: Vec<Signature>, voters: usize) -> Verdict {
        if let Some(round) = self.open.get_mut(&size) {
            round.signed.entry(node).or_insert(signatures);
        }
        self.judge(size, voters)
    }

    /// A node has another root.
    pub fn differs(&mut self, node: u64, size: u64, root: Hash, voters: usize) -> Verdict {
        if let Some(round) = self.open.get_mut(&size) {
            round.others.insert(node, root);
        }
        self.judge(size, voters)
    }

    /// Closes rounds that took too long. Where replicas differ and no majority could tell who is right, this
    /// node stops: nobody can vouch for what it says.
    pub fn expire(&mut self, now: Instant) -> Verdict {
        let late = |round: &Round| now.duration_since(round.began) >= ROUND_TIMEOUT;
        let undecided = self.open.values().any(|round| late(round) && !round.published && !round.others.is_empty());
        self.open.retain(|_, round| !late(round));
        Verdict { stop_myself: undecided, ..Verdict::default() }
    }

    fn judge(&mut self, size: u64, voters: usize) -> Verdict {
        let majority = voters / 2 + 1;
        let text = self.checkpoint(size).map(|checkpoint| checkpoint.body());
        let (Some(round), Some(text)) = (self.open.get_mut(&size), text) else { return Verdict::default() };
        if round.signed.len() >= majority {
            let first = !std::mem::replace(&mut round.published, true);
            let signatures = || round.signed.values().flatten().cloned().collect();
            let publish = first.then(|| Note { text, signatures: signatures() });
            return Verdict { publish, stop: round.others.keys().copied().collect(), stop_myself: false };
        }
        let together = |root: &Hash| round.others.values().filter(|other| *other == root).count();
        let outvoted = round.others.values().any(|root| together(root) >= majority);
        let undecidable = !round.others.is_empty() && round.signed.len() + round.others.len() >= voters;
        Verdict { stop_myself: outvoted || undecidable, ..Verdict::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head { size: 5, root: [1; 32] };

    fn rounds() -> Rounds {
        let mut rounds = Rounds::new("inn/shard-1".into());
        rounds.begin(HEAD, Instant::now());
        rounds
    }

    fn signature(node: u64) -> Vec<Signature> {
        vec![Signature { name: format!("node-{node}"), key_id: node as u32, bytes: vec![1] }]
    }

    #[test]
    fn a_majority_publishes_once_with_just_its_own_signatures() {
        let mut rounds = rounds();
        assert_eq!(rounds.signed(1, 5, signature(1), 3), Verdict::default());
        assert_eq!(rounds.signed(1, 5, signature(1), 3), Verdict::default(), "the same node counts once");
        let note = rounds.signed(3, 5, signature(3), 3).publish.expect("published");
        assert_eq!(note.text, "inn/shard-1\n5\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n");
        assert_eq!(note.signatures, [signature(1), signature(3)].concat());
        assert_eq!(rounds.signed(2, 5, signature(2), 3), Verdict::default());
    }

    #[test]
    fn whoever_is_alone_with_its_root_stops() {
        let mut rounds = rounds();
        rounds.signed(1, 5, signature(1), 3);
        assert_eq!(rounds.differs(2, 5, [9; 32], 3), Verdict::default(), "one against one: not decided yet");
        let verdict = rounds.signed(3, 5, signature(3), 3);
        assert!(verdict.publish.is_some() && verdict.stop == [2] && !verdict.stop_myself);
    }

    #[test]
    fn a_leader_that_is_outvoted_or_cannot_be_judged_stops_itself() {
        let mut outvoted = rounds();
        outvoted.signed(1, 5, signature(1), 3);
        outvoted.differs(2, 5, [9; 32], 3);
        assert!(outvoted.differs(3, 5, [9; 32], 3).stop_myself);
        let mut three_ways = rounds();
        three_ways.signed(1, 5, signature(1), 3);
        three_ways.differs(2, 5, [8; 32], 3);
        assert!(three_ways.differs(3, 5, [9; 32], 3).stop_myself);
        let mut tie = rounds();
        tie.signed(1, 5, signature(1), 3);
        tie.differs(2, 5, [8; 32], 3);
        assert!(tie.expire(Instant::now() + ROUND_TIMEOUT).stop_myself, "the third never answered");
    }

    #[test]
    fn replicas_that_do_not_answer_only_cost_the_round() {
        let mut rounds = rounds();
        rounds.signed(1, 5, signature(1), 3);
        assert_eq!(rounds.expire(Instant::now() + ROUND_TIMEOUT), Verdict::default());
        assert_eq!(rounds.signed(2, 5, signature(2), 3), Verdict::default(), "it is over");
    }
}
