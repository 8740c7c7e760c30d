//! The claims of a booking's leaf, and their salted digests.

use alloc::string::String;

use sha2::{Digest as _, Sha256};

use crate::{Booking, Digest, Disclosure, GUEST_DIGESTS, GuestSecrets, LEAF_DIGESTS, Salt, TermSalts};

impl TermSalts {
    /// The claims about a booking's terms. A missing value is claimed as an empty text.
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

/// Whether a leaf has the claims about the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuestDigests {
    Claimed,
    Hidden,
}

/// The sorted digests of a booking's next leaf, which gets this `index`.
pub(crate) fn leaf_digests(
    booking: &Booking,
    secrets: Option<&GuestSecrets>,
    index: u64,
    guest: GuestDigests,
) -> [Digest; LEAF_DIGESTS] {
    let mut digests: [Digest; LEAF_DIGESTS] = core::array::from_fn(|place| filler(booking, index, place));
    if let Some(secrets) = secrets {
        for (place, digest) in digests.iter_mut().take(GUEST_DIGESTS).enumerate() {
            *digest = match secrets.digests.get(place) {
                Some(claimed) if guest == GuestDigests::Claimed => *claimed,
                _ => decoy(&secrets.salts, booking.revision, place),
            };
        }
        for (place, claim) in secrets.salts.claims(booking).iter().enumerate() {
            digests[GUEST_DIGESTS + place] = claim.digest();
        }
    }
    digests.sort_unstable();
    digests
}

/// Fills the place of a missing claim. Without the secret it cannot be distinguished from a claim.
fn decoy(salts: &TermSalts, revision: u32, place: usize) -> Digest {
    let sum = Sha256::new_with_prefix(salts.price).chain_update(revision.to_be_bytes());
    sum.chain_update([place as u8]).finalize().into()
}

/// Fills a place after an erasure. It needs no secret, because the leaf shows the erasure.
fn filler(booking: &Booking, index: u64, place: usize) -> Digest {
    let sum = Sha256::new_with_prefix(b"keyrack filler").chain_update(booking.id.0);
    sum.chain_update(index.to_be_bytes()).chain_update([place as u8]).finalize().into()
}
