//! The log database: every group's entries and votes, written by one thread.
//!
//! In each turn the writer takes all queued writes (up to [`TURN_BYTES`]), writes one batch with one fsync and then completes
//! the callers in order. This way all groups share one fsync. Any error is final: the node must not continue with a log that it
//! cannot write.
//!
//! Opening the log accepts a torn tail, because a crash leaves one. That alone would also accept damage at the end of a
//! *synced* log. So each turn has a number, and [`SyncedTurns`] records the last synced one.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use rocksdb::{DB, IteratorMode, ReadOptions, WriteBatch, WriteOptions};
use tokio::sync::mpsc;

use super::digest::digest;
use super::disk_pace::DiskPace;
use super::error::{damaged, io_error};
use super::log_disk::{LogDisk, LogWrite, Slot, Written};
use super::synced::SyncedTurns;
use super::{current, options, wal};

/// `T`: the number of the last turn.
const TURN: [u8; 1] = [b'T'];
const TURN_BYTES: usize = 4 << 20;
/// The most writes that may wait for the writer. Raft allows far fewer in flight.
const QUEUE: usize = 16_384;

/// The log database. Cheap to clone.
#[derive(Clone)]
pub struct LogDb {
    // Dropped first: this ends the writer thread, which also holds the database.
    writer: Arc<Writer>,
    db: Arc<DB>,
    syncs: Arc<AtomicU64>,
}

/// The writer's thread. Dropping it waits for the thread, because RocksDB must be closed before the process runs its exit
/// handlers.
struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        // The writer thread itself may drop the last handle, in a callback. It cannot join itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id()) {
            // A panic of that thread was already reported there.
            let _ = thread.join();
        }
    }
}

struct Job {
    group: u32,
    writes: Vec<LogWrite>,
    /// Whether the caller waits for the disk.
    durable: bool,
    done: Written,
}

impl LogDb {
    /// Opens or creates the database, reads all of it once, and starts its writer.
    ///
    /// # Errors
    /// `InvalidData` when synced data are damaged or missing. A node that votes without them could lose acknowledged
    /// writes.
    pub fn open(path: &Path) -> io::Result<LogDb> {
        current::check(path)?;
        wal::cut_torn_end(path)?;
        let db = Arc::new(DB::open(&options::log(), path).map_err(io_error)?);
        let mut synced = SyncedTurns::open(path)?;
        let turn = last_turn(&db)?;
        synced.check(turn)?;
        verify(&db)?;
        synced.begin(turn)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let syncs = Arc::new(AtomicU64::new(0));
        let (written, counter) = (db.clone(), syncs.clone());
        let thread = thread::Builder::new().name("log-writer".into());
        let thread = thread.spawn(move || write_all(&written, jobs, Turns { last: turn, synced }, &counter))?;
        let writer = Arc::new(Writer { queue: Some(queue), thread: Some(thread) });
        Ok(LogDb { writer, db, syncs })
    }

    /// The number of synced turns since the start.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Queues writes of one group; `done` is called in order, once they are on disk.
    pub async fn write(&self, group: u32, writes: Vec<LogWrite>, durable: bool, done: Written) -> io::Result<()> {
        let job = Job { group, writes, durable, done };
        let stopped = || io::Error::other("the log writer has stopped");
        let queue = self.writer.queue.as_ref().ok_or_else(stopped)?;
        queue.send(job).await.map_err(|_| stopped())
    }

    /// The existing entries of `range`, ascending: all of them, or the first ones that have `most_bytes` together. At least one, if
    /// there is one.
    pub fn entries(&self, group: u32, range: Range<u64>, most_bytes: usize) -> io::Result<Vec<(u64, Bytes)>> {
        let mut read = ReadOptions::default();
        read.set_iterate_lower_bound(entry_key(group, range.start).to_vec());
        read.set_iterate_upper_bound(entry_key(group, range.end).to_vec());
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for item in self.db.iterator_opt(IteratorMode::Start, read) {
            let (key, value) = item.map_err(io_error)?;
            bytes += value.len();
            if bytes > most_bytes && !entries.is_empty() {
                break;
            }
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

    /// The number of entries and small values, and the SHA-256 of all keys and values in order.
    pub fn digest(&self) -> io::Result<(u64, [u8; 32])> {
        digest(self.db.iterator(IteratorMode::Start))
    }

    /// Rewrites all files, so that they contain no purged entries.
    pub fn compact(&self) -> io::Result<()> {
        self.db.flush().map_err(io_error)?;
        self.db.compact_range_opt(None::<&[u8]>, None::<&[u8]>, &options::thorough());
        Ok(())
    }

    /// Reads a small value.
    pub fn slot(&self, group: u32, slot: Slot) -> io::Result<Option<Bytes>> {
        Ok(self.db.get(slot_key(group, slot)).map_err(io_error)?.map(Bytes::from))
    }
}

impl LogDisk for LogDb {
    async fn write(&self, group: u32, writes: Vec<LogWrite>, durable: bool, done: Written) -> io::Result<()> {
        LogDb::write(self, group, writes, durable, done).await
    }

    fn entries(&self, group: u32, range: Range<u64>, most_bytes: usize) -> io::Result<Vec<(u64, Bytes)>> {
        LogDb::entries(self, group, range, most_bytes)
    }

    fn last(&self, group: u32) -> io::Result<Option<(u64, Bytes)>> {
        LogDb::last(self, group)
    }

    fn slot(&self, group: u32, slot: Slot) -> io::Result<Option<Bytes>> {
        LogDb::slot(self, group, slot)
    }
}

/// The last turn's number in the log, and the file that records it beside the log.
struct Turns {
    last: u64,
    synced: SyncedTurns,
}

fn last_turn(db: &DB) -> io::Result<u64> {
    let found = db.get(TURN).map_err(io_error)?;
    found.map_or(Ok(0), |bytes| Ok(u64::from_be_bytes(bytes.as_slice().try_into().map_err(|_| damaged("damaged turn number"))?)))
}

/// Reads every entry. RocksDB checks each block, and a group's indexes must have no gaps.
fn verify(db: &DB) -> io::Result<()> {
    let mut before: Option<(u32, u64)> = None;
    for item in db.iterator(IteratorMode::Start) {
        let (key, _) = item.map_err(io_error)?;
        let Some(group) = key.get(1..5).filter(|_| key[0] == b'E' && key.len() == 13) else { continue };
        let here = (group.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)), index_of(&key)?);
        if before.is_some_and(|(group, index)| group == here.0 && index + 1 != here.1) {
            return Err(damaged(format!("the log of group {} has a gap before entry {}", here.0, here.1)));
        }
        before = Some(here);
    }
    Ok(())
}

fn write_all(db: &DB, mut jobs: mpsc::Receiver<Job>, mut turns: Turns, syncs: &AtomicU64) {
    let mut turn: Vec<Job> = Vec::new();
    let mut pace = DiskPace::default();
    while let Some(job) = jobs.blocking_recv() {
        let mut bytes = 0;
        let mut next = Some(job);
        while let Some(job) = next {
            bytes += job.writes.iter().map(LogWrite::bytes).sum::<usize>();
            turn.push(job);
            next = if bytes < TURN_BYTES { jobs.try_recv().ok() } else { None };
        }
        let began = Instant::now();
        let result = write_turn(db, &turn, &mut turns);
        pace.note(began.elapsed());
        syncs.fetch_add(u64::from(turn.iter().any(|job| job.durable)), Ordering::Relaxed);
        for job in turn.drain(..) {
            (job.done)(result.as_ref().copied().map_err(|cause| io::Error::other(cause.to_string())));
        }
        if let Err(cause) = result {
            // The queue closes, so that waiting and later callers get an error.
            tracing::error!(event = "log_write_failed", %cause, "cannot write the Raft log: this node stops");
            return;
        }
    }
}

fn write_turn(db: &DB, turn: &[Job], turns: &mut Turns) -> io::Result<()> {
    let mut batch = WriteBatch::default();
    turns.last += 1;
    batch.put(TURN, turns.last.to_be_bytes());
    for job in turn {
        for write in &job.writes {
            write.add_to(&mut batch, job.group);
        }
    }
    let mut how = WriteOptions::default();
    let durable = turn.iter().any(|job| job.durable);
    how.set_sync(durable);
    db.write_opt(&batch, &how).map_err(io_error)?;
    if durable { turns.synced.write(turns.last) } else { Ok(()) }
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
            LogWrite::PutSlot(slot, bytes) => batch.put(slot_key(group, *slot), bytes),
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
    index.ok_or_else(|| damaged("an entry's key in the log is too short"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::oneshot;

    use super::*;

    /// This includes a flip in a length field at the end, which looks like a torn write.
    #[tokio::test]
    async fn a_log_with_a_wrong_bit_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let db = LogDb::open(&path).expect("opened");
        for index in 1..=40 {
            let (done, wait) = oneshot::channel();
            let entry = LogWrite::Append(vec![(index, Bytes::from(vec![7; 500]))]);
            let answer = move |written| done.send(written).expect("the test waits");
            db.write(1, vec![entry], true, Box::new(answer)).await.expect("queued");
            wait.await.expect("answered").expect("written");
        }
        drop(db);
        let files = || fs::read_dir(&path).expect("a folder").map(|file| file.expect("a file").path());
        let log = files().filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().expect("a log");
        let good = fs::read(&log).expect("bytes");
        for at in (0..good.len()).step_by(509).chain(good.len() - 20..good.len()) {
            let copy = tempfile::tempdir().expect("a folder");
            let rotten = copy.path().join("log");
            fs::create_dir(&rotten).expect("made");
            for file in files() {
                fs::copy(&file, rotten.join(file.file_name().expect("a name"))).expect("copied");
            }
            fs::copy(folder.path().join("log.synced"), copy.path().join("log.synced")).expect("copied");
            let mut bytes = good.clone();
            bytes[at] ^= 4;
            fs::write(rotten.join(log.file_name().expect("a name")), bytes).expect("written");
            let opened = LogDb::open(&rotten).map(drop);
            assert!(opened.is_err_and(|cause| cause.kind() == io::ErrorKind::InvalidData), "byte {at} of {}", good.len());
        }
    }
}
