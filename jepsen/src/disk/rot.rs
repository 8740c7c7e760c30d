//! Bit rot: one bit of a stopped node's files, flipped, and flipped back.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::rewind::files_below;
use crate::rng::Rng;

/// What a file of a data folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RocksDB's write-ahead logs, of the Raft log (`log/*.log`) and of the rows (`rows/*.log`).
    Wal,
    /// RocksDB's tables, in `log` and `rows`.
    Sst,
    /// All below `snapshots`.
    Snapshot,
    /// RocksDB's manifests.
    Manifest,
    /// The rest: FORMAT, signing.key, CURRENT, IDENTITY, OPTIONS. Not the logs for people (LOG), nor LOCK.
    Small,
}

/// A bit that was flipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The file.
    pub path: PathBuf,
    /// The byte in it.
    pub offset: u64,
    /// The bit of that byte, 0 the lowest.
    pub bit: u8,
}

/// The files of a kind in a node's data folder that have anything in them, in the order of their names.
pub fn files(data: &Path, kind: Kind) -> io::Result<Vec<PathBuf>> {
    let mut files = files_below(data)?;
    files.retain(|path| path.strip_prefix(data).is_ok_and(|path| kind_of(path) == Some(kind)));
    files.retain(|path| written_bytes(path).is_ok_and(|bytes| bytes > 0));
    Ok(files)
}

/// Flips a random bit of what is written of a file; the zeros at the end of a preallocated one are not.
pub fn flip(path: &Path, rng: &mut Rng) -> anyhow::Result<Flip> {
    let written = written_bytes(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(written > 0, "{} has nothing that could rot", path.display());
    let flip = Flip { path: path.to_owned(), offset: rng.below(written), bit: rng.below(8) as u8 };
    undo(&flip)?;
    Ok(flip)
}

/// Flips it back.
pub fn undo(flip: &Flip) -> anyhow::Result<()> {
    let change = || {
        let file = File::options().read(true).write(true).open(&flip.path)?;
        let mut byte = [0];
        file.read_exact_at(&mut byte, flip.offset)?;
        file.write_all_at(&[byte[0] ^ (1 << flip.bit)], flip.offset)
    };
    change().with_context(|| format!("cannot flip a bit of {}", flip.path.display()))
}

/// What a file is for, by its path within the data folder.
fn kind_of(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_string_lossy();
    if path.starts_with("snapshots") {
        return Some(Kind::Snapshot);
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("log") => Some(Kind::Wal),
        Some("sst") => Some(Kind::Sst),
        _ if name.starts_with("MANIFEST") => Some(Kind::Manifest),
        _ if name == "LOCK" || name == "LOG" || name.starts_with("LOG.old") => None,
        _ => Some(Kind::Small),
    }
}

/// The length of a file without the zeros at its end.
fn written_bytes(path: &Path) -> io::Result<u64> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; 1 << 20]);
    let (mut read, mut written) = (0, 0);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(written);
        }
        if let Some(last) = buffer[..length].iter().rposition(|byte| *byte != 0) {
            written = read + last as u64 + 1;
        }
        read += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_place() {
        let table = [
            ("log/000012.log", Some(Kind::Wal)),
            ("rows/000013.sst", Some(Kind::Sst)),
            ("rows/MANIFEST-000005", Some(Kind::Manifest)),
            ("snapshots/shard-0/00000000000000000009/000013.sst", Some(Kind::Snapshot)),
            ("snapshots/shard-0/00000000000000000009/MANIFEST", Some(Kind::Snapshot)),
            ("FORMAT", Some(Kind::Small)),
            ("signing.key", Some(Kind::Small)),
            ("log/CURRENT", Some(Kind::Small)),
            ("rows/OPTIONS-000007", Some(Kind::Small)),
            ("log/LOG", None),
            ("log/LOG.old.1764066000000000", None),
            ("rows/LOCK", None),
        ];
        for (path, kind) in table {
            assert_eq!(kind_of(Path::new(path)), kind, "{path}");
        }
    }

    #[test]
    fn a_flip_is_in_what_was_written_and_can_be_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("000001.log");
        let before = [b"records".to_vec(), vec![0; 100_000]].concat();
        std::fs::write(&path, &before).unwrap();
        assert_eq!(files(folder.path(), Kind::Wal).unwrap(), std::slice::from_ref(&path));
        for seed in 0..50 {
            let flipped = flip(&path, &mut Rng::new(seed, 0)).unwrap();
            assert!(flipped.offset < 7 && std::fs::read(&path).unwrap() != before);
            undo(&flipped).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }
}
