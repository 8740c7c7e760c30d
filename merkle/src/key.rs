//! The keys of notes (c2sp.org/signed-note): Ed25519, each with a name, a kind and a short id.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::text::{base64, is_key_name};

/// What a key signs. The id of a key depends on its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Signs notes as they are: signature type 0x01, which a log uses for its checkpoints.
    Log,
    /// Cosigns checkpoints at a time: signature type 0x04, c2sp.org/tlog-cosignature (`cosignature/v1`).
    Cosigner,
}

/// A public key that note signatures are checked against. Its text is a *vkey*: `<name>+<id in hex>+<kind and key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    id: u32,
    key: VerifyingKey,
}

/// A private key that signs notes. `Debug` does not show it. It is wiped when dropped.
pub struct NoteKey {
    verifier: VerifierKey,
    key: SigningKey,
}

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The name is empty or has a space, a plus or a control character.
    Name,
    /// Not three parts, separated by plus signs.
    Shape,
    /// The id is not 8 lowercase hex digits.
    IdText,
    /// The last part is not canonical base64.
    Base64,
    /// An unsupported signature type.
    Kind(u8),
    /// Not 32 bytes of key after the signature type.
    Length(usize),
    /// The id does not match the name, type and key.
    WrongId {
        /// The id in the text.
        stated: u32,
        /// The correct id.
        computed: u32,
    },
    /// The bytes are not an Ed25519 public key, or not its canonical encoding, or a key of small order, whose signatures
    /// prove nothing.
    Point,
}

impl KeyKind {
    /// The signature type byte of c2sp.org/signed-note.
    pub fn byte(self) -> u8 {
        match self {
            KeyKind::Log => 0x01,
            KeyKind::Cosigner => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Option<KeyKind> {
        [KeyKind::Log, KeyKind::Cosigner].into_iter().find(|kind| kind.byte() == byte)
    }
}

impl VerifierKey {
    /// A key from its parts; `public` is encoded as in RFC 8032.
    ///
    /// # Errors
    /// [`KeyError::Name`] and [`KeyError::Point`].
    pub fn new(name: &str, kind: KeyKind, public: &[u8; 32]) -> Result<VerifierKey, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = VerifyingKey::from_bytes(public).map_err(|_| KeyError::Point)?;
        // Decompression takes a few second spellings; two texts must never be one key.
        if key.is_weak() || key.to_edwards().compress().as_bytes() != public {
            return Err(KeyError::Point);
        }
        Ok(VerifierKey { name: name.into(), kind, id: key_id(name, kind, public), key })
    }

    /// Reads a vkey, such as `example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`.
    ///
    /// # Errors
    /// [`KeyError`]. Strict: only the output of `Display` is accepted.
    pub fn parse(vkey: &str) -> Result<VerifierKey, KeyError> {
        let (name, rest) = vkey.split_once('+').ok_or(KeyError::Shape)?;
        let (id, material) = rest.split_once('+').ok_or(KeyError::Shape)?;
        let stated = parse_id(id).ok_or(KeyError::IdText)?;
        let material = base64(material).ok_or(KeyError::Base64)?;
        let (byte, public) = material.split_first().ok_or(KeyError::Length(0))?;
        let kind = KeyKind::from_byte(*byte).ok_or(KeyError::Kind(*byte))?;
        let public = public.try_into().map_err(|_| KeyError::Length(public.len()))?;
        let key = VerifierKey::new(name, kind, public)?;
        if key.id != stated {
            return Err(KeyError::WrongId { stated, computed: key.id });
        }
        Ok(key)
    }

    /// The signer's name. For a log it is the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of text that it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The first four bytes of SHA-256 over name, newline, kind and public key. It is a hint to find the key, and not unique.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The public key, encoded as in RFC 8032.
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether the holder of this key signed a statement ([`NoteKey::sign_statement`]).
    pub fn has_signed_statement(&self, statement: &str, signature: &[u8; 64]) -> bool {
        self.is_signed(statement.as_bytes(), signature)
    }

    /// Whether this is a valid Ed25519 signature over `message`. Refuses signatures on which implementations disagree.
    pub(crate) fn is_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = Vec::with_capacity(33);
        material.push(self.kind.byte());
        material.extend_from_slice(self.public());
        write!(f, "{}+{:08x}+{}", self.name, self.id, Base64::encode_string(&material))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl NoteKey {
    /// A key from its 32-byte seed (the private key of RFC 8032), which must be secret and impossible to guess.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, kind: KeyKind, seed: &[u8; 32]) -> Result<NoteKey, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, kind, key.verifying_key().as_bytes())?;
        Ok(NoteKey { verifier, key })
    }

    /// Its public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a statement of another kind than a note, to prove that the holder has this key.
    ///
    /// # Panics
    /// If the statement could be read as a checkpoint.
    pub fn sign_statement(&self, statement: &str) -> [u8; 64] {
        let size = statement.lines().nth(1).unwrap_or_default();
        let is_checkpoint = size.bytes().all(|digit| digit.is_ascii_digit()) || statement.starts_with("cosignature/");
        assert!(!is_checkpoint, "a statement is no checkpoint");
        self.sign(statement.as_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteKey({}, secret)", self.verifier)
    }
}

fn key_id(name: &str, kind: KeyKind, public: &[u8; 32]) -> u32 {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', kind.byte()]).chain_update(public).finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

fn parse_id(text: &str) -> Option<u32> {
    let canonical = text.len() == 8 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if canonical { u32::from_str_radix(text, 16).ok() } else { None }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Name => f.write_str("the key's name is empty or has a space, a plus or a control character"),
            KeyError::Shape => f.write_str("a verifier key has the form <name>+<id>+<key>"),
            KeyError::IdText => f.write_str("the key's id is not 8 lowercase hex digits"),
            KeyError::Base64 => f.write_str("the key is not canonical base64"),
            KeyError::Kind(byte) => write!(f, "signature type 0x{byte:02x} is not supported; 0x01 and 0x04 are"),
            KeyError::Length(len) => write!(f, "an Ed25519 public key has 32 bytes, not {len}"),
            KeyError::WrongId { stated, computed } => {
                write!(f, "the key's id is {stated:08x}, but its name and bytes give {computed:08x}")
            }
            KeyError::Point => f.write_str("the key is not a safe Ed25519 public key"),
        }
    }
}

impl core::error::Error for KeyError {}
