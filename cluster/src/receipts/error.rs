//! Why a replica does not sign.

use keyrack_merkle::Hash;

/// Why a replica does not sign a head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignRefusal {
    /// It signed a larger tree before.
    #[error("this replica has signed {signed} leaves and does not go back to {asked}")]
    Backwards {
        /// The size it signed.
        signed: u64,
        /// The size it was asked for.
        asked: u64,
    },
    /// It signed another root at that size before, or its tree no longer has what it signed.
    #[error("this replica has signed another tree of {size} leaves")]
    Sideways {
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
    /// It has not applied that much.
    #[error("this replica has not come to {size} leaves")]
    Behind {
        /// The size.
        size: u64,
    },
    /// Its storage failed.
    #[error("storage: {0}")]
    Storage(String),
}
