//! The disk of a node: the only room that knows RocksDB.
//!
//! ```text
//! <data>/FORMAT      whose folder this is
//! <data>/signing.key the seed of the keys that sign checkpoints; never in a snapshot
//! <data>/DIVERGED    only where a shard was found to differ: the folder is not opened again
//! <data>/log/        every group's Raft log and votes; one WAL, one fsync for all groups
//! <data>/rows/       what apply wrote; a column family per shard; no WAL, the Raft log is its WAL
//! <data>/snapshots/  exported column families
//! ```

mod export;
mod folder;
mod log_db;
mod options;
mod overlay;
mod rows_db;
mod view;

pub use export::{MANIFEST, SnapshotDir};
pub use folder::{DataFolder, FolderError, mark_diverged};
pub use log_db::{LogDb, LogWrite, Slot};
pub use overlay::Overlay;
pub use rows_db::{RowsDb, WriteSet, put_leaf};
pub use view::View;

use std::io;

/// RocksDB's errors are IO errors to everyone else.
fn io_error(cause: rocksdb::Error) -> io::Error {
    io::Error::other(cause.into_string())
}
