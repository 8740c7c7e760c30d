//! Guest data: encrypted here, before anything is proposed, and readable only here.
//!
//! Each guest has a data key of its own, wrapped by the keyring's key: whoever destroys the wrapped key
//! has destroyed the data. AES-256-GCM-SIV (RFC 8452), nonce first.

use std::path::Path;

use aes_gcm_siv::aead::{Aead, KeyInit};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use anyhow::{Context, bail};
use hmac::{Hmac, Mac};
use keyrack_inventory::Sealed;
use keyrack_proto::v1::Guest;
use prost::Message;
use sha2::Sha256;

const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// Seals and opens guest data.
pub struct Vault {
    wrapping: Aes256GcmSiv,
    /// Keys the fingerprints of requests, so that nobody can guess a guest from a stored fingerprint.
    fingerprints: [u8; KEY_BYTES],
}

impl Vault {
    /// Reads the keyring file.
    pub fn open(path: &Path) -> anyhow::Result<Vault> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("cannot read the keyring {}; make one with: openssl rand -hex 32 > {}", path.display(), path.display())
        })?;
        let Some(key) = decode_hex(text.trim()) else {
            bail!("the keyring {} must be 64 hexadecimal digits", path.display());
        };
        Ok(Vault::new(&key))
    }

    fn new(key: &[u8; KEY_BYTES]) -> Vault {
        let derive = |label: &[u8]| mac(key, &[label]);
        Vault {
            wrapping: Aes256GcmSiv::new(&derive(b"keyrack guest keys").into()),
            fingerprints: derive(b"keyrack request fingerprints"),
        }
    }

    /// Encrypts a guest under a fresh key.
    pub fn seal(&self, guest: &Guest) -> Result<Sealed, getrandom::Error> {
        let mut random = [0; KEY_BYTES + 2 * NONCE_BYTES];
        getrandom::fill(&mut random)?;
        let (key, nonces) = random.split_at(KEY_BYTES);
        let (data_nonce, key_nonce) = nonces.split_at(NONCE_BYTES);
        let mut data_key = [0; KEY_BYTES];
        data_key.copy_from_slice(key);
        let cipher = Aes256GcmSiv::new(&data_key.into());
        Ok(Sealed {
            ciphertext: encrypt(&cipher, data_nonce, &guest.encode_to_vec()),
            wrapped_key: encrypt(&self.wrapping, key_nonce, key),
        })
    }

    /// Decrypts a guest; `None` when the keys do not fit or were destroyed.
    pub fn open_guest(&self, sealed: &Sealed) -> Option<Guest> {
        let key: [u8; KEY_BYTES] = decrypt(&self.wrapping, &sealed.wrapped_key)?.try_into().ok()?;
        let bytes = decrypt(&Aes256GcmSiv::new(&key.into()), &sealed.ciphertext)?;
        Guest::decode(bytes.as_slice()).ok()
    }

    /// A digest of a request that tells nothing about it without the keyring.
    pub fn fingerprint(&self, action: &str, request: &[u8]) -> [u8; 16] {
        let mut short = [0; 16];
        short.copy_from_slice(&mac(&self.fingerprints, &[action.as_bytes(), &[0], request])[..16]);
        short
    }
}

fn encrypt(cipher: &Aes256GcmSiv, nonce: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut sealed = nonce.to_vec();
    let mut fixed = [0; NONCE_BYTES];
    fixed.copy_from_slice(nonce);
    // Fails only beyond 2^36 bytes, and a request body is a million times smaller.
    sealed.extend(cipher.encrypt(&Nonce::from(fixed), plain).unwrap_or_default());
    sealed
}

fn decrypt(cipher: &Aes256GcmSiv, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    cipher.decrypt(&Nonce::from(*nonce), ciphertext).ok()
}

fn mac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn decode_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_can_be_opened_again_and_not_by_others() {
        let guest = Guest { name: "Ada".into(), email: "ada@example.org".into(), phone: String::new() };
        let vault = Vault::new(&[7; 32]);
        let sealed = vault.seal(&guest).expect("random bytes");
        assert_eq!(vault.open_guest(&sealed), Some(guest.clone()));
        assert_eq!(Vault::new(&[8; 32]).open_guest(&sealed), None);
        assert!(!sealed.ciphertext.windows(3).any(|w| w == b"Ada"));
        assert_ne!(vault.seal(&guest).expect("random bytes").ciphertext, sealed.ciphertext);
    }

    #[test]
    fn a_damaged_guest_is_not_opened() {
        let vault = Vault::new(&[7; 32]);
        let mut sealed = vault.seal(&Guest::default()).expect("random bytes");
        sealed.ciphertext[NONCE_BYTES] ^= 1;
        assert_eq!(vault.open_guest(&sealed), None);
    }
}
