//! Why bytes are no leaf.

use crate::cbor::CborError;

/// Why bytes are no leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafError {
    /// Not what the format says.
    Malformed(&'static str),
    /// Of a version that this code does not know.
    Version(u64),
    /// The same could be said in fewer or other bytes: only one encoding is accepted.
    NotCanonical,
}

impl core::fmt::Display for LeafError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            LeafError::Malformed(what) => write!(f, "not a leaf: {what}"),
            LeafError::Version(version) => write!(f, "a leaf of version {version}, which is not known here"),
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
