//! The replicated core of Keyrack: Raft groups over RocksDB, and the way of a command through them.
//!
//! A [`Cluster`] is one node's part of a cluster. [`Cluster::propose`] takes a command to its shard's
//! leader (forwarding at most once at a time), where a batcher makes many commands one Raft
//! entry; every replica applies it with `keyrack_inventory::apply`. [`Cluster::read`] reads a consistent
//! view after a ReadIndex round. It knows no HTTP, no JSON and no guest.

mod admission;
mod batcher;
mod cluster;
mod config;
mod damage;
mod directory;
mod divergence;
mod error;
#[cfg(test)]
mod fencing;
mod inspect;
mod log_clock;
mod member;
mod principals;
mod raft;
mod reads;
mod receipts;
mod replacements;
mod scrub;
mod start;
mod storage;
#[cfg(test)]
mod tampered_rows;
mod tasks;
#[cfg(test)]
mod three_nodes;
mod tls;
mod usage;

/// What this crate's benchmarks measure; not for others.
#[doc(hidden)]
pub mod measured {
    pub use crate::receipts::{Heads, StoredNodes, Tree};
    pub use crate::storage::{RowsDb, put_leaf};
}

pub use cluster::{AsOf, Cluster, Committed, Consistency};
pub use config::{ClusterConfig, Fresh, PeerConfig};
pub use directory::{ApiKey, Placement, Principal, Principals};
pub use error::{ClusterError, StartError};
pub use inspect::{Contents, inspect};
pub use member::Member;
pub use principals::{Change, ChangeRefused};
pub use raft::{GroupConfig, Status};
pub use receipts::{CheckpointNote, Covered, Proof, ReceiptLog};
pub use storage::{FolderError, View};
pub use tasks::Tasks;
pub use tls::{Credentials, CredentialsError, Identity, IdentityError, IdentityKind, PeerTls, PeerTlsError, handshake_failure};
pub use usage::Used;
