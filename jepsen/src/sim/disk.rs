//! A node's disk: the log database with the same doors as the cluster's, kept in memory, and what else survives a crash.
//!
//! Invariants:
//! - `durable` is what a power loss leaves at least; `visible` is what the running node reads;
//! - writes reach both in the order in which they were queued, a turn of the writer as a whole or not at all, as
//!   RocksDB's write-ahead log has it;
//! - any error is final for the process that saw it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_cluster::simulated::{LogDisk, LogId, LogWrite, Slot, SnapshotMeta, Vote, Written, wire};
use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use prost::Message;
use tokio::sync::mpsc;

use crate::raft::{self, Kept, Saved};
use crate::rng::Rng;
use crate::world::World;

/// Log entries and small values.
#[derive(Clone, Default)]
pub struct Image {
    pub entries: BTreeMap<u64, Bytes>,
    pub kept: BTreeMap<Slot, Bytes>,
}

/// A disk, as the node that runs on it, the faults and the checks share it.
pub type SharedDisk = Arc<Mutex<Disk>>;

/// What a node has that outlives its process.
pub struct Disk {
    pub visible: Image,
    pub durable: Image,
    /// Turns that were written and not synced.
    unsynced: Vec<Vec<LogWrite>>,
    in_flight: Option<Vec<LogWrite>>,
    /// The rows as they were flushed last.
    pub rows: Saved,
    /// The newest snapshot.
    pub snapshot: Option<Kept>,
    /// A sync takes so many microseconds, from and to.
    pub sync_us: (u64, u64),
    /// Whether the next sync fails.
    pub failing: bool,
    pub rng: Rng,
}

impl Image {
    fn write(&mut self, write: &LogWrite) {
        match write {
            LogWrite::Append(entries) => self.entries.extend(entries.iter().cloned()),
            LogWrite::TruncateFrom(index) => drop(self.entries.split_off(index)),
            LogWrite::Purge(range) => self.entries.retain(|index, _| !range.contains(index)),
            LogWrite::Keep(slot, bytes) => drop(self.kept.insert(*slot, bytes.clone())),
        }
    }

    fn write_all(&mut self, turns: impl IntoIterator<Item = Vec<LogWrite>>) {
        turns.into_iter().flatten().for_each(|write| self.write(&write));
    }
}

impl Disk {
    pub fn new(seed: u64, stream: u64) -> Disk {
        Disk {
            visible: Image::default(),
            durable: Image::default(),
            unsynced: Vec::new(),
            in_flight: None,
            rows: Saved::default(),
            snapshot: None,
            sync_us: (200, 3_000),
            failing: false,
            rng: Rng::new(seed, stream),
        }
    }

    /// The process is gone. With the power what was not synced goes too, or only its end does; without, only what was
    /// being written may be missing.
    pub fn crash(&mut self, power_lost: bool) {
        let mut turns = std::mem::take(&mut self.unsynced);
        let written = turns.len();
        turns.extend(self.in_flight.take());
        let left = if power_lost { 0 } else { written };
        let kept = self.rng.within(left as u64, turns.len() as u64) as usize;
        self.durable.write_all(turns.into_iter().take(kept));
        self.visible = self.durable.clone();
        self.failing = false;
    }

    fn complete(&mut self, synced: bool) {
        let Some(turn) = self.in_flight.take() else { return };
        turn.iter().for_each(|write| self.visible.write(write));
        self.unsynced.push(turn);
        if synced {
            let turns = std::mem::take(&mut self.unsynced);
            self.durable.write_all(turns);
        }
    }
}

struct Job {
    writes: Vec<LogWrite>,
    durable: bool,
    done: Written,
}

/// The log database. Cheap to clone.
#[derive(Clone)]
pub struct LogDb {
    queue: mpsc::Sender<Job>,
    disk: Arc<Mutex<Disk>>,
}

impl LogDb {
    /// Starts the writer over a node's disk.
    pub fn open(world: Arc<World>, node: u64, disk: Arc<Mutex<Disk>>) -> LogDb {
        let (queue, jobs) = mpsc::channel(16_384);
        raft::spawn(write_all(world, node, disk.clone(), jobs));
        LogDb { queue, disk }
    }
}

impl LogDisk for LogDb {
    async fn write(&self, _group: u32, writes: Vec<LogWrite>, durable: bool, done: Written) -> io::Result<()> {
        let job = Job { writes, durable, done };
        self.queue.send(job).await.map_err(|_| io::Error::other("the log writer has stopped"))
    }

    fn entries(&self, _group: u32, range: Range<u64>) -> io::Result<Vec<(u64, Bytes)>> {
        Ok(self.disk.lock().visible.entries.range(range).map(|(index, bytes)| (*index, bytes.clone())).collect())
    }

    fn last(&self, _group: u32) -> io::Result<Option<(u64, Bytes)>> {
        Ok(self.disk.lock().visible.entries.last_key_value().map(|(index, bytes)| (*index, bytes.clone())))
    }

    fn kept(&self, _group: u32, slot: Slot) -> io::Result<Option<Bytes>> {
        Ok(self.disk.lock().visible.kept.get(&slot).cloned())
    }
}

async fn write_all(world: Arc<World>, node: u64, disk: Arc<Mutex<Disk>>, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.recv().await {
        let mut turn = vec![first];
        while let Ok(next) = jobs.try_recv() {
            turn.push(next);
        }
        let sync = turn.iter().any(|job| job.durable);
        let writes: Vec<LogWrite> = turn.iter_mut().flat_map(|job| std::mem::take(&mut job.writes)).collect();
        world.observe(|observer| observer.log_is_written(node, &writes, &disk.lock()));
        let takes = {
            let mut disk = disk.lock();
            disk.in_flight = Some(writes.clone());
            let (from, to) = disk.sync_us;
            Duration::from_micros(disk.rng.within(from, to))
        };
        if sync {
            tokio::time::sleep(takes).await;
        }
        if sync && disk.lock().failing {
            world.trace(node, format_args!("sync failed"));
            turn.into_iter().for_each(|job| (job.done)(Err(io::Error::other("input/output error"))));
            return;
        }
        disk.lock().complete(sync);
        world.trace(node, format_args!("wrote {} changes, synced: {sync}", writes.len()));
        world.observe(|observer| observer.log_written(node, &writes, &disk.lock()));
        turn.into_iter().for_each(|job| (job.done)(Ok(())));
    }
}

/// The log id of an entry's bytes.
pub fn log_id_of(index: u64, bytes: &Bytes) -> Option<LogId> {
    wire::entry_from_disk(index, bytes.clone()).ok().map(|entry| entry.log_id)
}

impl Disk {
    /// Whether this entry, or rows that have it, would survive a power loss now.
    pub fn has_durably(&self, id: &LogId) -> bool {
        let kept = |position: &SnapshotMeta| position.last_log_id.is_some_and(|last| last.index >= id.index);
        kept(&self.rows.position)
            || self.snapshot.as_ref().is_some_and(|(meta, _)| kept(meta))
            || self.durable.entries.get(&id.index).and_then(|bytes| log_id_of(id.index, bytes)).as_ref() == Some(id)
    }

    /// The vote that would survive a power loss now.
    pub fn durable_vote(&self) -> Option<Vote> {
        let bytes = self.durable.kept.get(&Slot::Vote)?.clone();
        pb::Vote::decode(bytes).ok().map(wire::vote_in)
    }
}
