//! How an issuer answers, and what it publishes.

use std::sync::Arc;

use super::keys::SigningKey;

/// How it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// As it should.
    Up,
    /// Hangs up at once.
    Down,
    /// Never answers.
    Hangs,
    /// Answers with this status, and a `Location` of its own good documents.
    Answers(u16),
    /// Answers 200 and never stops.
    NeverStops,
}

pub struct State {
    pub url: String,
    pub health: Health,
    /// In the order of their names; the first one signs.
    pub keys: Vec<Arc<SigningKey>>,
    /// Keys made so far.
    pub made: u32,
    /// Published instead of what is so.
    pub discovery: Option<String>,
    pub jwks: Option<String>,
    pub discoveries: u64,
    pub fetches: u64,
}
