//! The replicated core of Keyrack: Raft groups over RocksDB.
//!
//! A [`ClusterNode`] is one node's part of a cluster. [`ClusterNode::propose`] sends a command to its shard's leader (a command is
//! forwarded at most once at a time). There a batcher combines many commands into one Raft entry, and every replica applies
//! the entry with `keyrack_inventory::apply`. [`ClusterNode::read`] reads a consistent view after a ReadIndex round. [`Feed`]
//! reads the shards' journals. The crate does not depend on HTTP, JSON or guest data.
//!
//! From top to bottom; a file imports only from the lines below its own:
//!
//! | folder or file | contents |
//! |---|---|
//! | `start.rs`, `feed.rs`, `inspect.rs`, `usage.rs`, `principals/` | functions that the edge calls, besides `cluster.rs` |
//! | `cluster.rs` | one node's part of the cluster, as the edge sees it |
//! | `serving/`, `upkeep/`, `membership/` | answers to other nodes; background tasks; cluster membership |
//! | `node.rs` | the parts of this node |
//! | `cosigning/`, `shard/` | signatures of a majority; batching and linearizable reads |
//! | `raft/` | the only folder that uses openraft |
//! | `state/` | applies an entry to the rows |
//! | `receipts/`, `directory/` | the Merkle tree and its checkpoints; properties, principals, fenced nodes |
//! | `peers/` | TLS, admission and calls between nodes |
//! | `storage/` | the disk; the only folder that uses RocksDB |
//!
//! Every file may use these: `error.rs`, `halt.rs` (why this node must stop), `start_progress.rs`,
//! `shared_settings.rs`, `key_prints.rs`, `freshness.rs`, `config.rs`, `tasks.rs`,
//! `clock.rs`, `malformed.rs`, `seldom.rs` (bounds log lines). `open.rs` opens the data folder for `start.rs` and `inspect.rs`.
//!
//! Invariants:
//! - nothing is acknowledged before it is on the disks of a majority and applied here;
//! - a command that may have been proposed is never reported as refused;
//! - all replicas of a shard have the same rows; a replica that differs stops.
//!
//! Start with `cluster.rs` and `start.rs`, then follow a command: `shard/batcher.rs`, `raft/replica.rs`,
//! `raft/state_machine.rs`, `state/shard_state.rs`.

mod clock;
mod cluster;
mod config;
mod cosigning;
mod directory;
mod error;
mod feed;
mod freshness;
mod halt;
mod inspect;
mod key_prints;
mod malformed;
mod membership;
mod node;
mod open;
mod peers;
mod principals;
mod raft;
mod receipts;
mod seldom;
mod serving;
mod shard;
mod shared_settings;
mod start;
mod start_progress;
mod state;
mod storage;
mod tasks;
#[cfg(test)]
mod tests;
mod upkeep;
mod usage;

/// For this crate's benchmarks only.
#[doc(hidden)]
pub mod measured {
    pub use crate::receipts::{Heads, StoredNodes, Tree};
    pub use crate::storage::{RowsDb, put_leaf};
}

/// For the simulation (`jepsen/src/sim`) only, which runs these over its own network, disk and clock.
#[doc(hidden)]
pub mod simulated {
    pub use crate::freshness::Freshness;
    pub use crate::membership::{CopyUse, all_have_decided, decide_on_copy};
    pub use crate::peers::{Call, Member, PeerCalls};
    pub use crate::raft::{
        Doubts, Entry, EntryPayload, LogId, LogStore, Membership, Payload, Replica, Runtime, SnapshotMeta, StoredMembership,
        Types, Vote, WriteError, heard, raft_config, wire,
    };
    pub use crate::shard::{Answer, BatchLimits, Batcher, ReadGate, answer_out};
    pub use crate::state::{Applied, LogClock, decide};
    pub use crate::storage::{LogDisk, LogWrite, Slot, Written};
}

pub use cluster::{AsOf, ClusterNode, Committed, Consistency};
pub use config::{ClusterConfig, FolderSeeds, PeerConfig};
pub use directory::{ApiKey, Placement, Principal, Principals};
pub use error::{ClusterError, StartError};
pub use feed::{Feed, Filter, Line, PageRead, Part, Position};
pub use inspect::{Contents, inspect};
pub use key_prints::KeyPrints;
pub use membership::HandOverError;
pub use peers::tls::{
    Credentials, CredentialsError, Identity, IdentityError, IdentityKind, PeerTls, PeerTlsError, Refusals, Revoked,
    handshake_failure,
};
pub use peers::{Member, Used};
pub use principals::{Change, ChangeRefused};
pub use raft::{GroupConfig, Status};
pub use receipts::{CheckpointNote, Covered, Proof, ReceiptLog};
pub use shard::BatchLimits;
pub use start_progress::{Awaited, StartProgress};
pub use storage::{FolderError, View};
pub use tasks::Tasks;
