//! Claims: what a leaf hides behind salted digests, and how one of them is shown.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use super::cbor::Writer;
use crate::{Booking, GuestSecrets};

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

impl TermSalts {
    /// Stands where nothing is claimed; nobody without the secret can tell it from a claim.
    fn decoy(&self, revision: u32, place: usize) -> Digest {
        let sum = Sha256::new_with_prefix(self.price).chain_update(revision.to_be_bytes());
        sum.chain_update([place as u8]).finalize().into()
    }

    /// The claims about a booking's terms. What is not there is claimed to be empty.
    pub fn claims(&self, booking: &Booking) -> [Disclosure; LEAF_DIGESTS - GUEST_DIGESTS] {
        let price = booking.total().map(|total| {
            let mut text = booking.currency.format_amount(total);
            text.push(' ');
            text.push_str(booking.currency.as_str());
            text
        });
        let claim = |secret: Salt, value: String, name: &str| {
            let salt = salt_of(&secret, booking.revision);
            Disclosure { salt, value, name: name.into() }
        };
        [
            claim(self.price, price.unwrap_or_default(), "price"),
            claim(self.channel_ref, booking.channel_ref.clone(), "channelRef"),
            claim(self.unit, String::new(), "unit"),
        ]
    }
}

/// The first half of SHA-256 over the secret and the revision, big-endian.
fn salt_of(secret: &Salt, revision: u32) -> Salt {
    let sum: Digest = Sha256::new_with_prefix(secret).chain_update(revision.to_be_bytes()).finalize().into();
    let mut salt = Salt::default();
    salt.copy_from_slice(&sum[..size_of::<Salt>()]);
    salt
}

/// The sorted digests of a booking's next leaf, which will have this index.
pub(crate) fn leaf_digests(booking: &Booking, secrets: Option<&GuestSecrets>, index: u64) -> [Digest; LEAF_DIGESTS] {
    let mut digests: [Digest; LEAF_DIGESTS] = core::array::from_fn(|place| filler(booking, index, place));
    if let Some(secrets) = secrets {
        for (place, digest) in digests.iter_mut().take(GUEST_DIGESTS).enumerate() {
            *digest = match secrets.digests.get(place) {
                Some(claimed) => *claimed,
                None => secrets.salts.decoy(booking.revision, place),
            };
        }
        for (place, claim) in secrets.salts.claims(booking).iter().enumerate() {
            digests[GUEST_DIGESTS + place] = claim.digest();
        }
    }
    digests.sort_unstable();
    digests
}

/// Stands where nothing is claimed any more: after an erasure, which the log tells anyway.
fn filler(booking: &Booking, index: u64, place: usize) -> Digest {
    let sum = Sha256::new_with_prefix(b"keyrack filler").chain_update(booking.id.0);
    sum.chain_update(index.to_be_bytes()).chain_update([place as u8]).finalize().into()
}
