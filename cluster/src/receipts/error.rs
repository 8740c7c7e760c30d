//! Why a replica does not sign.

use keyrack_merkle::Hash;

/// Why a replica does not sign a head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignRefusal {
    /// It signed a larger tree before.
    #[error("this replica signed a tree of {signed} leaves and cannot sign a smaller one of {asked}")]
    SmallerTree {
        /// The size it signed.
        signed: u64,
        /// The size it was asked to sign.
        asked: u64,
    },
    /// It signed another root at that size before, or its tree no longer contains the tree it signed.
    #[error("this replica signed another tree of {size} leaves before")]
    OtherRootSigned {
        /// The size.
        size: u64,
    },
    /// Its own tree has another root at that size.
    #[error("this replica's own tree of {size} leaves has another root")]
    Diverged {
        /// The size.
        size: u64,
        /// Its own root.
        own: Hash,
    },
    /// It has not applied that number of leaves yet.
    #[error("this replica has not applied {size} leaves yet")]
    Behind {
        /// The size.
        size: u64,
    },
    /// Its storage failed.
    #[error("storage: {0}")]
    Storage(String),
}
