//! Signatures, quotas, handovers and replacements.

use keyrack_tests::peer::Fields;

use super::case::Case;
use super::member::Facts;
use super::{HOSTILE, SHARD};

pub fn cases(facts: &Facts) -> Vec<Case> {
    let head = |size: u64| Fields::new().number(1, size).bytes(2, [9; 32]);
    let cosign = |field: u32, ask: &[u8]| Fields::new().number(1, SHARD).bytes(field, ask);
    let forged = format!("dev/shard-1\n1\n{}=\n\n— dev/node-3 AAAAAAAA\n", "A".repeat(43));
    let huge = format!("dev/shard-1\n{}\n{}=\n\n— dev/node-3 AAAAAAAA\n", u64::MAX, "A".repeat(43));
    let member = |node: u64| Fields::new().bytes(1, Fields::new().number(1, node).number(2, 5).bytes(3, "127.0.0.1:1"));
    let used = |whose: u64, requests: u64| {
        let per_second = f32::MAX.to_le_bytes();
        // `whose` is fixed64 and `per_second` a float: written as their bytes.
        let raw = [&[0x09][..], &whose.to_le_bytes(), &[0x1d], &per_second].concat();
        [raw, Fields::new().number(2, requests).encoded()].concat()
    };
    let mut cases = vec![
        Case::harmless("another root", "Cosign", cosign(2, head(1).as_ref())),
        Case::harmless("a root of a tree that does not exist", "Cosign", cosign(2, head(u64::MAX).as_ref())),
        Case::harmless("stop, without signatures", "Cosign", cosign(3, head(1).as_ref())),
        Case::harmless("stop, with a forged checkpoint", "Cosign", cosign(5, forged.as_bytes())),
        Case::harmless("a forged checkpoint of witnesses", "Cosign", cosign(4, forged.as_bytes())),
        Case::harmless("a checkpoint of witnesses without an end", "Cosign", cosign(4, huge.as_bytes())),
        Case::harmless("a checkpoint that is no note", "Cosign", cosign(4, b"no note")),
        Case::harmless("nothing asked", "Cosign", Fields::new().number(1, SHARD)),
        Case::invalid("of a shard without receipts", "Cosign", Fields::new().bytes(2, head(1))),
        Case::invalid("of a shard that does not exist", "Cosign", Fields::new().number(1, 9).bytes(2, head(1))),
        Case::invalid("for the other node", "Replace", member(facts.honest())),
        Case::invalid("for the called node", "Replace", member(facts.victim)),
        Case::invalid("for nobody", "Replace", Fields::new()),
        Case::harmless("use of every quota", "Usage", Fields::new().bytes(1, used(1, u64::from(u32::MAX)))),
        Case::harmless("an index that never comes", "Applied", Fields::new().number(1, SHARD).number(2, u64::MAX)),
    ];
    for node in [9, u64::MAX] {
        let fence = Fields::new().bytes(6, Fields::new().number(1, node));
        cases.push(Case::harmless(
            &format!("a fence for node {node}, which is no member"),
            "Propose",
            Fields::new().bytes(2, fence),
        ));
    }
    for call in ["ReadIndex", "HeldVote", "HandOver", "Propose", "Applied"] {
        cases.push(Case::invalid("of a shard that does not exist", call, Fields::new().number(1, 9)));
    }
    for to in [0, 9, HOSTILE as u64] {
        let asked = Fields::new().number(1, SHARD).number(2, to);
        cases.push(Case::harmless(&format!("to node {to}, which does not answer"), "HandOver", asked));
    }
    cases
}
