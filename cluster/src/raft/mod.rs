//! Raft: the only folder that knows openraft.
//!
//! Each shard is one [`Group`], an openraft instance over the node's shared log database and the shard's column family. The
//! rest of the crate sees bytes in and outcomes out ([`Replica::write`]), a read index ([`Replica::read_index`]), what to
//! answer to other nodes (`answers.rs`) and numbers ([`Status`]). Start with `group.rs` and `replica.rs`.
//!
//! A [`Replica`] is generic over its state machine, its disk and its network. A node has RocksDB and gRPC there, the
//! simulation (`jepsen/src/sim`) has both in memory; everything above and between is the same code.
//!
//! Invariants:
//! - an entry is acknowledged only after it and everything before it is synced (`log_store.rs`);
//! - a vote is on the disk before anybody is told of it;
//! - a leader answers a linearizable read only after a majority, asked now, has voted for nobody after it (ADR 14);
//! - a leader that restarts is elected again before it leads (ADR 13);
//! - the log is purged only below what a snapshot has.
//!
//! openraft is an alpha, pinned exactly. What we found wrong in it and work around is in ADR 13 and ADR 14.

mod answers;
mod compaction;
mod connection;
mod group;
mod group_config;
mod log_store;
mod membership;
mod receive_snapshot;
mod replica;
mod runtime;
mod send_snapshot;
mod settings;
mod snapshot;
mod state_machine;
mod status;
#[cfg(test)]
mod storage_suite;
mod types;
pub mod wire;

pub use group::Group;
pub use group_config::GroupConfig;
pub use log_store::LogStore;
pub use replica::{Machine, Replica, WriteError};
pub use runtime::Runtime;
pub use settings::raft_config;
pub use snapshot::BUILDING;
pub use status::Status;
pub use types::{Entry, EntryPayload, LogId, Membership, Payload, SnapshotMeta, StoredMembership, Types, Vote};
