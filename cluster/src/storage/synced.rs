//! Records how far the log was synced, in a file beside it.
//!
//! The file is written after each fsync of the log and is not synced itself. It may be behind the log and is never ahead of it.
//! A log that ends before the recorded turn has lost synced data. After a power failure the file may be old or missing. Then
//! it detects less, but it never reports an intact log as damaged.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::error::damaged;

/// `turn ^ CHECK` follows the turn, so that a damaged file is not mistaken for a log that is too short.
const CHECK: u64 = 0x6b65_7972_6163_6b21;

/// The file with the number of the log writer's last synced turn.
pub(super) struct SyncedTurns {
    file: File,
    last: u64,
}

impl SyncedTurns {
    /// Opens the file beside the folder `log`. A damaged file counts as turn 0.
    pub fn open(log: &Path) -> io::Result<SyncedTurns> {
        let path = log.with_extension("synced");
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = [0; 16];
        let read = file.read_at(&mut bytes, 0)?;
        let half = |at: usize| bytes[at..at + 8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        let last = if read == 16 && half(0) ^ CHECK == half(8) { half(0) } else { 0 };
        Ok(SyncedTurns { file, last })
    }

    /// Checks that a log with this last turn has all synced turns.
    pub fn check(&self, turn: u64) -> io::Result<()> {
        if turn < self.last {
            return Err(damaged(format!("the log ends at turn {turn}, but turn {} was synced: its end is damaged", self.last)));
        }
        Ok(())
    }

    /// Records that a log was opened and is intact up to this turn. Unlike [`SyncedTurns::write`], this survives a power
    /// failure.
    pub fn begin(&mut self, turn: u64) -> io::Result<()> {
        self.write(turn)?;
        self.file.sync_all()
    }

    /// Records that this turn was synced.
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
    fn a_log_that_lost_synced_turns_is_detected() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        SyncedTurns::open(&log).expect("new").check(0).expect("a new log");
        SyncedTurns::open(&log).expect("opened").write(7).expect("written");
        let known = SyncedTurns::open(&log).expect("opened");
        known.check(7).expect("complete");
        known.check(8).expect("the log may be ahead of the file");
        assert_eq!(known.check(6).expect_err("too short").kind(), std::io::ErrorKind::InvalidData);
        let mut bytes = std::fs::read(folder.path().join("log.synced")).expect("bytes");
        bytes[3] ^= 1;
        std::fs::write(folder.path().join("log.synced"), bytes).expect("written");
        SyncedTurns::open(&log).expect("opened").check(0).expect("a damaged file counts as turn 0");
    }
}
