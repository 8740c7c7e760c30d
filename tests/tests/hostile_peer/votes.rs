//! Elections that never were.

use keyrack_tests::peer::Fields;

use super::case::Case;
use super::member::Facts;
use super::{HOSTILE, SHARD};

pub fn vote(term: u64, node: u64, is_elected: bool) -> Fields {
    Fields::new().number(1, term).number(2, node).number(3, u64::from(is_elected))
}

pub fn cases(facts: &Facts) -> Vec<Case> {
    let (term, hostile) = (facts.held.0, HOSTILE as u64);
    let wrong = [
        ("in the other node's name", vote(term + 1, facts.honest(), false)),
        ("in the called node's name", vote(term + 1, facts.victim, false)),
        ("in the name of no node", vote(term + 1, 0, false)),
        ("it was elected already", vote(term + 1, hostile, true)),
    ];
    let far = [
        ("after thousands of elections", vote(term + (1 << 13), hostile, false)),
        ("in the last term", vote(u64::MAX, hostile, false)),
    ];
    let last = || Fields::new().number(1, term).number(2, hostile).number(3, facts.last + 1_000);
    let mut cases = Vec::new();
    for call in ["Vote", "PreVote"] {
        cases.push(Case::invalid("no vote", call, Fields::new().number(1, SHARD)));
        cases.push(Case::invalid(
            "of a shard that does not exist",
            call,
            Fields::new().number(1, 9).bytes(2, vote(term, hostile, false)),
        ));
        for (what, vote) in &wrong {
            for transfer in [0, 1] {
                let request = Fields::new().number(1, SHARD).bytes(2, vote).bytes(3, last()).number(4, transfer);
                cases.push(Case::invalid(what, call, request));
            }
        }
    }
    for (what, vote) in far {
        let request = || Fields::new().number(1, SHARD).bytes(2, &vote).bytes(3, last());
        cases.push(Case::invalid(what, "Vote", request().number(4, 1)));
        // It asks only what the node would answer.
        cases.push(Case::harmless(what, "PreVote", request()));
    }
    // The node hears from its leader, and the leader hands over to nobody.
    let early = Fields::new().number(1, SHARD).bytes(2, vote(term + 1, hostile, false)).bytes(3, last());
    cases.push(Case::harmless("while there is a leader", "Vote", early.clone()));
    cases.push(Case::harmless("as if the leader handed over", "Vote", early.number(4, 1)));
    cases
}
