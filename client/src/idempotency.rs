//! Idempotency keys.

/// A new idempotency key: 128 random bits in hexadecimal. Keep it until the request is answered.
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    // Randomness fails only before the system has booted. The service then refuses the second use of a key of zeros.
    let _ = getrandom::fill(&mut bytes);
    base16ct::lower::encode_string(&bytes)
}
