//! Salts and decoys of a booking's leaf, derived from the guest's data key (HKDF, RFC 5869).

use hkdf::Hkdf;
use keyrack_inventory::{Digest, Disclosure};
use keyrack_proto::internal::GuestData;
use sha2::Sha256;

use super::keyring::KEY_BYTES;

/// How many claims about a guest a leaf has. Its other guest digests are decoys.
const CLAIMS: usize = 3;

/// Salts and decoys that come from a guest's data key.
pub struct LeafSecrets(Hkdf<Sha256>);

impl LeafSecrets {
    /// Derived from a guest's data key.
    pub fn of(key: &[u8; KEY_BYTES]) -> LeafSecrets {
        LeafSecrets(Hkdf::from_prk(key).expect("a key as long as the digest is a pseudorandom key"))
    }

    /// The claims that the holder of a receipt may disclose.
    pub fn claims(&self, guest: &GuestData) -> Vec<Disclosure> {
        let named: [(&str, &String); CLAIMS] =
            [("guest.name", &guest.name), ("guest.email", &guest.email), ("guest.phone", &guest.phone)];
        let claim = |(name, value): (&str, &String)| Disclosure {
            salt: self.expand(&["salt ", name]),
            value: value.clone(),
            name: name.to_owned(),
        };
        named.into_iter().map(claim).collect()
    }

    /// A digest in place of a claim, so that a leaf does not show how many claims there are.
    pub fn decoy(&self, place: usize) -> Digest {
        self.expand(&["decoy ", &place.to_string()])
    }

    fn expand<const N: usize>(&self, info: &[&str]) -> [u8; N] {
        let mut bytes = [0; N];
        let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
        self.0.expand_multi_info(&info, &mut bytes).expect("at most 32 bytes are less than HKDF's limit of 8,160");
        bytes
    }
}
