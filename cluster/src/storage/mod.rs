//! The disk of a node: the only folder that knows RocksDB.
//!
//! A node has two databases. [`LogDb`] has every group's Raft log and votes: one thread writes all queued writes with one
//! fsync. [`RowsDb`] has the rows that apply wrote, without a write-ahead log: after a crash Raft applies the missing entries
//! again. Apply works on an [`Overlay`], readers on a [`View`]. A [`SnapshotDir`] is a shard as files. [`DataFolder`] checks
//! which node a folder belongs to. Start with `log_db.rs` and `rows_db.rs`.
//!
//! Invariants:
//! - every acknowledged write is synced;
//! - damage is detected before the data are used (`InvalidData`), and damaged data are never dropped silently;
//! - a batch of rows and its applied position are one write;
//! - a folder is opened only by its own node of its own cluster.
//!
//! ```text
//! <data>/FORMAT      the folder's format, cluster, node and incarnation
//! <data>/signing.key the seed of the keys that sign checkpoints; never in a snapshot
//! <data>/DIVERGED    exists after a shard diverged: the folder is not opened again
//! <data>/SUSPECT     exists after damage was found: the next start verifies all data
//! <data>/RETURNING   exists while this node, with a new folder, asks the other nodes to let it rejoin
//! <data>/PLACE       shows whether the folder is a copy
//! <data>/COPIED      exists while it is not decided what happens with a copy
//! <data>/RESTORED    exists after all nodes used copies, until all of them have decided so
//! <data>/LOCK        held by the running node
//! <data>/set-aside/  data that were set aside because they were damaged, in set-aside/1, set-aside/2 and so on
//! <data>/log.synced  how far the log was synced: a log that ends before that is damaged, not torn
//! <data>/log/        every group's Raft log and votes; one WAL, one fsync for all groups
//! <data>/rows/       the rows that apply wrote; a column family per shard; no WAL, the Raft log is its WAL
//! <data>/snapshots/  exported column families
//! ```

mod copy_marks;
mod current;
mod digest;
mod disk_pace;
mod durable;
mod error;
mod export;
mod family;
mod folder;
mod folder_error;
mod key_mark;
mod log_db;
mod log_disk;
mod newest;
mod options;
mod overlay;
mod place;
mod rows_db;
mod set_aside;
mod synced;
mod view;
mod wal;

pub use export::{MANIFEST, SnapshotDir, check_files};
pub use folder::{DataFolder, mark_diverged, mark_suspect};
pub use folder_error::FolderError;
pub use log_db::LogDb;
pub use log_disk::{LogDisk, LogWrite, Slot, Written};
pub use overlay::Overlay;
pub use place::Origin;
pub use rows_db::{RowsDb, WriteSet, put_leaf};
pub use view::View;
