//! API keys: `kr_`, a prefix that is not secret, and 256 random bits. Only the SHA-256 digest of a key is kept. 256 random bits
//! cannot be guessed, so a slow password hash would only slow the callers.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Begins every key. A search for `kr_[0-9a-z]{12}_[0-9A-Za-z_-]{43}` finds keys in places where they must not be.
pub const MARK: &str = "kr_";

const PREFIX_CHARACTERS: usize = 12;
const SECRET_BYTES: usize = 32;
/// 32 letters, one for each value of five random bits. Without i, l, o and u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new key, which is shown once and not kept.
pub struct NewKey {
    /// The whole key.
    pub secret: Zeroizing<String>,
    /// The prefix, by which the key is found.
    pub prefix: String,
    /// The digest, which is kept.
    pub hash: [u8; 32],
}

impl NewKey {
    /// Draws a key.
    pub fn draw() -> Result<NewKey, getrandom::Error> {
        let (mut letters, mut random) = ([0; PREFIX_CHARACTERS], Zeroizing::new([0; SECRET_BYTES]));
        getrandom::fill(&mut letters)?;
        getrandom::fill(random.as_mut_slice())?;
        let prefix: String = letters.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        let tail = Zeroizing::new(Base64UrlUnpadded::encode_string(random.as_slice()));
        let secret = Zeroizing::new(format!("{MARK}{prefix}_{}", tail.as_str()));
        let hash = digest(secret.as_bytes());
        Ok(NewKey { secret, prefix, hash })
    }
}

/// The prefix of a text with the form of a key.
pub fn prefix_of(key: &str) -> Option<&str> {
    let (prefix, secret) = key.strip_prefix(MARK)?.split_once('_')?;
    (prefix.len() == PREFIX_CHARACTERS && secret.len() == 43).then_some(prefix)
}

/// The digest of a key.
pub fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Whether two digests are the same, in constant time.
pub fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_prefix_and_recognised_by_its_digest() {
        let (one, other) = (NewKey::draw().expect("random"), NewKey::draw().expect("random"));
        assert_eq!(prefix_of(&one.secret), Some(one.prefix.as_str()));
        assert_ne!(one.prefix, other.prefix);
        assert!(same(&digest(one.secret.as_bytes()), &one.hash));
        assert!(!same(&digest(other.secret.as_bytes()), &one.hash));
    }

    #[test]
    fn a_text_without_the_form_of_a_key_has_no_prefix() {
        let key = NewKey::draw().expect("random").secret;
        for wrong in ["", "kr_", "kr__", "kr_operator_0123", &key[1..], &key[..key.len() - 1], &format!("{}x", key.as_str())] {
            assert_eq!(prefix_of(wrong), None, "{wrong}");
        }
    }
}
