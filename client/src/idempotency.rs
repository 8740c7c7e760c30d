//! Idempotency keys.

/// Draws an idempotency key: 128 random bits in hexadecimal. Keep it until the request is answered.
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    // Randomness fails only before the system has booted. The service refuses a key of zeros that is used twice.
    let _ = getrandom::fill(&mut bytes);
    base16ct::lower::encode_string(&bytes)
}
