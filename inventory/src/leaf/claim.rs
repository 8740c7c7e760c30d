//! Claims: the values that a leaf contains as salted digests, and the disclosure of a single one.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::Lookup;
use crate::cbor::Writer;

/// A SHA-256 digest.
pub type Digest = [u8; 32];
/// 128 random bits.
pub type Salt = [u8; 16];

/// The number of digests in every leaf. It is constant, so that it reveals nothing.
pub const LEAF_DIGESTS: usize = 8;
/// The number of those that the edge makes, because only the edge reads guest data: name, email, phone and decoys.
pub const GUEST_DIGESTS: usize = 5;

/// The random secrets that the edge draws for the leaves of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LeafSeeds {
    /// [`GUEST_DIGESTS`] digests of guest data; empty if there is no guest or the guest does not change.
    pub guest: Vec<Digest>,
    /// Salts for the claims that are known only once the booking is decided.
    pub salts: TermSalts,
    /// See [`crate::GuestSecrets::lookups`].
    pub lookups: Vec<Lookup>,
}

/// Secrets of the claims that [`crate::apply`] makes. A claim's salt is derived from its secret and the booking's
/// revision, so that a disclosure for one leaf reveals nothing about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TermSalts {
    /// The secret of `price`, the total such as `360.00 EUR`.
    pub price: Salt,
    /// The secret of `channelRef`, the seller's own reference.
    pub channel_ref: Salt,
    /// The secret of `unit`, the assigned room.
    pub unit: Salt,
}

/// One disclosed claim. Anyone can find its digest in the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The salt that kept it secret.
    pub salt: Salt,
    /// The value.
    pub value: String,
    /// The claim's name: `guest.name`, `guest.email`, `guest.phone`, `price`, `channelRef` or `unit`.
    pub name: String,
}

impl Disclosure {
    /// The claim's digest in the leaf.
    pub fn digest(&self) -> Digest {
        claim_digest(&self.salt, &self.value, &self.name)
    }
}

/// SHA-256 over the CBOR array `[salt, value, name]`.
pub fn claim_digest(salt: &Salt, value: &str, name: &str) -> Digest {
    let mut claim = Writer::with_capacity(96);
    claim.array(3);
    claim.bytes(salt);
    claim.text(value);
    claim.text(name);
    Sha256::digest(claim.into_bytes()).into()
}
