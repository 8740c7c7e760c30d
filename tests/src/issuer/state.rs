//! How an issuer answers, and what it publishes.

use std::sync::Arc;

use super::keys::SigningKey;

/// How it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// Answers correctly.
    Up,
    /// Closes the connection at once.
    Down,
    /// Never answers.
    Hangs,
    /// Answers with this status and the normal body. A 3xx has a `Location` with the same path.
    Answers(u16),
    /// Answers 200 with an endless body.
    NeverStops,
}

pub struct State {
    pub url: String,
    pub health: Health,
    /// The first one signs.
    pub keys: Vec<Arc<SigningKey>>,
    /// The number of keys made so far.
    pub made: u32,
    /// Published instead of the valid document.
    pub discovery: Option<String>,
    pub jwks: Option<String>,
    pub discoveries: u64,
    pub fetches: u64,
}
