//! A fault as the run's record has it.

use serde::{Deserialize, Serialize};

/// What a nemesis did, or could not do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The nemesis.
    pub nemesis: String,
    /// `begin`, `end` or `not-done`.
    pub phase: String,
    /// In a sentence: what, to whom.
    pub what: String,
    /// When.
    pub at_ns: u64,
    /// The nodes it was done to.
    pub nodes: Vec<u32>,
}
