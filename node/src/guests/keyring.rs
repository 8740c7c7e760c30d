//! The keyring: the keys that all keys for guest data are derived from. It is a file with one key on each line: a name and 64
//! hexadecimal digits. The key that encrypts is marked `active`:
//!
//! ```text
//! 2026-01 6f1d...  
//! 2026-11 93ab...  active
//! ```
//!
//! All keys decrypt, and the active key encrypts. A fingerprint of a request is made with the active key; a retry after a rotation is
//! recognised with the other keys. A file with 64 digits and nothing else is a keyring of one key.

use std::path::Path;

use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::KeyInit;
use anyhow::Context;
use hmac::{Hmac, Mac};
use keyrack_proto::internal as pb;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::messages::files::{AccessError, hints};
use crate::messages::keyring::KeyringError;
use crate::tls::check_private;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a key's print.
const PRINT_BYTES: usize = 16;
/// The most keys of a keyring. Each one is tried on a wrapped key that the active key does not decrypt.
const MOST_KEYS: usize = 16;

type Secret = Zeroizing<[u8; KEY_BYTES]>;

/// A keyring.
pub struct Keyring {
    keys: Vec<DerivedKeys>,
    active: usize,
}

/// The keys that are derived from one key of the keyring, one for each purpose.
pub struct DerivedKeys {
    name: String,
    /// Tells this key from others. Nodes send it to each other.
    pub print: [u8; PRINT_BYTES],
    /// Wraps the keys of guests.
    pub wrapping: Aes256GcmSiv,
    fingerprints: Secret,
    lookups: Secret,
    /// Encrypts guests' links.
    pub links: Aes256GcmSiv,
    /// Encrypts guests' sessions.
    pub sessions: Aes256GcmSiv,
}

impl Keyring {
    /// Reads the file. Only its owner may have permission to read it.
    pub fn open(path: &Path) -> anyhow::Result<Keyring> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|cause| AccessError::Read { path: path.into(), cause, hint: hints::KEYRING })?;
        check_private(path)?;
        Keyring::parse(&text).with_context(|| KeyringError::In(path.into()))
    }

    /// Reads a keyring's text.
    pub fn parse(text: &str) -> Result<Keyring, KeyringError> {
        let mut keys: Vec<DerivedKeys> = Vec::new();
        let mut active = None;
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        for (number, line) in lines {
            let line_number = number + 1;
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, digits, mark) = match words.as_slice() {
                [digits] => ("only", *digits, None),
                [name, digits] => (*name, *digits, None),
                [name, digits, mark] => (*name, *digits, Some(*mark)),
                _ => return Err(KeyringError::Line(line_number)),
            };
            let key = decode_hex(digits).ok_or(KeyringError::Line(line_number))?;
            if keys.iter().any(|known| known.name == name) {
                return Err(KeyringError::SameName(line_number));
            }
            match mark {
                None => {}
                Some("active") if active.is_none() => active = Some(keys.len()),
                Some("active") => return Err(KeyringError::SecondActive(line_number)),
                Some(_) => return Err(KeyringError::Line(line_number)),
            }
            keys.push(DerivedKeys::new(name, &key));
        }
        match keys.len() {
            0 => return Err(KeyringError::Empty),
            found if found > MOST_KEYS => return Err(KeyringError::TooMany { found, most: MOST_KEYS }),
            2.. if active.is_none() => return Err(KeyringError::NoActive),
            _ => {}
        }
        Ok(Keyring { keys, active: active.unwrap_or(0) })
    }

    /// Whether this keyring has the key that encrypts in `other`.
    pub fn has_active_of(&self, other: &Keyring) -> bool {
        self.place_of(other.active()).is_some()
    }

    /// Encrypts and signs with the same key as `other`, if this keyring has it.
    pub fn encrypt_like(&mut self, other: &Keyring) {
        self.active = self.place_of(other.active()).unwrap_or(self.active);
    }

    fn place_of(&self, key: &DerivedKeys) -> Option<usize> {
        self.keys.iter().position(|own| own.print == key.print)
    }

    /// The key that encrypts and signs.
    pub fn active(&self) -> &DerivedKeys {
        &self.keys[self.active]
    }

    /// The other keys, newest first.
    pub fn others(&self) -> impl Iterator<Item = &DerivedKeys> {
        self.keys.iter().enumerate().rev().filter(|(place, _)| *place != self.active).map(|(_, key)| key)
    }

    /// All keys, the active one first.
    pub fn all(&self) -> impl Iterator<Item = &DerivedKeys> {
        std::iter::once(self.active()).chain(self.others())
    }

    /// All keys without their secrets.
    pub fn prints(&self) -> Vec<pb::KeyPrint> {
        let print = |(place, key): (usize, &DerivedKeys)| pb::KeyPrint {
            name: key.name.clone(),
            print: key.print.to_vec().into(),
            active: place == self.active,
        };
        self.keys.iter().enumerate().map(print).collect()
    }

    /// The active key's name, for the log.
    pub fn active_name(&self) -> &str {
        &self.active().name
    }
}

impl DerivedKeys {
    /// A digest of a request that reveals nothing about it without this key.
    pub fn fingerprint(&self, action: &str, request: &[u8]) -> [u8; 16] {
        let digest = mac(&self.fingerprints, &[action.as_bytes(), &[0], request]);
        *digest.first_chunk().expect("a fingerprint is shorter than a MAC")
    }

    /// A digest by which a guest of a property is found. Without this key it reveals nothing, and it differs from property to property.
    pub fn lookup(&self, property: u32, word: &str) -> [u8; 16] {
        let digest = mac(&self.lookups, &[&property.to_be_bytes(), word.as_bytes()]);
        *digest.first_chunk().expect("a lookup is shorter than a MAC")
    }

    /// Encrypts cursors.
    pub fn cursors(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new((&mac(&self.fingerprints, &[b"keyrack cursors"])).into())
    }

    fn new(name: &str, key: &[u8; KEY_BYTES]) -> DerivedKeys {
        let derive = |label: &[u8]| Zeroizing::new(mac(key, &[label]));
        DerivedKeys {
            name: name.to_owned(),
            print: *mac(key, &[b"keyrack key print"]).first_chunk().expect("a print is shorter than a MAC"),
            wrapping: Aes256GcmSiv::new((&*derive(b"keyrack guest keys")).into()),
            fingerprints: derive(b"keyrack request fingerprints"),
            lookups: derive(b"keyrack guest lookups"),
            links: Aes256GcmSiv::new((&*derive(b"keyrack sealed guest links")).into()),
            sessions: Aes256GcmSiv::new((&*derive(b"keyrack sealed guest sessions")).into()),
        }
    }
}

/// HMAC-SHA-256 over the parts, one after another.
pub fn mac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn decode_hex(text: &str) -> Option<Secret> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    // A shorter text would fill only a part of the key.
    let is_whole = base16ct::mixed::decode(text, key.as_mut_slice()).is_ok_and(|bytes| bytes.len() == KEY_BYTES);
    is_whole.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(byte: u8) -> String {
        format!("{byte:02x}").repeat(KEY_BYTES)
    }

    #[test]
    fn a_keyring_has_one_key_or_several_with_one_active() {
        let alone = Keyring::parse(&format!("{}\n", digits(1))).expect("a keyring");
        let several = format!("# comment\nold {}\nnew {} active\nnext {}\n", digits(1), digits(2), digits(3));
        let several = Keyring::parse(&several).expect("a keyring");
        assert_eq!((alone.active_name(), several.active_name()), ("only", "new"));
        let fingerprints = |keyring: &Keyring| keyring.all().map(|key| key.fingerprint("book", b"x")).collect::<Vec<_>>();
        assert_eq!(fingerprints(&alone)[0], fingerprints(&several)[2], "each key has its own fingerprint");
        assert_eq!(several.others().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["next", "old"]);
    }

    #[test]
    fn a_malformed_keyring_is_refused_and_the_message_has_no_key() {
        let one = digits(7);
        for text in [
            String::new(),
            "# nothing".into(),
            one[1..].to_owned(),
            format!("a {one}\nb {one}"),
            format!("a {one} active\nb {one} active"),
            format!("a {one} active\na {one}"),
            format!("a {one} actief"),
            format!("a b {one} active"),
            format!("a {}zz", &one[2..]),
        ] {
            let refused = Keyring::parse(&text).err().map(|cause| cause.to_string()).expect("refused");
            assert!(!refused.contains(&one[..16]), "{refused}");
        }
    }
}
