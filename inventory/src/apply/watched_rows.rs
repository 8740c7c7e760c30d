//! Checks the writes of one command to a shard's rows.
//!
//! Every write must keep these invariants: the journal and the receipts log grow by one at their end and nowhere else, a journal
//! line changes only when a guest is erased, bookings and leaves are never removed, only pages are changed in place, and a row has
//! the kind of its key. Writes are counted, so that `run` can assert that a refusal made none.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::{Entry, Fault, Key, Meta, Read, Reply, Row, Rows};

pub(super) struct WatchedRows<'r, R: ?Sized> {
    rows: &'r mut R,
    writes: u64,
    /// The only journal line that may be written next.
    next_line: u64,
    /// The only leaf that may be written next.
    next_leaf: u64,
}

impl<'r, R: ?Sized> WatchedRows<'r, R> {
    /// Wraps `rows`, whose clock and cursors are `meta`.
    pub(super) fn new(rows: &'r mut R, meta: &Meta) -> Self {
        WatchedRows { rows, writes: 0, next_line: meta.next_sequence, next_leaf: meta.next_leaf }
    }

    /// The number of writes so far, without those to counters.
    pub(super) fn writes(&self) -> u64 {
        self.writes
    }

    /// The rows for changes of counters. These are not counted: the ledger checks them, and a refused amendment undoes
    /// its own.
    pub(super) fn for_counters(&mut self) -> &mut R {
        self.rows
    }

    /// Asserts that the cursors point to the end of the journal and of the receipts log.
    pub(super) fn assert_cursors(&self, meta: &Meta) {
        assert_eq!(meta.next_sequence, self.next_line, "the cursor must follow the last journal line");
        assert_eq!(meta.next_leaf, self.next_leaf, "the cursor must follow the last leaf");
    }
}

impl<R: Rows + ?Sized> WatchedRows<'_, R> {
    /// Replaces a journal line that exists, without what is about an erased guest.
    pub(super) fn rewrite_line(&mut self, line: u64, entry: Box<Entry>) {
        assert!(line < self.next_line, "only a written line is rewritten");
        let is_erased = matches!(&entry.reply, Reply::Booking(booking) if booking.guest_erased);
        assert!(is_erased, "a line is rewritten only to erase a guest");
        self.writes += 1;
        self.rows.put(Key::Journal(line), Row::Journal(entry));
    }
}

impl<R: Rows + ?Sized> Read for WatchedRows<'_, R> {
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault> {
        self.rows.get(key)
    }

    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault> {
        self.rows.scan(from, to, limit)
    }
}

impl<R: Rows + ?Sized> Rows for WatchedRows<'_, R> {
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault> {
        assert!(matches!(key, Key::Page(..) | Key::Rates(..)), "only pages are changed in place, not {key:?}");
        self.writes += 1;
        self.rows.get_mut(key, absent)
    }

    fn put(&mut self, key: Key, row: Row) {
        assert!(row.is_of(&key), "wrong kind of row for {key:?}");
        match key {
            Key::Journal(line) => {
                assert_eq!(line, self.next_line, "a journal line is written once, after the last one");
                self.next_line += 1;
            }
            Key::Leaf(index) => {
                assert_eq!(index, self.next_leaf, "a leaf is written once, after the last one");
                self.next_leaf += 1;
            }
            _ => {}
        }
        self.writes += 1;
        self.rows.put(key, row);
    }

    fn delete(&mut self, key: &Key) {
        let stays = matches!(key, Key::Meta | Key::Property(_) | Key::Page(..) | Key::Rates(..) | Key::Booking(_) | Key::Leaf(_));
        assert!(!stays, "{key:?} is never removed");
        self.writes += 1;
        self.rows.delete(key);
    }
}
