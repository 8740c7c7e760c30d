//! The cluster's own replica over what is simulated: a disk, a network, a clock and rows in memory.
//!
//! Codec, log store, settings, decisions, what a leader does, what a replica answers, the batcher and the read gate come from
//! `keyrack_cluster::simulated` as they are. Here are only the two ends that a node has differently: the state machine
//! (`machine.rs`, `snapshot.rs`) and the calls to other nodes (`links.rs`). The disk is in `disk.rs`.
//! Start with `machine.rs`.
//!
//! Invariants, as over RocksDB without a write-ahead log: rows are durable only as of the last flush, and a crash brings back
//! those; a snapshot is kept only after its rows are.

mod digested_rows;
mod links;
mod machine;
mod snapshot;

pub use links::{Links, Network};
pub use machine::{Raft, Shared, StateMachine};
pub use snapshot::meta_and_rows;
