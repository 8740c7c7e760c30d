//! The verdict: the results of all checkers on a run.

use crate::history::Position;
use serde::{Deserialize, Serialize};

/// The results of all checkers on a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether no checker has a finding.
    pub valid: bool,
    /// One result per checker.
    pub checks: Vec<Check>,
    /// Files that had changed since the run when they were judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<String>,
    /// The order in which operations took effect, shard by shard: a certificate that anyone can replay.
    #[serde(skip)]
    pub witness: Vec<Step>,
}

/// The result of one checker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: `witness`, `search`, ...
    pub checker: String,
    /// The number of operations, nights or events that it checked; 0 means that it checked nothing.
    pub looked_at: u64,
    /// How long it took.
    pub took_ms: u64,
    /// Its findings.
    pub findings: Vec<Finding>,
    /// Limits of the check that a reader must know.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A violation of a promise, or a check without a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The kind: `stale-read`, `lost-write`, `duplicate`, `oversell`, `reordered`, `wrong-refusal`, ...
    pub kind: String,
    /// The ids of the operations that show it.
    pub ops: Vec<u64>,
    /// What happened, where, and why it is wrong.
    pub text: String,
}

/// An operation and its position in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The operation.
    pub op: u64,
    /// Where it took effect; for a read, the position that it read.
    pub at: Position,
}
