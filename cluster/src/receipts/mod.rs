//! The receipts' log of each shard: its tree, this replica's signatures, the checkpoints that have enough of them.
//!
//! `apply` appends a leaf for each booking event. [`Tree`] hashes it, and what it completes is written in the same batch as
//! the rows. After its own apply each replica can sign its own root ([`Signer`]). `cosigning/` gathers signatures: a head that
//! a majority signed becomes a checkpoint ([`Published`]). [`ReceiptLog`] serves receipts, proofs and tiles. Start with
//! `tree.rs` and `log.rs`.
//!
//! Invariants:
//! - a replica signs a root only after it computed it itself, and writes down what it signs, outside snapshots, before the
//!   signature leaves it; it never signs a smaller tree than it signed before, nor another root at the same size;
//! - a checkpoint is served only to those whom this node has caught up for, and never a smaller one than before;
//! - a proof that would not verify is not served.

mod error;
mod head;
mod heads;
mod keys;
mod log;
mod nodes;
mod published;
mod signer;
mod tree;
#[cfg(test)]
mod tree_tests;

pub use error::SignRefusal;
pub use head::{Head, origin};
pub use heads::Heads;
pub use keys::{NodeKeys, verifiers};
pub use log::{Covered, Proof, ReceiptLog};
pub use nodes::StoredNodes;
pub use published::{CheckpointNote, Published};
pub use signer::Signer;
pub use tree::Tree;
