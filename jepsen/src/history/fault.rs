//! A fault in a run's record.

use serde::{Deserialize, Serialize};

/// What a nemesis did, or could not do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The nemesis.
    pub nemesis: String,
    /// `begin`, `end` or `not-done`.
    pub phase: String,
    /// What was done to which nodes, as a sentence.
    pub what: String,
    /// The time in ns of the run.
    pub at_ns: u64,
    /// The nodes that it affected.
    pub nodes: Vec<u32>,
}
