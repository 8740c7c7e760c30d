//! The disk of a node: the only folder that knows RocksDB.
//!
//! A node has two databases. [`LogDb`] keeps every group's Raft log and votes: one thread writes it, with one fsync for all
//! that was queued. [`RowsDb`] keeps what apply wrote, without a write-ahead log: after a crash Raft applies again what is
//! missing. [`Overlay`] is what apply works on, [`View`] what readers look at, [`SnapshotDir`] a shard as files, and
//! [`DataFolder`] says whose folder it is. Start with `log_db.rs` and `rows_db.rs`.
//!
//! Invariants:
//! - what was acknowledged is synced; what is damaged is noticed before it is used (`InvalidData`), never cut off in silence;
//! - a batch of rows and the position it leads to are one write;
//! - a folder is opened by its own node of its own cluster, or not at all.
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
mod digest;
mod error;
mod export;
mod family;
mod folder;
mod log_db;
mod log_disk;
mod options;
mod overlay;
mod rows_db;
mod synced;
mod view;
mod wal;

pub use export::{MANIFEST, SnapshotDir};
pub use folder::{DataFolder, FolderError, mark_diverged, mark_suspect};
pub use log_db::LogDb;
pub use log_disk::{LogDisk, LogWrite, Slot, Written};
pub use overlay::Overlay;
pub use rows_db::{RowsDb, WriteSet, put_leaf};
pub use view::View;
