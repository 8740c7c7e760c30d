//! The rows that a node keeps across a crash.

use bytes::Bytes;
use keyrack_cluster::simulated::SnapshotMeta;
use keyrack_inventory::MemRows;
use keyrack_merkle::Frontier;

/// The simulation's only shard.
pub const SHARD: u32 = 1;

/// The encoded rows of a snapshot.
pub type SnapshotBytes = Bytes;
/// A snapshot, as a disk keeps it.
pub type Kept = (SnapshotMeta, SnapshotBytes);

/// Rows and their log position, as a disk keeps them.
#[derive(Clone, Default)]
pub struct Saved {
    pub rows: MemRows,
    pub tree: Frontier,
    pub position: SnapshotMeta,
}
