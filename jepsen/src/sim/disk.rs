//! A node's disk: its log and everything else that survives a crash, in memory. `log_disk.rs` writes to it.
//!
//! Invariants:
//! - a power loss leaves at least the contents of `durable`; the running node reads `visible`;
//! - writes reach both in the order in which they were queued; each turn of the writer reaches them whole or not at all, as
//!   in RocksDB's write-ahead log;
//! - any error is final for the process that got it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use keyrack_cluster::simulated::{LogId, LogWrite, Slot, SnapshotMeta, Vote, wire};
use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use prost::Message;

use crate::rng::Rng;
use crate::saved::{Kept, Saved};

/// Log entries and small values.
#[derive(Clone, Default)]
pub struct Image {
    pub entries: BTreeMap<u64, Bytes>,
    pub kept: BTreeMap<Slot, Bytes>,
}

/// Where the contents of a disk come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Its node wrote them.
    #[default]
    Own,
    /// They are a copy with this number. The node has not decided what to do with it.
    Copied(u64),
    /// They are a copy that all nodes accepted together with theirs. The numbers of all copies, by node.
    Restored(BTreeMap<u64, u64>),
}

/// A copy of a disk, as a backup program makes it while the node runs.
pub struct DiskCopy {
    image: Image,
    rows: Saved,
    snapshot: Option<Kept>,
}

/// A disk. Its node, the faults and the checks share it.
pub type SharedDisk = Arc<Mutex<Disk>>;

/// The data of a node that outlive its process.
pub struct Disk {
    pub visible: Image,
    pub durable: Image,
    /// Turns of the writer that were written but not synced.
    unsynced: Vec<Vec<LogWrite>>,
    /// The turn that is being written.
    pub in_flight: Option<Vec<LogWrite>>,
    /// The rows as of the last flush.
    pub rows: Saved,
    /// The newest snapshot.
    pub snapshot: Option<Kept>,
    /// The shortest and the longest duration of a sync, in microseconds.
    pub sync_us: (u64, u64),
    /// Whether the next sync fails.
    pub failing: bool,
    /// Where the contents come from.
    pub origin: Origin,
    /// The end of the newest log, if all nodes were restored from copies.
    pub floor: Option<LogId>,
    pub rng: Rng,
}

impl Image {
    fn write(&mut self, write: &LogWrite) {
        match write {
            LogWrite::Append(entries) => self.entries.extend(entries.iter().cloned()),
            LogWrite::TruncateFrom(index) => drop(self.entries.split_off(index)),
            LogWrite::Purge(range) => self.entries.retain(|index, _| !range.contains(index)),
            LogWrite::PutSlot(slot, bytes) => drop(self.kept.insert(*slot, bytes.clone())),
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
            origin: Origin::Own,
            floor: None,
            rng: Rng::new(seed, stream),
        }
    }

    /// The process ended. A loss of power takes a random number of the last unsynced turns. Without it, only the turn that was
    /// being written may be lost.
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

    /// Copies what a program can read now.
    pub fn copied(&self) -> DiskCopy {
        DiskCopy { image: self.visible.clone(), rows: self.rows.clone(), snapshot: self.snapshot.clone() }
    }

    /// Replaces the contents with a copy. The node must not run.
    pub fn put_back(&mut self, copy: DiskCopy, number: u64) {
        let DiskCopy { image, rows, snapshot } = copy;
        (self.visible, self.durable, self.rows, self.snapshot) = (image.clone(), image, rows, snapshot);
        self.origin = Origin::Copied(number);
    }

    /// Whether its node has written anything.
    pub fn is_empty(&self) -> bool {
        self.visible.entries.is_empty() && self.rows.position.last_log_id.is_none() && self.snapshot.is_none()
    }

    /// The end of the log.
    fn end(&self) -> Option<LogId> {
        let purged = self.visible.kept.get(&Slot::Purged).and_then(|bytes| pb::LogId::decode(bytes.clone()).ok());
        let last = self.visible.entries.last_key_value().and_then(|(index, bytes)| log_id_of(*index, bytes));
        last.or(purged.map(wire::log_id_in))
    }

    /// What the node says of its data folder.
    pub fn folder_origin(&self) -> pb::FolderOrigin {
        use pb::folder_origin::Kind;
        let vote = self.visible.kept.get(&Slot::Vote).and_then(|bytes| pb::Vote::decode(bytes.clone()).ok());
        let terms = vec![vote.map_or(0, |vote| vote.term)];
        let ends = vec![self.end().max(self.floor).as_ref().map(wire::log_id_out).unwrap_or_default()];
        let said = pb::FolderOrigin { terms, ends, ..Default::default() };
        match &self.origin {
            Origin::Own if self.is_empty() => pb::FolderOrigin { kind: Kind::Empty.into(), ..said },
            Origin::Own => pb::FolderOrigin { kind: Kind::Own.into(), ..said },
            Origin::Copied(number) => pb::FolderOrigin { kind: Kind::Copied.into(), copy: *number, ..said },
            Origin::Restored(copies) => {
                let copies = copies.iter().map(|(node, copy)| pb::NodeCopy { node: *node, copy: *copy });
                pb::FolderOrigin { kind: Kind::Restored.into(), restored_with: copies.collect(), ..said }
            }
        }
    }

    /// The writer's turn has been written, and synced or not.
    pub fn complete(&mut self, synced: bool) {
        let Some(turn) = self.in_flight.take() else { return };
        turn.iter().for_each(|write| self.visible.write(write));
        self.unsynced.push(turn);
        if synced {
            let turns = std::mem::take(&mut self.unsynced);
            self.durable.write_all(turns);
        }
    }
}

/// The log id in an entry's bytes.
pub fn log_id_of(index: u64, bytes: &Bytes) -> Option<LogId> {
    wire::entry_from_disk(index, bytes.clone()).ok().map(|entry| entry.log_id)
}

impl Disk {
    /// Whether this entry, or rows that include it, would survive a power loss now.
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

/// The disks of all nodes, by node and incarnation. Wiped disks are kept for the checks.
pub struct Disks {
    seed: u64,
    all: Mutex<BTreeMap<(u64, u64), SharedDisk>>,
}

impl Disks {
    /// No disks yet. Each is created at its first use.
    pub fn new(seed: u64) -> Disks {
        Disks { seed, all: Mutex::default() }
    }

    /// The disk of one incarnation of a node.
    pub fn of(&self, id: u64, incarnation: u64) -> SharedDisk {
        let new = || Arc::new(Mutex::new(Disk::new(self.seed, id << 8 | incarnation)));
        self.all.lock().entry((id, incarnation)).or_insert_with(new).clone()
    }
}
