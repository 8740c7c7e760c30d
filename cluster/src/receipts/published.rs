//! Checkpoints that have enough signatures, the newest of one shard: as the shard's rows have them.

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
    /// Leaves.
    pub size: u64,
    /// The root hash.
    pub root: Hash,
    /// The signed note.
    pub note: Arc<str>,
    /// When the shard took it up: log time, ms since 1970.
    pub at_ms: u64,
}

/// The newest checkpoints of one shard. One writer, the applying task; any readers.
pub struct Published {
    /// Ascending sizes.
    recent: RwLock<VecDeque<CheckpointNote>>,
    size: watch::Sender<u64>,
    /// The newest that an outside witness signed too.
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
    /// Reads a note's text.
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
    /// Starts over at the newest checkpoint of the rows.
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

    /// Takes up a checkpoint that the shard took up.
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

    /// Notes how far the log's time has come.
    pub fn passed(&self, log_time_ms: u64) {
        self.log_time_ms.store(log_time_ms, Ordering::Release);
    }

    /// How far the log's time has come: what is taken up from now on is not from before.
    pub fn log_time_ms(&self) -> u64 {
        self.log_time_ms.load(Ordering::Acquire)
    }

    /// Keeps a checkpoint that outside witnesses signed too, unless a larger one has that.
    pub fn add_witnessed(&self, checkpoint: CheckpointNote) {
        self.witnessed.send_if_modified(|kept| {
            let newer = kept.as_ref().is_none_or(|old| old.size <= checkpoint.size && old.note != checkpoint.note);
            if newer {
                *kept = Some(checkpoint);
            }
            newer
        });
    }

    /// Adds outside witnesses' signatures to a checkpoint that is still kept; whether there was one.
    pub fn witness(&self, size: u64, signatures: &[Signature]) -> bool {
        let witnessed = self.newest_witnessed().filter(|checkpoint| checkpoint.size == size);
        let base = witnessed.or_else(|| self.at(size));
        let Some((base, mut note)) = base.and_then(|base| Note::parse(&base.note).ok().map(|note| (base, note))) else {
            return false;
        };
        for new in signatures {
            // A witness that signs again has seen it later.
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

    /// The newest that an outside witness signed.
    pub fn newest_witnessed(&self) -> Option<CheckpointNote> {
        self.witnessed.borrow().clone()
    }

    /// The same, as it changes.
    pub fn witnessed(&self) -> watch::Receiver<Option<CheckpointNote>> {
        self.witnessed.subscribe()
    }

    /// The first checkpoint that covers a leaf, if it can be told from memory.
    pub fn first_covering(&self, leaf: u64) -> Option<CheckpointNote> {
        let recent = self.recent.read();
        let place = recent.partition_point(|checkpoint| checkpoint.size <= leaf);
        // Before the first one that is kept there may be another.
        if place == 0 { None } else { recent.get(place).cloned() }
    }

    /// The size of the newest checkpoint, as it grows.
    pub fn size(&self) -> watch::Receiver<u64> {
        self.size.subscribe()
    }
}

/// The first checkpoint that covers a leaf, from the rows: on every replica and at any time the same, until it
/// is too old for any retry.
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
