//! An issuer's keys (RFC 7517), and the algorithms of each key. The key alone decides them, so a token cannot choose another
//! algorithm.

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Algorithm, DecodingKey};
use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::json;
use super::refused::Refused;
use super::token::{Token, algorithm};
use super::verified::Verified;
use crate::messages::outbound::IssuerError;

/// RSA keys with fewer bits are too weak, and keys with more bits too slow.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// The most keys of an issuer. No real issuer has more.
const MOST_KEYS: usize = 64;

/// The keys that an issuer published at one time, and the tokens that they verified. New keys replace both.
pub struct KeySet {
    keys: Vec<Key>,
    /// Tokens verified by these keys.
    pub verified: Mutex<Verified>,
}

/// A public key that may sign tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { x: String, y: String },
    Ed25519 { x: String },
}

impl KeySet {
    /// Reads a JWK set. Keys that are useless or not trustworthy are left out, each with a reason in `left_out`.
    ///
    /// # Errors
    /// The bytes are not a JWK set.
    pub fn parse(bytes: &[u8], left_out: &mut Vec<&'static str>) -> anyhow::Result<KeySet> {
        let set = json::object(bytes)?;
        let Some(Value::Array(listed)) = set.get("keys") else { return Err(IssuerError::NoKeyList.into()) };
        if listed.len() > MOST_KEYS {
            return Err(IssuerError::TooManyKeys { found: listed.len(), most: MOST_KEYS }.into());
        }
        let mut keys: Vec<Key> = Vec::new();
        for jwk in listed {
            match jwk.as_object().ok_or("it is not an object").and_then(Key::parse) {
                Ok(key) if keys.iter().any(|other| other.is_ambiguous_with(&key)) => {
                    left_out.push("another key has the same name")
                }
                Ok(key) => keys.push(key),
                Err(why) => left_out.push(why),
            }
        }
        Ok(KeySet { keys, verified: Mutex::default() })
    }

    /// Whether these keys decide about a token. False if newer keys might have the key that it names.
    pub fn settles(&self, token: &Token) -> bool {
        match &token.kid {
            Some(kid) => self.keys.iter().any(|key| key.kid.as_ref() == Some(kid)),
            None => !self.keys.is_empty(),
        }
    }

    /// Verifies a token's signature.
    ///
    /// # Errors
    /// The token does not name exactly one key, the key is not for the token's algorithm, or the signature is wrong.
    pub fn verify(&self, token: &Token) -> Result<(), Refused> {
        let named: Vec<&Key> = match &token.kid {
            Some(kid) => self.keys.iter().filter(|key| key.kid.as_ref() == Some(kid)).collect(),
            None if self.keys.len() == 1 => self.keys.iter().collect(),
            None => return Err(Refused::UnnamedKey),
        };
        if named.is_empty() {
            return Err(Refused::UnknownKey);
        }
        let key = named.into_iter().find(|key| key.algorithms.contains(&token.algorithm)).ok_or(Refused::Algorithm)?;
        let is_valid = jsonwebtoken::crypto::verify(token.signature, token.signed.as_bytes(), &key.decoding()?, token.algorithm);
        if is_valid.unwrap_or(false) { Ok(()) } else { Err(Refused::Signature) }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

impl PartialEq for KeySet {
    fn eq(&self, other: &KeySet) -> bool {
        self.keys == other.keys
    }
}

impl Key {
    /// Reads one key. The error is the reason to leave it out.
    fn parse(jwk: &Map<String, Value>) -> Result<Key, &'static str> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if jwk.contains_key("d") || jwk.contains_key("k") {
            return Err("it is a private key, which must be secret");
        }
        if jwk.get("use").is_some_and(|purpose| purpose != "sig") {
            return Err("it is not for signatures");
        }
        if let Some(operations) = jwk.get("key_ops")
            && !operations.as_array().is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
        {
            return Err("it is not for verification");
        }
        let kid = match jwk.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err("its kid is not a text"),
        };
        let (material, mut algorithms) = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => (rsa(text("n"), text("e"))?, vec![Algorithm::RS256, Algorithm::PS256]),
            (Some("EC"), Some("P-256")) => {
                (Material::P256 { x: coordinate(text("x"))?, y: coordinate(text("y"))? }, vec![Algorithm::ES256])
            }
            (Some("OKP"), Some("Ed25519")) => (Material::Ed25519 { x: coordinate(text("x"))? }, vec![Algorithm::EdDSA]),
            _ => return Err("its type is not supported"),
        };
        if let Some(named) = jwk.get("alg") {
            let named = named.as_str().and_then(algorithm);
            algorithms.retain(|algorithm| Some(*algorithm) == named);
        }
        if algorithms.is_empty() {
            return Err("its algorithm is not supported");
        }
        Ok(Key { kid, algorithms, material })
    }

    /// Whether a token could name either key.
    fn is_ambiguous_with(&self, other: &Key) -> bool {
        self.kid.is_some() && self.kid == other.kid && self.algorithms.iter().any(|a| other.algorithms.contains(a))
    }

    fn decoding(&self) -> Result<DecodingKey, Refused> {
        let key = match &self.material {
            Material::Rsa { n, e } => Ok(DecodingKey::from_rsa_raw_components(n, e)),
            Material::P256 { x, y } => DecodingKey::from_ec_components(x, y),
            Material::Ed25519 { x } => DecodingKey::from_ed_components(x),
        };
        key.map_err(|_| Refused::Signature)
    }
}

fn rsa(n: Option<&str>, e: Option<&str>) -> Result<Material, &'static str> {
    let number = |text: Option<&str>| {
        let bytes = Base64UrlUnpadded::decode_vec(text?).ok()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(bytes[zeros..].to_vec()).filter(|bytes| !bytes.is_empty())
    };
    let (Some(n), Some(e)) = (number(n), number(e)) else { return Err("it is malformed") };
    let bits = n.len() * 8 - n[0].leading_zeros() as usize;
    if !RSA_BITS.contains(&bits) {
        return Err("it is an RSA key of fewer than 2048 or more than 8192 bits");
    }
    // With the exponent 1 anyone can sign, and an even number is not a valid exponent.
    if e.len() > 4 || e == [1] || e[e.len() - 1] % 2 == 0 {
        return Err("it is an RSA key with an impossible exponent");
    }
    Ok(Material::Rsa { n, e })
}

/// 32 bytes in base64url, kept as text for the verifier.
fn coordinate(text: Option<&str>) -> Result<String, &'static str> {
    let text = text.ok_or("it is malformed")?;
    let is_valid = Base64UrlUnpadded::decode_vec(text).is_ok_and(|bytes| bytes.len() == 32);
    if is_valid { Ok(text.into()) } else { Err("it is malformed") }
}
