//! The control file that harness and shim share. `jepsen/shim/shim.h` has the same layout.
//!
//! The shim maps the file. On Linux a mapping and its file have the same contents, and an aligned word is written whole, so
//! the harness writes plain words.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Context;

const VERSION: u64 = 1;
const SLOTS: u64 = 65_536;
const SLOTS_AT: u64 = 4_096;
const SLOT_BYTES: u64 = 40;
const WORD: u64 = 8;

/// A word of the control file, by its position.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Version = 0,
    SyncMode = 1,
    SyncDelayMs = 2,
    SyncCountdown = 3,
    WriteErrno = 4,
    ReadErrno = 5,
    ClockOffsetMs = 6,
    // Word 7 numbers the journal's records. Only the shim uses it.
    Syncs = 8,
    FailedSyncs = 9,
    FailedWrites = 10,
    FailedReads = 11,
    Unaccounted = 12,
}

/// The shim's counters since it was installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShimCounts {
    /// All syncs of files and directories in the folder, including those that failed.
    pub syncs: u64,
    /// Syncs that were made to fail.
    pub failed_syncs: u64,
    /// Changes (writes, creations, renames, ...) that were made to fail.
    pub failed_writes: u64,
    /// Reads that were made to fail.
    pub failed_reads: u64,
    /// Changes that the next loss of power cannot undo, because the shim could not record them.
    pub unaccounted: u64,
}

/// The shim's record of a file's durable contents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub inode: u64,
    pub device: u64,
    /// Bytes that are durable.
    pub durable: u64,
    /// The sequence number when the last successful sync began, or when the file got its slot.
    pub synced: u64,
}

pub(super) struct Control(File);

impl Control {
    /// Creates the file, with no fault set.
    pub fn make(path: &Path) -> anyhow::Result<Control> {
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(true).open(path);
        let control = Control(file.with_context(|| format!("cannot create the shim's control file {}", path.display()))?);
        control.forget_slots()?;
        control.set(Word::Version, VERSION)?;
        Ok(control)
    }

    pub fn set(&self, word: Word, value: u64) -> anyhow::Result<()> {
        self.0.write_all_at(&value.to_ne_bytes(), word as u64 * WORD).context("cannot write the shim's control file")
    }

    pub fn get(&self, word: Word) -> anyhow::Result<u64> {
        let mut bytes = [0; WORD as usize];
        self.0.read_exact_at(&mut bytes, word as u64 * WORD).context("cannot read the shim's control file")?;
        Ok(u64::from_ne_bytes(bytes))
    }

    pub fn counts(&self) -> anyhow::Result<ShimCounts> {
        Ok(ShimCounts {
            syncs: self.get(Word::Syncs)?,
            failed_syncs: self.get(Word::FailedSyncs)?,
            failed_writes: self.get(Word::FailedWrites)?,
            failed_reads: self.get(Word::FailedReads)?,
            unaccounted: self.get(Word::Unaccounted)?,
        })
    }

    pub fn slots(&self) -> anyhow::Result<Vec<Slot>> {
        let mut bytes = vec![0; (SLOTS * SLOT_BYTES) as usize];
        self.0.read_exact_at(&mut bytes, SLOTS_AT).context("cannot read the shim's table of files")?;
        let slots = bytes.chunks_exact(SLOT_BYTES as usize).map(|slot| {
            let word = |place: usize| slot[place * 8..].first_chunk().copied().map_or(0, u64::from_ne_bytes);
            Slot { inode: word(0), device: word(1), durable: word(2), synced: word(3) }
        });
        Ok(slots.filter(|slot| slot.inode != 0).collect())
    }

    /// Empties the table, so that all existing contents count as durable. No process may have the shim loaded.
    pub fn forget_slots(&self) -> anyhow::Result<()> {
        // Truncating and extending the file fills the table with zeros.
        let resized = self.0.set_len(SLOTS_AT).and_then(|()| self.0.set_len(SLOTS_AT + SLOTS * SLOT_BYTES));
        resized.context("cannot empty the shim's table of files")
    }
}
