//! What the checkers say of a run.

use crate::history::Position;
use serde::{Deserialize, Serialize};

/// What all checkers say of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether every checker that had something to look at found nothing.
    pub valid: bool,
    /// One per checker.
    pub checks: Vec<Check>,
    /// Files that were not as the run wrote them when they were judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<String>,
    /// The order in which operations took effect, shard by shard: a certificate that anyone can replay.
    #[serde(skip)]
    pub witness: Vec<Step>,
}

/// What one checker says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: `witness`, `search`, ...
    pub checker: String,
    /// Operations, nights, events it looked at; 0 means that it said nothing.
    pub looked_at: u64,
    /// How long it took.
    pub took_ms: u64,
    /// What it found.
    pub findings: Vec<Finding>,
    /// What a reader must know of how far it looked.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Something that must not be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind: `stale-read`, `lost-write`, `duplicate`, `oversell`, `reordered`, `wrong-refusal`, ...
    pub kind: String,
    /// The operations that show it, by id.
    pub ops: Vec<u64>,
    /// In sentences, with the numbers that show it.
    pub text: String,
}

/// An operation in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The operation.
    pub op: u64,
    /// Where it took effect, or what a read saw.
    pub at: Position,
}
