//! How far the log was synced, in a file beside it.
//!
//! Written after each fsync of the log and not synced itself: it may be behind the log and is never ahead of it. A log that
//! ends before it has lost something that was on the disk. After a power failure the file may be old or gone; then it
//! says less, and never something wrong.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::error::damaged;

/// `turn ^ CHECK` follows the turn: a damaged file is told from a log that is too short.
const CHECK: u64 = 0x6b65_7972_6163_6b21;

/// The number of the last turn of the log writer that was synced.
pub(super) struct SyncedTurns {
    file: File,
    last: u64,
}

impl SyncedTurns {
    /// The file beside the log in the folder `log`.
    pub fn open(log: &Path) -> io::Result<SyncedTurns> {
        let path = log.with_extension("synced");
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = [0; 16];
        let read = file.read_at(&mut bytes, 0)?;
        let half = |at: usize| bytes[at..at + 8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        let last = if read == 16 && half(0) ^ CHECK == half(8) { half(0) } else { 0 };
        Ok(SyncedTurns { file, last })
    }

    /// Whether a log whose last turn is this one has everything that was synced.
    pub fn check(&self, turn: u64) -> io::Result<()> {
        if turn < self.last {
            return Err(damaged(format!("the log ends at turn {turn}, but turn {} was synced: its end is damaged", self.last)));
        }
        Ok(())
    }

    /// A log was opened and is good up to this turn; unlike [`SyncedTurns::write`], this lasts through a power failure.
    pub fn begin(&mut self, turn: u64) -> io::Result<()> {
        self.write(turn)?;
        self.file.sync_all()
    }

    /// This turn is synced.
    pub fn write(&mut self, turn: u64) -> io::Result<()> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&turn.to_be_bytes());
        bytes[8..].copy_from_slice(&(turn ^ CHECK).to_be_bytes());
        self.file.write_all_at(&bytes, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::SyncedTurns;

    #[test]
    fn a_log_that_lost_its_end_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        SyncedTurns::open(&log).expect("new").check(0).expect("a new log");
        SyncedTurns::open(&log).expect("opened").write(7).expect("written");
        let known = SyncedTurns::open(&log).expect("opened");
        known.check(7).expect("all there");
        known.check(8).expect("a turn that was written and not synced");
        assert_eq!(known.check(6).expect_err("too short").kind(), std::io::ErrorKind::InvalidData);
        let mut bytes = std::fs::read(folder.path().join("log.synced")).expect("bytes");
        bytes[3] ^= 1;
        std::fs::write(folder.path().join("log.synced"), bytes).expect("written");
        SyncedTurns::open(&log).expect("opened").check(0).expect("a damaged file says nothing");
    }
}
