//! Why bytes are not a valid leaf.

use crate::cbor::CborError;

/// Why bytes are not a valid leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafError {
    /// They do not have the format of a leaf.
    Malformed(&'static str),
    /// The version is unknown.
    Version(u64),
    /// They are not the one deterministic encoding of the leaf.
    NotCanonical,
}

impl core::fmt::Display for LeafError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            LeafError::Malformed(what) => write!(f, "not a leaf: {what}"),
            LeafError::Version(version) => write!(f, "unknown leaf version {version}"),
            LeafError::NotCanonical => write!(f, "not the deterministic encoding of a leaf"),
        }
    }
}

impl core::error::Error for LeafError {}

impl From<CborError> for LeafError {
    fn from(error: CborError) -> Self {
        LeafError::Malformed(error.0)
    }
}
