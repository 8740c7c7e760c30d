//! Bit rot: flips one bit in a stopped node's files, and flips it back.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::rewind::files_below;
use crate::rng::Rng;

/// The kind of a file in a data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RocksDB's write-ahead logs, of the Raft log (`log/*.log`) and of the rows (`rows/*.log`).
    Wal,
    /// RocksDB's sorted tables, in `log` and `rows`.
    Sst,
    /// All files below `snapshots`.
    Snapshot,
    /// RocksDB's manifests.
    Manifest,
    /// The other files: FORMAT, signing.key, CURRENT, IDENTITY, OPTIONS; but not RocksDB's text logs (LOG) and LOCK.
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

/// The files of a kind in a node's data folder that have a byte other than zero, in the order of their names.
pub fn files(data: &Path, kind: Kind) -> io::Result<Vec<PathBuf>> {
    let mut files = files_below(data)?;
    files.retain(|path| path.strip_prefix(data).is_ok_and(|path| kind_of(path) == Some(kind)));
    files.retain(|path| written_bytes(path).is_ok_and(|bytes| bytes > 0));
    Ok(files)
}

/// Flips a random bit in the written part of a file. The zeros at the end of a preallocated file are not part of it.
pub fn flip(path: &Path, rng: &mut Rng) -> anyhow::Result<Flip> {
    let written = written_bytes(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(written > 0, "cannot flip a bit in {}: nothing was written to it", path.display());
    let flip = Flip { path: path.to_owned(), offset: rng.below(written), bit: rng.below(8) as u8 };
    undo(&flip)?;
    Ok(flip)
}

/// Flips a bit back.
pub fn undo(flip: &Flip) -> anyhow::Result<()> {
    let change = || {
        let file = File::options().read(true).write(true).open(&flip.path)?;
        let mut byte = [0];
        file.read_exact_at(&mut byte, flip.offset)?;
        file.write_all_at(&[byte[0] ^ (1 << flip.bit)], flip.offset)
    };
    change().with_context(|| format!("cannot flip a bit in {}", flip.path.display()))
}

/// The kind of a file, from its path within the data folder.
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
    fn the_path_of_a_file_decides_its_kind() {
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
    fn a_flip_is_in_the_written_part_and_can_be_undone() {
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
