//! The shim: installed beside a data folder, and preloaded into the process that uses this folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::control::{Control, ShimCounts, Word};
use super::journal;
use super::rewind::{self, Directories, Report, TornEnd};
use crate::rng::Rng;

/// The compiled shim. It is embedded, so that the harness is one file.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libkeyrack_disk.so"));

/// How syncs behave: `fsync`, `fdatasync`, and `sync_file_range`, which never makes anything durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// They work.
    Work,
    /// They work, after this delay.
    Slow(Duration),
    /// They fail with EIO. The kernel then treats the pages as clean: the file's unsynced bytes are never durable, even if a
    /// later sync works.
    Fail,
    /// Only the k-th sync from now fails like this.
    FailAt(u64),
    /// They return success but make nothing durable.
    Lie,
}

/// How changes behave: writes, growing, creations, links, renames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeMode {
    /// They work.
    Work,
    /// They fail with ENOSPC. Removing works.
    NoSpace,
    /// They fail with EIO. Removing fails too.
    Fail,
}

/// A shim for one data folder, used by one or several processes.
pub struct Shim {
    folder: PathBuf,
    data: PathBuf,
    control: Control,
    directories: Directories,
}

impl Shim {
    /// Installs a shim in `folder`, which is created; a shim that is already there is reset. `data` is the folder whose files
    /// it controls. It may not exist yet. The two folders must be on one file system, because `folder` keeps hard links to
    /// files that lose their names. The present contents of `data` count as durable.
    pub fn install(folder: &Path, data: &Path) -> anyhow::Result<Shim> {
        let made = fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
        let folder = made.with_context(|| format!("cannot create the shim's folder {}", folder.display()))?;
        let above = data.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name =
            data.file_name().with_context(|| format!("cannot use {} as a data folder: the path has no name", data.display()))?;
        let above = above.canonicalize().with_context(|| format!("cannot find {}", above.display()))?;
        // The shim sees the real paths of files, so a symbolic link to the folder is resolved here.
        let data = above.join(name);
        let data = data.canonicalize().unwrap_or(data);
        fs::write(folder.join("libkeyrack_disk.so"), LIBRARY).context("cannot write the shim's library")?;
        let control = Control::make(&folder.join("control"))?;
        let shim = Shim { folder, data, control, directories: Directories::default() };
        shim.mark_all_durable()?;
        Ok(shim)
    }

    /// Sets when names are durable, for the next loss of power.
    pub fn set_directories(&mut self, directories: Directories) {
        self.directories = directories;
    }

    /// Makes a command run with the shim preloaded.
    pub fn apply(&self, command: &mut Command) {
        command.env("LD_PRELOAD", self.folder.join("libkeyrack_disk.so"));
        command.env("KEYRACK_SHIM_DIR", &self.data).env("KEYRACK_SHIM_CONTROL", self.folder.join("control"));
        command.env("KEYRACK_SHIM_JOURNAL", self.journal()).env("KEYRACK_SHIM_GRAVEYARD", self.graveyard());
    }

    /// Sets how syncs behave from now on.
    pub fn set_sync_mode(&self, syncs: SyncMode) -> anyhow::Result<()> {
        let (mode, delay, countdown) = match syncs {
            SyncMode::Work => (0, Duration::ZERO, 0),
            SyncMode::Slow(delay) => (0, delay, 0),
            SyncMode::Fail => (1, Duration::ZERO, 0),
            SyncMode::FailAt(countdown) => (2, Duration::ZERO, countdown),
            SyncMode::Lie => (3, Duration::ZERO, 0),
        };
        self.control.set(Word::SyncCountdown, countdown)?;
        self.control.set(Word::SyncDelayMs, delay.as_millis() as u64)?;
        self.control.set(Word::SyncMode, mode)
    }

    /// Sets how changes behave from now on.
    pub fn set_change_mode(&self, changes: ChangeMode) -> anyhow::Result<()> {
        let errno = match changes {
            ChangeMode::Work => 0,
            ChangeMode::NoSpace => libc::ENOSPC,
            ChangeMode::Fail => libc::EIO,
        };
        self.control.set(Word::WriteErrno, errno as u64)
    }

    /// Sets whether reads of files fail with EIO from now on.
    pub fn set_reads_fail(&self, fail: bool) -> anyhow::Result<()> {
        self.control.set(Word::ReadErrno, if fail { libc::EIO as u64 } else { 0 })
    }

    /// Sets the process's wall clock this many milliseconds ahead, or behind if negative. Its monotonic clock does not change.
    pub fn set_clock_offset_ms(&self, offset_ms: i64) -> anyhow::Result<()> {
        self.control.set(Word::ClockOffsetMs, offset_ms.cast_unsigned())
    }

    /// Ends all faults, including the clock's offset.
    pub fn heal(&self) -> anyhow::Result<()> {
        self.set_sync_mode(SyncMode::Work)?;
        self.set_change_mode(ChangeMode::Work)?;
        self.set_reads_fail(false)?;
        self.set_clock_offset_ms(0)
    }

    /// The shim's counters since it was installed.
    pub fn counts(&self) -> anyhow::Result<ShimCounts> {
        self.control.counts()
    }

    /// Rewinds the data folder to the state that a loss of power would have left, and counts this state as durable. The
    /// process must have ended.
    ///
    /// Unsynced changes add up over several runs of the process: a kill alone makes nothing durable.
    pub fn lose_power(&self, seed: u64, tear: TornEnd) -> anyhow::Result<Report> {
        let records = journal::read(&fs::read(self.journal()).context("cannot read the shim's journal")?);
        let slots: HashMap<_, _> = self.control.slots()?.into_iter().map(|slot| ((slot.device, slot.inode), slot)).collect();
        if !self.data.exists() {
            // The process ended before it created its data folder.
            self.mark_all_durable()?;
            return Ok(Report::default());
        }
        let mut report = Report { unaccounted: self.counts()?.unaccounted, ..Report::default() };
        let mut rng = Rng::new(seed, 0);
        let rewound = rewind::names(&self.data, &self.graveyard(), &records, &slots, self.directories, &mut report)
            .and_then(|()| rewind::contents(&self.data, &records, &slots, (&mut rng, tear), &mut report));
        rewound.with_context(|| format!("cannot rewind {}", self.data.display()))?;
        self.mark_all_durable()?;
        Ok(report)
    }

    /// Counts the present contents of the data folder as durable. Call this after the harness itself changed the folder, for
    /// example after it wiped a node. The process must have ended.
    pub fn mark_all_durable(&self) -> anyhow::Result<()> {
        let graveyard = self.graveyard();
        let emptied = if graveyard.exists() { fs::remove_dir_all(&graveyard) } else { Ok(()) };
        emptied.and_then(|()| fs::create_dir(&graveyard)).context("cannot empty the shim's graveyard")?;
        fs::write(self.journal(), []).context("cannot empty the shim's journal")?;
        self.control.set(Word::Unaccounted, 0)?;
        self.control.forget_slots()
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    fn graveyard(&self) -> PathBuf {
        self.folder.join("graveyard")
    }
}
