//! The end of RocksDB's write-ahead log, looked at before RocksDB opens it.
//!
//! A power failure may leave the last write torn: half of it, zeros, garbage. RocksDB (11.12) takes garbage there for
//! corruption, and for some bytes never returns: a record of a kind that only recycled logs have is looked at again and again
//! (`Reader::ReadPhysicalRecord`, the `kBadRecord` that consumes nothing). So this looks first. What is bad and has nothing good
//! behind it is a torn end and is cut off; [`super::synced`] then knows whether that was ever synced. What is bad and has
//! good records behind it is damage.
//!
//! The format: blocks of 32 KiB; in each, records of a masked CRC-32C over kind and data (4 bytes), a length (2), a
//! kind (1) and the data, none across blocks; a rest of less than 7 bytes is filled with zeros. All little-endian.
//! (github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format)

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::damaged;

const BLOCK: usize = 32 << 10;
const HEADER: usize = 7;
/// Full, first, middle, last; compression; sizes of timestamps; the log before.
const KINDS: [u8; 7] = [1, 2, 3, 4, 9, 10, 130];

/// Cuts a torn end off the newest log in `folder`.
///
/// # Errors
/// `InvalidData` when anything but the newest log's end is bad.
pub(super) fn mend(folder: &Path) -> io::Result<()> {
    let mut logs: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(cause),
    };
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    // Names are numbers with leading zeros.
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
        tracing::warn!(%name, good, lost = bytes.len() - good, "the log's last write was torn: it is cut off");
        let file = File::options().write(true).open(path)?;
        file.set_len(good as u64)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Where the first bad record begins; the length when there is none.
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

/// Whether a good record begins anywhere behind a bad one: at the place its length names, or at a later block.
fn has_good_record(bytes: &[u8], bad: usize) -> bool {
    let length = bytes.get(bad + 4..bad + 6).map_or(0, |l| usize::from(u16::from_le_bytes([l[0], l[1]])));
    let named = bad + HEADER + length;
    let blocks = (bad / BLOCK + 1..).map(|block| block * BLOCK).take_while(|at| *at < bytes.len());
    std::iter::once(named).chain(blocks).any(|at| at > bad && at < bytes.len() && is_record(bytes, at))
}

/// What follows a good record, or the filling of a block's end; `None` for anything else.
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
    fn a_torn_end_is_cut_off_whatever_it_is() {
        // Kind 5 is a recycled log's: RocksDB itself would hang.
        let hanging = [&[0; 6][..], &[5], &[7; 40]].concat();
        for end in [vec![0; 600], vec![0xa5; 600], hanging, vec![1, 2, 3]] {
            let folder = tempfile::tempdir().expect("a folder");
            let (log, bytes) = written(folder.path());
            fs::write(&log, [bytes.as_slice(), &end].concat()).expect("written");
            mend(folder.path()).expect("mended");
            assert_eq!(fs::read(&log).expect("bytes"), bytes, "an end of {} bytes", end.len());
            assert_eq!(keys(folder.path()), 3);
        }
    }

    #[test]
    fn half_a_record_is_cut_off_and_damage_in_the_middle_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, bytes) = written(folder.path());
        assert_eq!(good_bytes(&bytes), bytes.len(), "the log is good as it was written");
        for at in [20, 10_000, 30_000] {
            let mut rotten = bytes.clone();
            rotten[at] ^= 4;
            fs::write(&log, &rotten).expect("written");
            assert_eq!(mend(folder.path()).expect_err("damaged").kind(), io::ErrorKind::InvalidData, "byte {at}");
        }
        fs::write(&log, &bytes[..bytes.len() - 100]).expect("written");
        mend(folder.path()).expect("mended");
        assert_eq!(keys(folder.path()), 2);
    }
}
