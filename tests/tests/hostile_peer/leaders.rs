//! Appends, snapshots and transfers of a leader that nobody elected.

use keyrack_tests::peer::{Fields, framed};

use super::case::{Case, Expected, INVALID_ARGUMENT};
use super::member::Facts;
use super::votes::vote;
use super::{HOSTILE, SHARD};

pub fn cases(facts: &Facts) -> Vec<Case> {
    let (term, hostile) = (facts.held.0, HOSTILE as u64);
    let wrong = [
        ("nobody elected it", vote(term + 1, hostile, true)),
        ("nobody elected it in a far term", vote(term + 1_000, hostile, true)),
        ("in the leader's term", vote(term, hostile, true)),
        ("in the leader's name", vote(facts.held.0, facts.held.1, true)),
        ("in the other node's name", vote(term + 1, facts.honest(), true)),
        ("it was not elected", vote(term + 1, hostile, false)),
        ("in the last term", vote(u64::MAX, hostile, true)),
    ];
    let mut cases = Vec::new();
    for (what, vote) in &wrong {
        // An entry that would be the next one, with a batch that this version can read.
        let id = Fields::new().number(1, term + 1).number(2, hostile).number(3, facts.last + 1);
        let entry = Fields::new().bytes(1, id).bytes(2, Fields::new().number(1, 1));
        let prev = Fields::new().number(1, term).number(2, facts.held.1).number(3, facts.last);
        let append = Fields::new().number(1, SHARD).bytes(2, vote).bytes(3, &prev).bytes(4, &prev).bytes(5, entry);
        cases.push(Case::invalid(what, "AppendOne", &append));
        cases.push(Case::invalid(what, "Append", &append));
        cases.push(Case::invalid(what, "AppendInParts", Fields::new().bytes(1, &append)));
        cases.push(Case::invalid(
            what,
            "TransferLeader",
            Fields::new().number(1, SHARD).bytes(2, vote).number(3, hostile).bytes(4, &prev),
        ));
        let meta = Fields::new().bytes(1, &prev);
        let manifest = Fields::new().number(1, SHARD).bytes(2, meta).bytes(3, "leveldb.BytewiseComparator");
        cases.push(Case::invalid(what, "Snapshot", Fields::new().bytes(1, Fields::new().bytes(1, vote).bytes(2, manifest))));
    }
    let unknown = Fields::new().number(1, 9).bytes(2, vote(term, hostile, true));
    for call in ["AppendOne", "Append", "TransferLeader"] {
        cases.push(Case::invalid("of a shard that does not exist", call, &unknown));
        cases.push(Case::invalid("no vote", call, Fields::new().number(1, SHARD)));
    }
    cases.push(Case::invalid("no head", "AppendInParts", Fields::new().bytes(2, b"data")));
    cases.push(Case::invalid("a head without an entry", "AppendInParts", Fields::new().bytes(1, &unknown)));
    cases.push(Case::invalid("no header", "Snapshot", Fields::new().bytes(3, b"data")));
    cases.push(Case::invalid(
        "a header without a manifest",
        "Snapshot",
        Fields::new().bytes(1, Fields::new().bytes(1, vote(term, hostile, true))),
    ));
    cases.push(Case::new("nothing", "Snapshot", Vec::new(), Expected::Nothing));
    let twice = [framed(&unknown), framed(&unknown)].concat();
    cases.push(Case::new("two messages", "AppendOne", twice, Expected::Refused(INVALID_ARGUMENT)));
    cases
}
