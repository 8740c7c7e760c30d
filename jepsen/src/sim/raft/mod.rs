//! The cluster's own replica over a simulated disk, network and clock, with rows in memory.
//!
//! Codec, log store, settings, decisions, the leader's work, a replica's answers, the batcher and the read gate come unchanged
//! from `keyrack_cluster::simulated`. Only two parts differ from a real node and are here: the state machine (`machine.rs`,
//! `snapshot.rs`) and the calls to other nodes (`links.rs`). The disk is in `disk.rs`. Start with `machine.rs`.
//!
//! Invariants, as over RocksDB without a write-ahead log: a crash takes the rows back to the last flush; a snapshot is stored
//! only after its rows are durable.

mod digested_rows;
mod links;
mod machine;
mod snapshot;

pub use links::{Links, Network};
pub use machine::{Raft, Shared, StateMachine};
pub use snapshot::meta_and_rows;
