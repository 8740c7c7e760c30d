//! The receipts' log of each shard: its tree, the replicas' signatures, the checkpoints that have enough.
//!
//! `apply` appends a leaf for each booking event; [`Tree`] hashes it, and what it completes is written in the same
//! batch as the rows. After its own apply each replica can sign its own root ([`Signer`]). The leader asks
//! for signatures in rounds ([`cosign`]), and a head that a majority signed becomes a checkpoint
//! ([`Published`]), which every node is told of and serves receipts under ([`ReceiptLog`]).
//!
//! Invariants:
//! - a replica signs a root only after it computed it itself, and writes down what it signs, outside
//!   snapshots, before the signature leaves it; it never signs a smaller tree than it signed before, nor
//!   another root at the same size;
//! - two roots at one size mean that a replica is not a replica: whoever is alone with its root stops.

pub mod cosign;
mod error;
mod heads;
mod keys;
mod log;
mod nodes;
mod peers;
mod published;
mod rounds;
mod signer;
mod tree;
#[cfg(test)]
mod tree_tests;

pub use error::SignRefusal;
pub use heads::Heads;
pub use keys::NodeKeys;
pub use log::{Covered, Proof, ReceiptLog};
pub use nodes::StoredNodes;
pub use published::{CheckpointNote, Published};
pub use signer::Signer;
pub use tree::Tree;

/// A shard's tree at one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// The root hash.
    pub root: keyrack_merkle::Hash,
}

/// The log's name: what its checkpoints begin with.
pub fn origin(cluster: &str, shard: u32) -> String {
    format!("{cluster}/shard-{shard}")
}

/// A replica's name as a cosigner.
pub fn cosigner_name(cluster: &str, node: u64) -> String {
    format!("{cluster}/node-{node}")
}
