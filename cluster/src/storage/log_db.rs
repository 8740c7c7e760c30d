//! The log database: every group's entries and votes, written by one thread.
//!
//! Each turn the writer takes all that is queued (up to [`TURN_BYTES`]), writes one batch with one fsync
//! and then completes the callers in order: many groups share one fsync. Any error is final; the node
//! must not go on with a log it cannot write.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bytes::Bytes;
use rocksdb::{DB, IteratorMode, ReadOptions, WriteBatch, WriteOptions};
use tokio::sync::mpsc;

use super::{io_error, options};

const TURN_BYTES: usize = 4 << 20;
/// Writes that may wait for the writer; Raft bounds what is in flight far below.
const QUEUE: usize = 16_384;

/// The log database. Cheap to clone.
#[derive(Clone)]
pub struct LogDb {
    // Dropped first: it ends the writer, which has the database open too.
    writer: Arc<Writer>,
    db: Arc<DB>,
    syncs: Arc<AtomicU64>,
}

/// The writer's thread. Waited for at the end: RocksDB must not be closed while the process already runs its exit handlers.
struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        // The last caller may be one that the writer itself just answered.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id()) {
            // A panic over there was reported there.
            let _ = thread.join();
        }
    }
}

/// One change to one group's log.
#[derive(Debug)]
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

/// Small values a group keeps beside its entries.
#[derive(Clone, Copy, Debug)]
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

type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

struct Job {
    group: u32,
    writes: Vec<LogWrite>,
    /// Whether the caller waits for the disk.
    durable: bool,
    done: Done,
}

impl LogDb {
    /// Opens or makes the database and starts its writer.
    pub fn open(path: &Path) -> io::Result<LogDb> {
        let db = Arc::new(DB::open(&options::log(), path).map_err(io_error)?);
        let (queue, jobs) = mpsc::channel(QUEUE);
        let syncs = Arc::new(AtomicU64::new(0));
        let (written, counter) = (db.clone(), syncs.clone());
        let thread = thread::Builder::new().name("log-writer".into());
        let thread = thread.spawn(move || write_all(&written, jobs, &counter))?;
        let writer = Arc::new(Writer { queue: Some(queue), thread: Some(thread) });
        Ok(LogDb { writer, db, syncs })
    }

    /// Synced writes since the start.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Queues writes of one group; `done` is called in order, once they are on disk.
    pub async fn write(
        &self,
        group: u32,
        writes: Vec<LogWrite>,
        durable: bool,
        done: impl FnOnce(io::Result<()>) + Send + 'static,
    ) -> io::Result<()> {
        let job = Job { group, writes, durable, done: Box::new(done) };
        let stopped = || io::Error::other("the log writer has stopped");
        let queue = self.writer.queue.as_ref().ok_or_else(stopped)?;
        queue.send(job).await.map_err(|_| stopped())
    }

    /// The entries of `range`, as far as they exist, ascending.
    pub fn entries(&self, group: u32, range: Range<u64>) -> io::Result<Vec<(u64, Bytes)>> {
        let mut read = ReadOptions::default();
        read.set_iterate_lower_bound(entry_key(group, range.start).to_vec());
        read.set_iterate_upper_bound(entry_key(group, range.end).to_vec());
        let mut entries = Vec::new();
        for item in self.db.iterator_opt(IteratorMode::Start, read) {
            let (key, value) = item.map_err(io_error)?;
            entries.push((index_of(&key)?, Bytes::from(value.into_vec())));
        }
        Ok(entries)
    }

    /// The group's last entry.
    pub fn last(&self, group: u32) -> io::Result<Option<(u64, Bytes)>> {
        let mut read = ReadOptions::default();
        read.set_iterate_lower_bound(entry_key(group, 0).to_vec());
        read.set_iterate_upper_bound(entry_key(group + 1, 0).to_vec());
        match self.db.iterator_opt(IteratorMode::End, read).next() {
            None => Ok(None),
            Some(item) => {
                let (key, value) = item.map_err(io_error)?;
                Ok(Some((index_of(&key)?, Bytes::from(value.into_vec()))))
            }
        }
    }

    /// Rewrites all files, so that purged entries are in none of them.
    pub fn compact(&self) -> io::Result<()> {
        self.db.flush().map_err(io_error)?;
        self.db.compact_range_opt(None::<&[u8]>, None::<&[u8]>, &options::thorough());
        Ok(())
    }

    /// A small value.
    pub fn kept(&self, group: u32, slot: Slot) -> io::Result<Option<Bytes>> {
        Ok(self.db.get(slot_key(group, slot)).map_err(io_error)?.map(Bytes::from))
    }
}

fn write_all(db: &DB, mut jobs: mpsc::Receiver<Job>, syncs: &AtomicU64) {
    let mut turn: Vec<Job> = Vec::new();
    while let Some(job) = jobs.blocking_recv() {
        let mut bytes = 0;
        let mut next = Some(job);
        while let Some(job) = next {
            bytes += job.writes.iter().map(LogWrite::bytes).sum::<usize>();
            turn.push(job);
            next = if bytes < TURN_BYTES { jobs.try_recv().ok() } else { None };
        }
        let result = write_turn(db, &turn);
        syncs.fetch_add(u64::from(turn.iter().any(|job| job.durable)), Ordering::Relaxed);
        for job in turn.drain(..) {
            (job.done)(result.as_ref().copied().map_err(|cause| io::Error::other(cause.to_string())));
        }
        if let Err(cause) = result {
            // Whoever waits now or later learns that the log is gone: the queue closes.
            tracing::error!(%cause, "cannot write the Raft log; this node has to stop");
            return;
        }
    }
}

fn write_turn(db: &DB, turn: &[Job]) -> io::Result<()> {
    let mut batch = WriteBatch::default();
    for job in turn {
        for write in &job.writes {
            write.add_to(&mut batch, job.group);
        }
    }
    let mut how = WriteOptions::default();
    how.set_sync(turn.iter().any(|job| job.durable));
    db.write_opt(&batch, &how).map_err(io_error)
}

impl LogWrite {
    fn bytes(&self) -> usize {
        match self {
            LogWrite::Append(entries) => entries.iter().map(|(_, bytes)| bytes.len() + 13).sum(),
            _ => 32,
        }
    }

    fn add_to(&self, batch: &mut WriteBatch, group: u32) {
        match self {
            LogWrite::Append(entries) => entries.iter().for_each(|(index, bytes)| batch.put(entry_key(group, *index), bytes)),
            LogWrite::TruncateFrom(index) => batch.delete_range(entry_key(group, *index), entry_key(group + 1, 0)),
            LogWrite::Purge(range) => batch.delete_range(entry_key(group, range.start), entry_key(group, range.end)),
            LogWrite::Keep(slot, bytes) => batch.put(slot_key(group, *slot), bytes),
        }
    }
}

/// `E group index`.
fn entry_key(group: u32, index: u64) -> [u8; 13] {
    let mut key = [b'E'; 13];
    key[1..5].copy_from_slice(&group.to_be_bytes());
    key[5..].copy_from_slice(&index.to_be_bytes());
    key
}

/// `K group slot`.
fn slot_key(group: u32, slot: Slot) -> [u8; 6] {
    let mut key = [b'K'; 6];
    key[1..5].copy_from_slice(&group.to_be_bytes());
    key[5] = slot as u8;
    key
}

fn index_of(key: &[u8]) -> io::Result<u64> {
    let index = key.get(5..13).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    index.ok_or_else(|| io::Error::other("corrupt log: a key that is no entry's"))
}
