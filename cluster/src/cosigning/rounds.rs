//! The leader's rounds: the heads that it requested signatures for, and the answers. Without IO, so that tests can check its
//! rules.

use std::collections::BTreeMap;
use std::time::Duration;

use keyrack_merkle::{Checkpoint, Hash, Note, Signature};
use tokio::time::Instant;

use crate::receipts::Head;

/// A round without a majority after this time ends. The next head covers its leaves.
pub const ROUND_TIMEOUT: Duration = Duration::from_secs(3);

/// The open rounds, by the size of their heads. Rounds that were just published are among them.
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

/// The consequences of a reply; usually none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A majority signed this checkpoint.
    pub publish: Option<Note>,
    /// These nodes have to stop: a majority signed, and they have another root.
    pub stop: Vec<u64>,
    /// This node has to stop: a majority has another root, or no root has a majority.
    pub stop_myself: bool,
}

impl Rounds {
    /// Without rounds; `origin` is the name of the log.
    pub fn new(origin: String) -> Rounds {
        Rounds { origin, open: BTreeMap::new() }
    }

    /// Opens a round.
    pub fn begin(&mut self, head: Head, now: Instant) {
        let round = Round { head, began: now, published: false, signed: BTreeMap::new(), others: BTreeMap::new() };
        self.open.insert(head.size, round);
    }

    /// The number of rounds that have no majority yet.
    pub fn under_way(&self) -> usize {
        self.open.values().filter(|round| !round.published).count()
    }

    /// Drops all rounds: another node leads.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// The checkpoint of a size, if its round is open.
    pub fn checkpoint(&self, size: u64) -> Option<Checkpoint> {
        let round = self.open.get(&size)?;
        Some(Checkpoint { origin: self.origin.clone(), size, root: round.head.root })
    }

    /// The checkpoint of a size with the signatures of a majority, if its round is open and has them.
    pub fn note(&self, size: u64) -> Option<Note> {
        let round = self.open.get(&size).filter(|round| round.published)?;
        let signatures = round.signed.values().flatten().cloned().collect();
        Some(Note { text: self.checkpoint(size)?.body(), signatures })
    }

    /// When the round of a size began, if it is open.
    pub fn began(&self, size: u64) -> Option<Instant> {
        self.open.get(&size).map(|round| round.began)
    }

    /// Whether a majority signed the head of a size.
    pub fn is_published(&self, size: u64) -> bool {
        self.open.get(&size).is_some_and(|round| round.published)
    }

    /// Records a node's signatures. `voters` is the number of replicas that vote.
    pub fn signed(&mut self, node: u64, size: u64, signatures: Vec<Signature>, voters: usize) -> Verdict {
        if let Some(round) = self.open.get_mut(&size) {
            round.signed.entry(node).or_insert(signatures);
        }
        self.judge(size, voters)
    }

    /// Records that a node has another root.
    pub fn differs(&mut self, node: u64, size: u64, root: Hash, voters: usize) -> Verdict {
        if let Some(round) = self.open.get_mut(&size) {
            round.others.insert(node, root);
        }
        self.judge(size, voters)
    }

    /// Closes rounds that took too long. If replicas differ and no root got a majority, this node stops, because it cannot
    /// show that its own root is right.
    pub fn expire(&mut self, now: Instant) -> Verdict {
        let late = |round: &Round| now.duration_since(round.began) >= ROUND_TIMEOUT;
        let undecided = self.open.values().any(|round| late(round) && !round.published && !round.others.is_empty());
        self.open.retain(|_, round| !late(round));
        Verdict { stop_myself: undecided, ..Verdict::default() }
    }

    fn judge(&mut self, size: u64, voters: usize) -> Verdict {
        let majority = voters / 2 + 1;
        let Some(round) = self.open.get_mut(&size) else { return Verdict::default() };
        if round.signed.len() >= majority {
            let first = !std::mem::replace(&mut round.published, true);
            let stop = round.others.keys().copied().collect();
            let publish = first.then(|| self.note(size)).flatten();
            return Verdict { publish, stop, stop_myself: false };
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
    fn a_majority_publishes_once_with_its_own_signatures_only() {
        let mut rounds = rounds();
        assert_eq!(rounds.signed(1, 5, signature(1), 3), Verdict::default());
        assert_eq!(rounds.signed(1, 5, signature(1), 3), Verdict::default(), "the same node counts once");
        let note = rounds.signed(3, 5, signature(3), 3).publish.expect("published");
        assert_eq!(note.text, "inn/shard-1\n5\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n");
        assert_eq!(note.signatures, [signature(1), signature(3)].concat());
        assert_eq!(rounds.signed(2, 5, signature(2), 3), Verdict::default());
    }

    #[test]
    fn a_replica_whose_root_a_majority_did_not_sign_stops() {
        let mut rounds = rounds();
        rounds.signed(1, 5, signature(1), 3);
        assert_eq!(rounds.differs(2, 5, [9; 32], 3), Verdict::default(), "one against one: not decided yet");
        assert_eq!(rounds.note(5), None);
        let verdict = rounds.signed(3, 5, signature(3), 3);
        assert!(verdict.publish.is_some() && verdict.stop == [2] && !verdict.stop_myself);
        assert_eq!(rounds.note(5), verdict.publish, "the proof for the outvoted replica");
    }

    #[test]
    fn a_leader_stops_itself_if_its_root_is_outvoted_or_no_root_has_a_majority() {
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
    fn replicas_that_do_not_answer_only_end_the_round() {
        let mut rounds = rounds();
        rounds.signed(1, 5, signature(1), 3);
        assert_eq!(rounds.expire(Instant::now() + ROUND_TIMEOUT), Verdict::default());
        assert_eq!(rounds.signed(2, 5, signature(2), 3), Verdict::default(), "the round has ended");
    }
}
