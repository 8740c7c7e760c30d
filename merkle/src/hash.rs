//! The three hashes of an RFC 6962 tree (section 2.1): of a leaf, of a pair of nodes, and of an empty tree.

use alloc::string::String;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of a subtree or of a whole tree.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256 over the byte 0 and the leaf's data.
///
/// The prefix ensures that a leaf's hash is never also the hash of a pair of nodes.
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The hash of two neighbouring subtrees: SHA-256 over the byte 1, the left hash and the right hash.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut pair = [1; 65];
    pair[1..33].copy_from_slice(left);
    pair[33..].copy_from_slice(right);
    Sha256::digest(pair).into()
}

/// The root of a tree without leaves: SHA-256 of the empty string.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// A hash as all text formats of this crate write it: 44 characters of padded standard base64 (RFC 4648, section 4).
pub fn encode_hash(hash: &Hash) -> String {
    Base64::encode_string(hash)
}

/// Reads the output of [`encode_hash`]; `None` for any other text, also for other base64 of the same bytes.
pub fn decode_hash(text: &str) -> Option<Hash> {
    // 44 characters can encode 33 bytes, one more than a hash has.
    Base64::decode(text, &mut [0; 33]).ok()?.try_into().ok()
}
