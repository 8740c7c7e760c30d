//! Messages that are too large, that are no messages, and calls that do not exist.

use keyrack_tests::peer::Fields;

use super::case::{Case, Expected, INTERNAL, OUT_OF_RANGE, UNIMPLEMENTED};

/// Every call, and the most bytes of its messages in KiB.
const CALLS: [(&str, u32); 16] = [
    ("Hello", 4),
    ("Append", 16 << 10),
    ("AppendOne", 16 << 10),
    ("AppendInParts", 2 << 10),
    ("Vote", 4),
    ("PreVote", 4),
    ("TransferLeader", 4),
    ("Snapshot", 4 << 10),
    ("Propose", 4 << 10),
    ("ReadIndex", 4),
    ("HeldVote", 4),
    ("Cosign", 64),
    ("Applied", 4),
    ("HandOver", 4),
    ("Replace", 4),
    ("Usage", 1 << 10),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (call, kib) in CALLS {
        let too_large = [&[0][..], &((kib << 10) + 1).to_be_bytes()].concat();
        cases.push(Case::new("the head of a message that is too large", call, too_large, Expected::Refused(OUT_OF_RANGE)));
        // A tag without a value.
        cases.push(Case::new("no message", call, keyrack_tests::peer::framed([0x0a, 0xff]), Expected::Refused(INTERNAL)));
    }
    // Two bytes of an empty element take up to two hundred in memory.
    let many = |field: u32, elements: usize| Fields::new().bytes(field, []).as_ref().repeat(elements);
    let inside = |fields: &[u32], innermost: Vec<u8>| {
        fields.iter().rev().fold(innermost, |inner, field| Fields::new().bytes(*field, inner).encoded())
    };
    let much = 1_500_000;
    let large = [
        ("entries", "Append", many(5, much)),
        ("entries", "AppendOne", many(5, much)),
        ("nodes of a membership", "AppendOne", inside(&[5, 3], many(2, much))),
        ("voters of a membership", "AppendOne", inside(&[5, 3, 1, 1], vec![1; much])),
        ("entries", "AppendInParts", inside(&[1], many(5, 1_000_000))),
        ("files", "Snapshot", inside(&[1, 2], many(4, much))),
        ("commands", "Propose", many(2, much)),
        ("reports", "Usage", many(1, 500_000)),
    ];
    for (what, call, message) in large {
        let message = keyrack_tests::peer::framed(message);
        cases.push(Case::new(&format!("a million empty {what}"), call, message, Expected::Refused(OUT_OF_RANGE)));
    }
    let endless = [0, 0xff, 0xff, 0xff, 0xff].to_vec();
    cases.push(Case::new("the longest message", "Propose", endless, Expected::Refused(OUT_OF_RANGE)));
    let packed = [1, 0, 0, 0, 1, 0].to_vec();
    cases.push(Case::new("a compressed message", "Vote", packed, Expected::Refused(INTERNAL)));
    for call in ["Steal", "", "vote"] {
        cases.push(Case::new("a call that does not exist", call, Vec::new(), Expected::Refused(UNIMPLEMENTED)));
    }
    cases
}
