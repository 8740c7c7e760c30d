//! The disk of a node: the only room that knows RocksDB.
//!
//! ```text
//! <data>/FORMAT      whose folder this is
//! <data>/signing.key the seed of the keys that sign checkpoints; never in a snapshot
//! <data>/DIVERGED    only where a shard was found to differ: the folder is not opened again
//! <data>/SUSPECT     only after damage was met: everything is verified before the folder is opened again
//! <data>/RETURNING   only while this node, with a new folder, asks the others to take it in anew
//! <data>/set-aside/  what was put aside because it was damaged
//! <data>/log.synced  how far the log was synced: what is missing behind it is damage, not a torn tail
//! <data>/log/        every group's Raft log and votes; one WAL, one fsync for all groups
//! <data>/rows/       what apply wrote; a column family per shard; no WAL, the Raft log is its WAL
//! <data>/snapshots/  exported column families
//! ```

mod current;
mod export;
mod folder;
mod log_db;
mod options;
mod overlay;
mod rows_db;
mod synced;
mod view;
mod wal;

pub use export::{MANIFEST, SnapshotDir};
pub use folder::{DataFolder, FolderError, mark_diverged, mark_suspect};
pub use log_db::{LogDb, LogWrite, Slot};
pub use overlay::Overlay;
pub use rows_db::{RowsDb, WriteSet, put_leaf};
pub use view::View;

use std::io;

use sha2::{Digest, Sha256};

/// RocksDB's errors are IO errors to everyone else; what is damaged is `InvalidData`.
fn io_error(cause: rocksdb::Error) -> io::Error {
    let kind = match cause.kind() {
        rocksdb::ErrorKind::Corruption => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, cause.into_string())
}

type Item = Result<(Box<[u8]>, Box<[u8]>), rocksdb::Error>;

/// Counts what an iterator gives, and hashes it.
fn digest(items: impl Iterator<Item = Item>) -> io::Result<(u64, [u8; 32])> {
    let (mut count, mut sum) = (0, Sha256::new());
    for item in items {
        let (key, value) = item.map_err(io_error)?;
        for part in [&key, &value] {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        count += 1;
    }
    Ok((count, sum.finalize().into()))
}

/// Data that are there and are not what was written.
fn damaged(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
