//! The newest checkpoints of one shard, in memory and in the shard's rows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyrack_inventory::{Fault, Key, Read, Row, StoredCheckpoint};
use keyrack_merkle::{Checkpoint, Hash, Note, Signature};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::storage::View;

/// Checkpoints kept in memory; older ones are read from the rows.
const KEPT: usize = 1_024;

/// A checkpoint with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointNote {
    /// The number of leaves.
    pub size: u64,
    /// The root hash.
    pub root: Hash,
    /// The signed note.
    pub note: Arc<str>,
    /// When the shard's log accepted it: log time, ms since 1970.
    pub at_ms: u64,
}

/// The newest checkpoints of one shard. Only the applying task adds checkpoints; any task may read them.
pub struct Published {
    /// By ascending size.
    recent: RwLock<VecDeque<CheckpointNote>>,
    size: watch::Sender<u64>,
    /// The newest checkpoint that an outside witness also signed.
    witnessed: watch::Sender<Option<CheckpointNote>>,
    /// The latest log time that was applied, ms since 1970.
    log_time_ms: AtomicU64,
}

impl Default for Published {
    fn default() -> Self {
        let (size, witnessed) = (watch::Sender::new(0), watch::Sender::new(None));
        Published { recent: RwLock::default(), size, witnessed, log_time_ms: AtomicU64::new(0) }
    }
}

impl CheckpointNote {
    /// Parses a note's text.
    pub fn parse(text: &str, at_ms: u64) -> Option<CheckpointNote> {
        let note = Note::parse(text).ok()?;
        let Checkpoint { size, root, .. } = Checkpoint::parse(&note.text).ok()?;
        Some(CheckpointNote { size, root, note: text.into(), at_ms })
    }

    fn stored(stored: &StoredCheckpoint) -> Option<CheckpointNote> {
        CheckpointNote::parse(&stored.note, stored.at_ms)
    }
}

impl Published {
    /// Replaces the checkpoints in memory by the newest one of the rows.
    pub fn load(&self, view: &mut View<'_>) -> Result<(), Fault> {
        let newest = match view.get(&Key::Meta)? {
            Some(Row::Meta(meta)) => meta.last_checkpoint,
            _ => 0,
        };
        self.recent.write().clear();
        if let Some(checkpoint) = row(view, newest)? {
            self.add(&checkpoint);
        }
        Ok(())
    }

    /// Adds a checkpoint that the shard's log accepted, unless a newer one is known.
    pub fn add(&self, stored: &StoredCheckpoint) {
        let Some(checkpoint) = CheckpointNote::stored(stored) else { return };
        let size = checkpoint.size;
        let mut recent = self.recent.write();
        if recent.back().is_some_and(|newest| newest.size >= size) {
            return;
        }
        recent.push_back(checkpoint);
        let surplus = recent.len().saturating_sub(KEPT);
        recent.drain(..surplus);
        drop(recent);
        self.size.send_replace(size);
    }

    /// Records the latest log time that was applied.
    pub fn passed(&self, log_time_ms: u64) {
        self.log_time_ms.store(log_time_ms, Ordering::Release);
    }

    /// The latest log time that was applied. Later checkpoints have no earlier time.
    pub fn log_time_ms(&self) -> u64 {
        self.log_time_ms.load(Ordering::Acquire)
    }

    /// Keeps a checkpoint that outside witnesses also signed, unless a larger such checkpoint is known.
    pub fn add_witnessed(&self, checkpoint: CheckpointNote) {
        self.witnessed.send_if_modified(|kept| {
            let newer = kept.as_ref().is_none_or(|old| old.size <= checkpoint.size && old.note != checkpoint.note);
            if newer {
                *kept = Some(checkpoint);
            }
            newer
        });
    }

    /// Adds outside witnesses' signatures to a checkpoint. Returns whether the checkpoint is still in memory.
    pub fn witness(&self, size: u64, signatures: &[Signature]) -> bool {
        let witnessed = self.newest_witnessed().filter(|checkpoint| checkpoint.size == size);
        let base = witnessed.or_else(|| self.at(size));
        let Some((base, mut note)) = base.and_then(|base| Note::parse(&base.note).ok().map(|note| (base, note))) else {
            return false;
        };
        for new in signatures {
            // A witness's newer signature replaces its older one.
            note.signatures.retain(|old| old.name != new.name || old.key_id != new.key_id);
            note.signatures.push(new.clone());
        }
        self.add_witnessed(CheckpointNote { note: note.to_string().into(), ..base });
        true
    }

    /// The newest checkpoint.
    pub fn newest(&self) -> Option<CheckpointNote> {
        self.recent.read().back().cloned()
    }

    /// The checkpoint of a size, if it is kept in memory.
    pub fn at(&self, size: u64) -> Option<CheckpointNote> {
        let recent = self.recent.read();
        let place = recent.binary_search_by_key(&size, |checkpoint| checkpoint.size).ok()?;
        recent.get(place).cloned()
    }

    /// The newest checkpoint that an outside witness signed.
    pub fn newest_witnessed(&self) -> Option<CheckpointNote> {
        self.witnessed.borrow().clone()
    }

    /// Watches the newest checkpoint that an outside witness signed.
    pub fn witnessed(&self) -> watch::Receiver<Option<CheckpointNote>> {
        self.witnessed.subscribe()
    }

    /// The first checkpoint that covers a leaf, if memory has it and the one before it.
    pub fn first_covering(&self, leaf: u64) -> Option<CheckpointNote> {
        let recent = self.recent.read();
        let place = recent.partition_point(|checkpoint| checkpoint.size <= leaf);
        // An older checkpoint, which is no longer in memory, may also cover the leaf.
        if place == 0 { None } else { recent.get(place).cloned() }
    }

    /// Watches the size of the newest checkpoint.
    pub fn size(&self) -> watch::Receiver<u64> {
        self.size.subscribe()
    }
}

/// The first checkpoint that covers a leaf, from the rows. It is the same on every replica and at any time, until it is too old
/// for any retry.
pub fn first_covering(view: &mut View<'_>, leaf: u64) -> Result<Option<CheckpointNote>, Fault> {
    match view.scan(&Key::Checkpoint(leaf + 1), &Key::Checkpoint(u64::MAX), 1)?.first() {
        Some(Key::Checkpoint(size)) => Ok(row(view, *size)?.as_ref().and_then(CheckpointNote::stored)),
        _ => Ok(None),
    }
}

fn row(view: &mut View<'_>, size: u64) -> Result<Option<StoredCheckpoint>, Fault> {
    match view.get(&Key::Checkpoint(size))? {
        Some(Row::Checkpoint(checkpoint)) => Ok(Some(checkpoint.as_ref().clone())),
        _ => Ok(None),
    }
}
