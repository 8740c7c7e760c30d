//! Random numbers from the operating system.

use crate::clock::now_ms;
use crate::convert::Problem;
use keyrack_inventory::ConfirmationNumber;
use keyrack_texts::Detail;

/// Fills `bytes` with random bytes.
pub fn fill(bytes: &mut [u8]) -> Result<(), Problem> {
    getrandom::fill(bytes).map_err(no_randomness)
}

/// The time and 64 random bits, for a new id.
pub fn for_new_id() -> Result<(u64, u64), Problem> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok((now_ms(), u64::from_be_bytes(bytes)))
}

/// A new confirmation number.
pub fn confirmation_number() -> Result<ConfirmationNumber, Problem> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(ConfirmationNumber::new(u64::from_be_bytes(bytes)))
}

/// The operating system gave no random numbers.
pub fn no_randomness(cause: getrandom::Error) -> Problem {
    tracing::warn!(event = "no_randomness", %cause, "the operating system gives no random numbers");
    Problem::new(Detail::NoRandomness)
}
