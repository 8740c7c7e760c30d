//! Raft: the only folder that knows openraft.
//!
//! Each shard is one [`Group`], an openraft instance over the node's shared log database and the shard's column family. The
//! rest of the crate writes encoded batches and gets outcomes ([`Replica::write`]), asks for a read index
//! ([`Replica::read_index`]), answers other nodes (`answers.rs`, after `checks.rs`) and reads numbers ([`Status`]). Start with `group.rs` and
//! `replica.rs`.
//!
//! A [`Replica`] is generic over its state machine, its disk and its network. A node uses RocksDB and gRPC. The simulation
//! (`jepsen/src/sim`) has a disk and a network in memory. All other code is the same.
//!
//! Invariants:
//! - an entry is acknowledged only after it and everything before it is synced (`log_store.rs`);
//! - a vote is on the disk before any other node receives it;
//! - a leader answers a linearizable read only after it has asked the members for their votes, and a majority has not voted
//!   for a later leader (ADR 14);
//! - a leader that restarts is elected again before it leads (ADR 13);
//! - nothing of a peer's message is stored before it is checked against the peer's certificate (`checks.rs`);
//! - a node follows only a leader that a majority voted for (`majority.rs`); an answer can only teach it a later term (`heard.rs`);
//! - a membership takes a vote from a node only if that node says that it has other data (`member_changes.rs`);
//! - a snapshot replaces rows only if another member says that the log does not help any more (`snapshot_need.rs`);
//! - the log is purged only up to the position of a snapshot.
//!
//! openraft is an alpha version, pinned exactly. ADR 13 and ADR 14 describe its faults and our workarounds.

mod answers;
pub mod append_parts;
mod checks;
mod compaction;
mod connection;
mod doubts;
mod floor;
mod group;
mod group_config;
pub mod heard;
mod log_store;
mod majority;
mod member_changes;
mod membership;
mod receive_alone;
mod receive_snapshot;
mod replica;
mod runtime;
mod send_snapshot;
mod settings;
mod snapshot;
mod snapshot_contents;
mod snapshot_need;
mod state_machine;
mod status;
#[cfg(test)]
mod storage_suite;
mod transfers;
mod types;
pub mod wire;

pub use doubts::Doubts;
pub use group::{Group, GroupData};
pub use group_config::GroupConfig;
pub use log_store::LogStore;
pub use majority::UNCONFIRMED;
pub use replica::{Machine, Replica, WriteError};
pub use runtime::Runtime;
pub use settings::raft_config;
pub use snapshot::BUILDING;
pub use status::Status;
pub use types::{Entry, EntryPayload, LogId, Membership, Payload, SnapshotMeta, StoredMembership, Types, Vote};
