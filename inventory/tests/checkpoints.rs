//! Checkpoints of the receipts log: stored once, kept as long as a retry may refer to them.

#![allow(clippy::unwrap_used)]

mod fixture;

use fixture::*;
use keyrack_inventory::*;

fn put(size: u64, note: &str) -> Op {
    Op::PutCheckpoint { size, note: note.into() }
}

fn kept(rows: &mut MemRows) -> Vec<(u64, u64, String)> {
    let keys = rows.scan(&Key::Checkpoint(0), &Key::Checkpoint(u64::MAX), usize::MAX).unwrap();
    let line = |key: Key| match (key, rows.get(&key).unwrap()) {
        (Key::Checkpoint(size), Some(Row::Checkpoint(checkpoint))) => (size, checkpoint.at_ms, checkpoint.note.clone()),
        other => panic!("{other:?}"),
    };
    keys.into_iter().map(line).collect()
}

/// An inn whose receipts log has this many leaves.
fn inn_with(leaves: u8) -> MemRows {
    let mut rows = key_inn();
    (1..=leaves).for_each(|node| drop(run(&mut rows, Op::PutReplicaKeys(replica_keys(node.into(), node)), morning_ms())));
    rows
}

#[test]
fn a_checkpoint_is_stored_once_and_sizes_only_grow() {
    let mut rows = inn_with(9);
    for (size, note) in [(3, "first"), (3, "again"), (2, "older"), (10, "of missing leaves"), (9, "newest")] {
        assert_eq!(run(&mut rows, put(size, note), morning_ms()), Reply::Done);
    }
    let at_ms = morning_ms();
    assert_eq!(kept(&mut rows), [(3, at_ms, "first".to_owned()), (9, at_ms, "newest".to_owned())]);
}

#[test]
fn a_checkpoint_writes_no_journal_and_no_leaf() {
    let mut rows = inn_with(2);
    let journal = |rows: &mut MemRows| rows.scan(&Key::Journal(0), &Key::Journal(u64::MAX), usize::MAX).unwrap().len();
    let leaves = |rows: &mut MemRows| rows.scan(&Key::Leaf(0), &Key::Leaf(u64::MAX), usize::MAX).unwrap().len();
    let before = (journal(&mut rows), leaves(&mut rows));
    run(&mut rows, put(2, "note"), morning_ms());
    assert_eq!((journal(&mut rows), leaves(&mut rows)), before);
}

#[test]
fn checkpoints_are_deleted_once_no_retry_can_refer_to_them() {
    let mut rows = inn_with(20);
    (1..=9).for_each(|size| drop(run(&mut rows, put(size, "old"), morning_ms())));
    run(&mut rows, put(10, "on the edge"), morning_ms() + 1);
    run(&mut rows, put(11, "too early"), morning_ms() + RECORD_TTL_MS - 1);
    assert_eq!(kept(&mut rows).len(), 11);
    // Four at a time, from the oldest on.
    let sizes = |rows: &mut MemRows| kept(rows).into_iter().map(|(size, ..)| size).collect::<Vec<_>>();
    run(&mut rows, put(12, "later"), morning_ms() + RECORD_TTL_MS);
    assert_eq!(sizes(&mut rows), [5, 6, 7, 8, 9, 10, 11, 12]);
    run(&mut rows, put(13, "later"), morning_ms() + RECORD_TTL_MS);
    run(&mut rows, put(14, "later"), morning_ms() + RECORD_TTL_MS);
    assert_eq!(sizes(&mut rows), [10, 11, 12, 13, 14]);
    run(&mut rows, put(15, "later"), morning_ms() + RECORD_TTL_MS + 1);
    assert_eq!(sizes(&mut rows), [11, 12, 13, 14, 15]);
}
