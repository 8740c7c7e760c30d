//! Parses small texts of the formats: base64, hashes, numbers.

use base64ct::{Base64, Encoding};

use super::merkle::Hash;

pub fn base64(text: &str) -> Result<Vec<u8>, String> {
    Base64::decode_vec(text).map_err(|e| format!("{text:?} is not base64: {e}"))
}

pub fn hash(text: &str) -> Result<Hash, String> {
    base64(text)?.try_into().map_err(|_| format!("{text:?} is not a hash"))
}

/// Digits without leading zeros.
pub fn decimal(text: &str) -> Result<u64, String> {
    let number: u64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if number.to_string() == text { Ok(number) } else { Err(format!("{text:?} is not in canonical form")) }
}
