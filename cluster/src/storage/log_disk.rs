//! The disk below a group's log: [`super::LogDb`] over RocksDB, or the simulation's disk in memory.

use std::io;
use std::ops::Range;

use bytes::Bytes;

/// Called once the writes are on disk or have failed.
pub type Written = Box<dyn FnOnce(io::Result<()>) + Send>;

/// The log entries and small values of all groups of a node. Cheap to clone.
///
/// Any error is final: a node must not continue with a log that it cannot write.
pub trait LogDisk: Clone + Send + Sync + 'static {
    /// Queues writes of one group. `done` is called in the order of the calls, with `durable` only after the fsync.
    fn write(
        &self,
        group: u32,
        writes: Vec<LogWrite>,
        durable: bool,
        done: Written,
    ) -> impl Future<Output = io::Result<()>> + Send;

    /// The existing entries of `range`, ascending: all of them, or the first ones that have `most_bytes` together. At least one, if
    /// there is one.
    fn entries(&self, group: u32, range: Range<u64>, most_bytes: usize) -> io::Result<Vec<(u64, Bytes)>>;

    /// The group's last entry.
    fn last(&self, group: u32) -> io::Result<Option<(u64, Bytes)>>;

    /// Reads a small value.
    fn slot(&self, group: u32, slot: Slot) -> io::Result<Option<Bytes>>;
}

/// One change to one group's log.
#[derive(Clone, Debug)]
pub enum LogWrite {
    /// Entries with their indexes, ascending.
    Append(Vec<(u64, Bytes)>),
    /// Remove all entries from this index on.
    TruncateFrom(u64),
    /// Remove the entries of this range.
    Purge(Range<u64>),
    /// Store a small value.
    PutSlot(Slot, Bytes),
}

/// Small values a group keeps beside its entries. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The vote.
    Vote = 1,
    /// The last purged log id.
    Purged = 2,
    /// The last log id known to be committed.
    Committed = 3,
    /// The tree head that was signed last.
    Signed = 4,
    /// All erasures up to this index are gone from log and snapshots.
    Scrubbed = 5,
}
