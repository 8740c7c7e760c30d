//! c2sp.org/signed-note, tlog-checkpoint and the Ed25519 kind of tlog-cosignature.

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;
use super::text::{base64, decimal, hash};

/// A text and its signature lines.
#[derive(Clone, Debug)]
pub struct Note {
    /// With its final newline.
    pub text: String,
    pub signatures: Vec<Signature>,
}

#[derive(Clone, Debug)]
pub struct Signature {
    pub name: String,
    pub key_id: [u8; 4],
    /// The bytes after the key id.
    pub bytes: Vec<u8>,
}

/// The first three lines of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

/// A verifier key: `name+hex id+base64 of kind and key`.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    pub key_id: [u8; 4],
    pub kind: KeyKind,
    pub public: VerifyingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Signs the text itself.
    Log = 1,
    /// cosignature/v1: signs a header, a time and the text.
    Cosigner = 4,
}

/// The secret half of a [`Key`].
pub struct Signer {
    secret: SigningKey,
    pub key: Key,
}

impl Note {
    pub fn parse(text: &str) -> Result<Note, String> {
        let (body, signatures) = text.rsplit_once("\n\n").ok_or("the note has no empty line before its signatures")?;
        if !text.ends_with('\n') || text.chars().any(|c| c.is_control() && c != '\n') {
            return Err("the note has control characters or no newline at its end".into());
        }
        let signatures = signatures.lines().map(Signature::parse).collect::<Result<Vec<_>, _>>()?;
        if signatures.is_empty() { Err("no signature".into()) } else { Ok(Note { text: format!("{body}\n"), signatures }) }
    }

    /// Origin, size and root; Keyrack's checkpoints have no more lines.
    pub fn checkpoint(&self) -> Result<Checkpoint, String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let [origin, size, root] = lines.as_slice() else { return Err(format!("{} lines instead of three", lines.len())) };
        Ok(Checkpoint { origin: origin.to_string(), size: decimal(size)?, root: hash(root)? })
    }

    /// Whether `key` signed. A signature with its name and id that does not verify makes the whole note invalid.
    pub fn is_signed_by(&self, key: &Key) -> Result<bool, String> {
        let mut signed = false;
        for signature in self.signatures.iter().filter(|line| line.name == key.name && line.key_id == key.key_id) {
            key.verify(&self.text, &signature.bytes)?;
            signed = true;
        }
        Ok(signed)
    }
}

impl Signature {
    /// `— name base64(key id, signature)`.
    pub fn parse(line: &str) -> Result<Signature, String> {
        let wrong = || format!("not a signature line: {line:?}");
        let (name, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(wrong)?;
        let bytes = base64(encoded)?;
        let (key_id, rest) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
        if name.is_empty() || name.contains('+') || rest.is_empty() {
            return Err(wrong());
        }
        Ok(Signature { name: name.into(), key_id: *key_id, bytes: rest.to_vec() })
    }
}

impl Key {
    pub fn parse(vkey: &str) -> Result<Key, String> {
        let wrong = || format!("not a verifier key: {vkey:?}");
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
        let material = base64(material)?;
        let (kind, public) = material.split_first().ok_or_else(wrong)?;
        let kind = match kind {
            1 => KeyKind::Log,
            4 => KeyKind::Cosigner,
            other => return Err(format!("key kind {other} is not supported")),
        };
        let public: [u8; 32] = public.try_into().map_err(|_| wrong())?;
        let key = Key::new(name, kind, VerifyingKey::from_bytes(&public).map_err(|_| wrong())?);
        if key.hex_id() == id { Ok(key) } else { Err(format!("{vkey:?}: the id is {}", key.hex_id())) }
    }

    fn new(name: &str, kind: KeyKind, public: VerifyingKey) -> Key {
        let digest = Sha256::new().chain_update(name).chain_update([b'\n', kind as u8]).chain_update(public.as_bytes());
        let key_id = digest.finalize()[..4].try_into().expect("4 of 32 bytes");
        Key { name: name.into(), key_id, kind, public }
    }

    /// The key's form in a policy.
    pub fn vkey(&self) -> String {
        let material: Vec<u8> = [&[self.kind as u8][..], self.public.as_bytes()].concat();
        format!("{}+{}+{}", self.name, self.hex_id(), Base64::encode_string(&material))
    }

    fn hex_id(&self) -> String {
        base16ct::lower::encode_string(&self.key_id)
    }

    fn verify(&self, text: &str, signature: &[u8]) -> Result<(), String> {
        let (message, signature) = match self.kind {
            KeyKind::Log => (text.to_string(), signature),
            KeyKind::Cosigner => {
                let (time, signature) = signature.split_first_chunk::<8>().ok_or("a cosignature without a time")?;
                (cosigned(text, u64::from_be_bytes(*time)), signature)
            }
        };
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| format!("{}: not a signature", self.name))?;
        let checked = self.public.verify_strict(message.as_bytes(), &signature);
        checked.map_err(|_| format!("the signature of {} does not verify", self.name))
    }
}

impl Signer {
    /// The same seed gives the same key.
    pub fn new(name: &str, kind: KeyKind, seed: u8) -> Signer {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let key = Key::new(name, kind, secret.verifying_key());
        Signer { secret, key }
    }

    /// A signature line, with its newline.
    pub fn line(&self, text: &str, time: u64) -> String {
        let mut bytes = self.key.key_id.to_vec();
        let message = match self.key.kind {
            KeyKind::Log => text.to_string(),
            KeyKind::Cosigner => {
                bytes.extend_from_slice(&time.to_be_bytes());
                cosigned(text, time)
            }
        };
        bytes.extend_from_slice(&self.secret.sign(message.as_bytes()).to_bytes());
        format!("— {} {}\n", self.key.name, Base64::encode_string(&bytes))
    }
}

/// The text that a cosigner signs.
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_valid_only_for_its_text_time_and_key() {
        for kind in [KeyKind::Log, KeyKind::Cosigner] {
            let signer = Signer::new("example.com/log", kind, 7);
            let text = "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
            let note = format!("{text}\n{}", signer.line(text, 1_700_000_000));
            let note = Note::parse(&note).unwrap();
            let key = Key::parse(&signer.key.vkey()).unwrap();
            assert_eq!(note.is_signed_by(&key), Ok(true));
            assert_eq!(note.checkpoint().unwrap().size, 0);
            let mut other = note.clone();
            other.text = other.text.replace("\n0\n", "\n1\n");
            other.is_signed_by(&key).unwrap_err();
            let mut other = note.clone();
            other.signatures[0].bytes[2] ^= 1;
            other.is_signed_by(&key).unwrap_err();
            assert_eq!(note.is_signed_by(&Signer::new("example.com/log", kind, 8).key), Ok(false));
        }
    }
}
