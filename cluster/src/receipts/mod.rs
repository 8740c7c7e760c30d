//! The receipts log of each shard: its tree, this replica's signatures, and checkpoints that a majority signed.
//!
//! `apply` appends a leaf for each booking event. [`Tree`] hashes it and writes new tiles and the right edge in the same batch as
//! the rows. Then each replica can sign its own root ([`Signer`]). `cosigning/` gathers the signatures. A head that a majority
//! signed becomes a checkpoint ([`Published`]). [`ReceiptLog`] serves receipts, proofs and tiles. Start with `tree.rs` and
//! `log.rs`.
//!
//! Invariants:
//! - a replica signs only roots that it computed itself. It stores a head on disk, outside snapshots, before it sends the
//!   signature. It never signs a smaller tree than before, and never another root at the same size;
//! - a node serves checkpoints only after it has caught up since its start, and never a smaller one than before;
//! - a receipt's proof is verified before it is served.

mod error;
mod head;
mod heads;
mod keys;
mod log;
mod majority;
mod nodes;
mod published;
mod signer;
mod tree;
#[cfg(test)]
mod tree_tests;

pub use error::SignRefusal;
pub use head::{Head, origin};
pub use heads::Heads;
pub use keys::{NodeKeys, are_proven, verifiers};
pub use log::{Covered, Proof, ReceiptLog};
pub use majority::{replica_keys, signed_by_majority};
pub use nodes::StoredNodes;
pub use published::{CheckpointNote, Published};
pub use signer::Signer;
pub use tree::Tree;
