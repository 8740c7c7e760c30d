//! What a node keeps of its rows across a crash.

use bytes::Bytes;
use keyrack_cluster::simulated::SnapshotMeta;
use keyrack_inventory::MemRows;
use keyrack_merkle::Frontier;

/// The only shard there is.
pub const SHARD: u32 = 1;

/// A snapshot's rows.
pub type SnapshotBytes = Bytes;
/// A snapshot as it is kept.
pub type Kept = (SnapshotMeta, SnapshotBytes);

/// The rows with the position they are at, as they are kept.
#[derive(Clone, Default)]
pub struct Saved {
    pub rows: MemRows,
    pub tree: Frontier,
    pub position: SnapshotMeta,
}
