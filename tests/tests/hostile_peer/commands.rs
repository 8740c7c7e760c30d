//! Commands that only a leader proposes, or only another node may send.

use keyrack_tests::peer::Fields;

use super::case::Case;
use super::{HOSTILE, SHARD};

/// Numbers of the fields of a command.
const BY: u32 = 4;
const TICK: u32 = 10;
const CANCEL: u32 = 20;
const CLOSE: u32 = 24;
const ERASE: u32 = 25;
const KEYS: u32 = 26;
const CHECKPOINT: u32 = 27;
const REWRAP: u32 = 29;
const SEAL: u32 = 31;
const PROVEN_KEYS: u32 = 32;

pub fn cases() -> Vec<Case> {
    let hostile = HOSTILE as u64;
    let booking = Fields::new().bytes(1, [7; 16]);
    let keys = |node: u64| Fields::new().number(1, node).bytes(2, [7; 32]).bytes(3, [8; 32]);
    let proven = |node: u64| Fields::new().bytes(1, keys(node)).bytes(2, [1; 64]).bytes(3, [2; 64]);
    let operator = || Fields::new().bytes(BY, Fields::new().bytes(1, "dev").number(2, 1).bytes(6, [0; 16]));
    let wrong = [
        ("no command", vec![0xff]),
        ("a command of no kind", Vec::new()),
        ("a command of an unknown kind", Fields::new().bytes(99, []).encoded()),
        ("a command larger than 1 MiB", vec![0; (1 << 20) + 1]),
        ("a tick", Fields::new().bytes(TICK, []).encoded()),
        ("a tick of an operator", operator().bytes(TICK, []).encoded()),
        ("a seal", Fields::new().bytes(SEAL, []).encoded()),
        ("a seal of an operator", operator().bytes(SEAL, []).encoded()),
        ("an erasure without a caller", Fields::new().bytes(ERASE, [7; 16]).encoded()),
        ("a cancellation without a caller", Fields::new().bytes(CANCEL, &booking).encoded()),
        ("the end of a day without a caller", Fields::new().number(1, 1).number(CLOSE, 21_000).encoded()),
        ("a checkpoint", Fields::new().bytes(CHECKPOINT, Fields::new().number(1, u64::MAX).bytes(2, "no note")).encoded()),
        ("a checkpoint of an operator", operator().bytes(CHECKPOINT, Fields::new().number(1, 1).bytes(2, "")).encoded()),
        ("a new wrapped key", Fields::new().bytes(REWRAP, booking.bytes(2, b"a").bytes(3, b"b")).encoded()),
        ("keys without a proof", Fields::new().bytes(KEYS, keys(hostile)).encoded()),
        ("keys of another node without a proof", Fields::new().bytes(KEYS, keys(1)).encoded()),
        ("keys with a wrong proof", Fields::new().bytes(PROVEN_KEYS, proven(hostile)).encoded()),
        ("keys of another node", Fields::new().bytes(PROVEN_KEYS, proven(1)).encoded()),
        ("keys with a caller", operator().bytes(PROVEN_KEYS, proven(hostile)).encoded()),
    ];
    let one = |(what, command): (&str, Vec<u8>)| Case::invalid(what, "Propose", Fields::new().number(1, SHARD).bytes(2, command));
    let mut cases: Vec<Case> = wrong.into_iter().map(one).collect();
    let good_and_bad = Fields::new().number(1, SHARD).bytes(2, operator().bytes(ERASE, [7; 16])).bytes(2, [0xff]);
    cases.push(Case::invalid("a good command and a bad one", "Propose", good_and_bad));
    // A grant that the directory does not have is not proposed, and the node may try again.
    let grant = Fields::new().number(1, 7).bytes(2, Fields::new().number(1, 1 << 40).number(2, 1));
    let grant = Fields::new().bytes(28, grant);
    cases.push(Case::harmless(
        "a grant that the directory does not have",
        "Propose",
        Fields::new().number(1, SHARD).bytes(2, grant),
    ));
    cases
}
