//! Claims: what a leaf hides behind salted digests, and how one of them is shown.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::cbor::Writer;

/// A SHA-256 digest.
pub type Digest = [u8; 32];
/// 128 random bits.
pub type Salt = [u8; 16];

/// Digests in every leaf. Always as many, so that their number tells nothing.
pub const LEAF_DIGESTS: usize = 8;
/// Those that the edge makes, which alone reads guest data: name, email, phone and decoys.
pub const GUEST_DIGESTS: usize = 5;

/// What the edge draws for the leaves of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LeafSeeds {
    /// [`GUEST_DIGESTS`] digests of guest data; none where there is no guest, or the guest stays as it was.
    pub guest: Vec<Digest>,
    /// For the claims that are only known once the booking is decided.
    pub salts: TermSalts,
}

/// Secrets of the claims that [`crate::apply`] makes; a claim's salt comes from its secret and the booking's revision,
/// so that showing it for one leaf tells nothing about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TermSalts {
    /// Of `price`, the total such as `360.00 EUR`.
    pub price: Salt,
    /// Of `channelRef`, the seller's own reference.
    pub channel_ref: Salt,
    /// Of `unit`, the room that was assigned.
    pub unit: Salt,
}

/// One claim, shown: anyone can find its digest in the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// What kept it secret.
    pub salt: Salt,
    /// What is claimed.
    pub value: String,
    /// Of what: `guest.name`, `guest.email`, `guest.phone`, `price`, `channelRef`, `unit`.
    pub name: String,
}

impl Disclosure {
    /// The digest that stands in the leaf.
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
