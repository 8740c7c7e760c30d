//! Checks RocksDB's write-ahead logs, and cuts a torn end off, before RocksDB opens them.
//!
//! A power failure may leave the last write torn: half of it, zeros or garbage. RocksDB (11.12) reports garbage there as
//! corruption. For some bytes it loops forever: it reads a record of a kind that only recycled logs have again and again
//! (`Reader::ReadPhysicalRecord`, the `kBadRecord` that consumes nothing). So this module checks the logs first. A bad record
//! with no valid record after it is a torn end and is cut off; [`super::synced`] then detects whether it had been synced. A
//! bad record before valid records is damage.
//!
//! The format: blocks of 32 KiB with records. A record is a masked CRC-32C over kind and data (4 bytes), a length (2), a kind
//! (1) and the data. No record crosses a block's end; a rest of less than 7 bytes is zeros. Numbers are little-endian.
//! (github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format)

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::damaged;

const BLOCK: usize = 32 << 10;
const HEADER: usize = 7;
/// Record kinds: full, first, middle, last, compression type, timestamp sizes, predecessor log.
const KINDS: [u8; 7] = [1, 2, 3, 4, 9, 10, 130];

/// Checks the logs in `folder`, and cuts a torn end off the newest.
///
/// # Errors
/// `InvalidData` when anything but the newest log's end is damaged.
pub(super) fn cut_torn_end(folder: &Path) -> io::Result<()> {
    let mut logs: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(cause),
    };
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    // Names are numbers with leading zeros, so they sort by age.
    logs.sort();
    for (place, path) in logs.iter().enumerate() {
        let bytes = fs::read(path)?;
        let good = good_bytes(&bytes);
        if good == bytes.len() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().display();
        if has_good_record(&bytes, good) || place + 1 < logs.len() {
            return Err(damaged(format!("{name} is damaged at byte {good} of {}", bytes.len())));
        }
        tracing::info!(event = "torn_write_cut", file = %name, kept_bytes = good, cut_bytes = bytes.len() - good, "cut off an incomplete last write of the log");
        let file = File::options().write(true).open(path)?;
        file.set_len(good as u64)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Where the first bad record begins, or the length if there is none.
fn good_bytes(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        match next(bytes, at) {
            Some(after) => at = after,
            None => return at,
        }
    }
    at
}

/// Whether a valid record follows a bad one: at the offset that the bad record's length gives, or at a later block.
fn has_good_record(bytes: &[u8], bad: usize) -> bool {
    let length = bytes.get(bad + 4..bad + 6).map_or(0, |l| usize::from(u16::from_le_bytes([l[0], l[1]])));
    let named = bad + HEADER + length;
    let blocks = (bad / BLOCK + 1..).map(|block| block * BLOCK).take_while(|at| *at < bytes.len());
    std::iter::once(named).chain(blocks).any(|at| at > bad && at < bytes.len() && is_record(bytes, at))
}

/// The offset after the valid record or the padding at `at`. `None` for anything else.
fn next(bytes: &[u8], at: usize) -> Option<usize> {
    let block_end = (at / BLOCK + 1) * BLOCK;
    if block_end - at < HEADER {
        let filling = &bytes[at..block_end.min(bytes.len())];
        return filling.iter().all(|byte| *byte == 0).then_some(block_end.min(bytes.len()));
    }
    is_record(bytes, at).then(|| at + HEADER + usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]])))
}

fn is_record(bytes: &[u8], at: usize) -> bool {
    let block_end = ((at / BLOCK + 1) * BLOCK).min(bytes.len());
    let Some((header, rest)) = bytes[at..block_end].split_first_chunk::<HEADER>() else { return false };
    let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
    if rest.len() < length || !KINDS.contains(&header[6]) {
        return false;
    }
    let masked = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    // crc32c::Unmask of RocksDB's util/crc32c.h.
    let stored = masked.wrapping_sub(0xa282_ead8).rotate_left(15);
    crc32c::crc32c(&bytes[at + 6..at + HEADER + length]) == stored
}

#[cfg(test)]
mod tests {
    use rocksdb::{DB, WriteBatch, WriteOptions};

    use super::*;
    use crate::storage::options;

    /// Three synced writes, in a log that was not flushed.
    fn written(folder: &Path) -> (PathBuf, Vec<u8>) {
        let db = DB::open(&options::log(), folder).expect("opened");
        for number in 0..3u8 {
            let mut batch = WriteBatch::default();
            batch.put([number], vec![number; 20_000]);
            let mut how = WriteOptions::default();
            how.set_sync(true);
            db.write_opt(&batch, &how).expect("written");
        }
        drop(db);
        let logs = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let log = logs.filter(|path| path.extension().is_some_and(|e| e == "log")).max().expect("a log");
        let bytes = fs::read(&log).expect("bytes");
        (log, bytes)
    }

    fn keys(folder: &Path) -> usize {
        let db = DB::open(&options::log(), folder).expect("opened");
        db.iterator(rocksdb::IteratorMode::Start).filter(|item| item.as_ref().is_ok_and(|(key, _)| key.len() == 1)).count()
    }

    #[test]
    fn any_torn_end_is_cut_off() {
        // Kind 5 belongs to recycled logs: RocksDB would loop forever.
        let hanging = [&[0; 6][..], &[5], &[7; 40]].concat();
        for end in [vec![0; 600], vec![0xa5; 600], hanging, vec![1, 2, 3]] {
            let folder = tempfile::tempdir().expect("a folder");
            let (log, bytes) = written(folder.path());
            fs::write(&log, [bytes.as_slice(), &end].concat()).expect("written");
            cut_torn_end(folder.path()).expect("repaired");
            assert_eq!(fs::read(&log).expect("bytes"), bytes, "an end of {} bytes", end.len());
            assert_eq!(keys(folder.path()), 3);
        }
    }

    #[test]
    fn half_a_record_is_cut_off_and_damage_before_the_end_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, bytes) = written(folder.path());
        assert_eq!(good_bytes(&bytes), bytes.len(), "the log is intact");
        for at in [20, 10_000, 30_000] {
            let mut rotten = bytes.clone();
            rotten[at] ^= 4;
            fs::write(&log, &rotten).expect("written");
            assert_eq!(cut_torn_end(folder.path()).expect_err("damaged").kind(), io::ErrorKind::InvalidData, "byte {at}");
        }
        fs::write(&log, &bytes[..bytes.len() - 100]).expect("written");
        cut_torn_end(folder.path()).expect("repaired");
        assert_eq!(keys(folder.path()), 2);
    }
}
