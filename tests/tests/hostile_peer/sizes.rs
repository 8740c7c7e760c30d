//! Messages that are too large, that are no messages, and calls that do not exist.

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
    let endless = [0, 0xff, 0xff, 0xff, 0xff].to_vec();
    cases.push(Case::new("the longest message", "Propose", endless, Expected::Refused(OUT_OF_RANGE)));
    let packed = [1, 0, 0, 0, 1, 0].to_vec();
    cases.push(Case::new("a compressed message", "Vote", packed, Expected::Refused(INTERNAL)));
    for call in ["Steal", "", "vote"] {
        cases.push(Case::new("a call that does not exist", call, Vec::new(), Expected::Refused(UNIMPLEMENTED)));
    }
    cases
}
