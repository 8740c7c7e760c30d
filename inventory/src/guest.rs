//! A guest's data. The edge encrypts it with a key that can be destroyed.

use alloc::vec::Vec;

use crate::{Digest, Lookup, TermSalts};

/// Guest data as the edge encrypted it. This crate cannot read it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sealed {
    /// The ciphertext, nonce first.
    pub ciphertext: Vec<u8>,
    /// The guest's own key, wrapped by the keyring. A command carries it here. It is stored apart from the booking, in
    /// [`GuestSecrets`]; only rows of the first version have it here.
    pub wrapped_key: Vec<u8>,
}

/// The secrets that an erasure destroys. Without them the ciphertext and the digests reveal nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GuestSecrets {
    /// The guest's own key, wrapped by the keyring; empty when there are no guest data.
    pub wrapped_key: Vec<u8>,
    /// Digests of the guest's data, for the leaves of the booking; see [`crate::GUEST_DIGESTS`].
    pub digests: Vec<Digest>,
    /// Salts of the claims about the booking's terms.
    pub salts: TermSalts,
    /// Keyed digests of the guest's name and e-mail, by which callers find the booking.
    pub lookups: Vec<Lookup>,
}
