//! A shard's tree at one size, and the names in its signatures.

use keyrack_merkle::Hash;

/// A shard's tree at one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of leaves.
    pub size: u64,
    /// The root hash.
    pub root: Hash,
}

/// The log's name, the first line of its checkpoints.
pub fn origin(cluster: &str, shard: u32) -> String {
    format!("{cluster}/shard-{shard}")
}

/// A replica's name as a cosigner.
pub fn cosigner_name(cluster: &str, node: u64) -> String {
    format!("{cluster}/node-{node}")
}
