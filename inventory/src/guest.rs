//! A guest's data: encrypted by the edge, opened by a key that can be destroyed.

use alloc::vec::Vec;

use crate::{Digest, TermSalts};

/// Guest data as the edge encrypted it: this crate cannot read it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sealed {
    /// The ciphertext, nonce first.
    pub ciphertext: Vec<u8>,
    /// The guest's own key, wrapped by the keyring. It travels with a command and is kept apart from the
    /// booking, in [`GuestSecrets`]; only rows of the first version have it here.
    pub wrapped_key: Vec<u8>,
}

/// What has to be destroyed to erase a guest: without it the ciphertext and the digests tell nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GuestSecrets {
    /// The guest's own key, wrapped by the keyring; empty when there are no guest data.
    pub wrapped_key: Vec<u8>,
    /// Of the guest's data, for the leaves of the booking; see [`crate::GUEST_DIGESTS`].
    pub digests: Vec<Digest>,
    /// Of the claims about the booking's terms.
    pub salts: TermSalts,
}
