//! What a group's log needs of a disk: [`super::LogDb`] over RocksDB, and the simulation's disk in memory.

use std::io;
use std::ops::Range;

use bytes::Bytes;

/// Called once the writes are on disk, or failed.
pub type Written = Box<dyn FnOnce(io::Result<()>) + Send>;

/// The log entries and small values of all groups of a node. Cheap to clone.
///
/// Any error is final: a node must not go on with a log that it cannot write.
pub trait LogDisk: Clone + Send + Sync + 'static {
    /// Queues writes of one group. `done` is called in the order of the calls; with `durable` only once they are synced.
    fn write(
        &self,
        group: u32,
        writes: Vec<LogWrite>,
        durable: bool,
        done: Written,
    ) -> impl Future<Output = io::Result<()>> + Send;

    /// The entries of `range`, as far as they exist, ascending.
    fn entries(&self, group: u32, range: Range<u64>) -> io::Result<Vec<(u64, Bytes)>>;

    /// The group's last entry.
    fn last(&self, group: u32) -> io::Result<Option<(u64, Bytes)>>;

    /// A small value.
    fn kept(&self, group: u32, slot: Slot) -> io::Result<Option<Bytes>>;
}

/// One change to one group's log.
#[derive(Clone, Debug)]
pub enum LogWrite {
    /// Entries with their indexes, ascending.
    Append(Vec<(u64, Bytes)>),
    /// Remove the entries from this index on.
    TruncateFrom(u64),
    /// Remove the entries of this range.
    Purge(Range<u64>),
    /// Keep a small value.
    Keep(Slot, Bytes),
}

/// Small values a group keeps beside its entries. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The vote.
    Vote = 1,
    /// The last purged log id.
    Purged = 2,
    /// The last log id known committed.
    Committed = 3,
    /// The tree head that was signed last.
    Signed = 4,
    /// The last index whose erasures are gone from log and snapshots.
    Scrubbed = 5,
}
