//! Shared by the text formats: strict decimals, strict base64, the rule for key names.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

/// Reads an unsigned decimal of at most 64 bits; no sign, no leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let canonical = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && (digits[0] != b'0' || digits.len() == 1);
    // Parsing now fails only for numbers above 64 bits.
    if canonical { text.parse().ok() } else { None }
}

/// Reads padded standard base64 with zero trailing bits only, so each byte string has exactly one encoding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// Whether this is a valid key name: not empty, no Unicode space, plus or ASCII control character (c2sp.org/signed-note).
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+' || c < ' ')
}

/// Whether the text has an ASCII control character other than a newline. Notes must not have any.
pub(crate) fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && byte != b'\n')
}
