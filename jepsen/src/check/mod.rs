//! Was what was promised kept? Decided from a [`crate::history::History`] alone.
//!
//! Three kinds of checker, which trust different things: [`witness`] takes the log positions that were answered and shows
//! that they explain every answer; [`search`] ignores them and looks for any order that does; [`invariants`] look at how it
//! ended. A checker that could not decide says so with a finding (`undecided`), never by silence.

mod findings;
mod scope;

pub mod invariants;
pub mod search;
pub mod witness;

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::history::{History, Position};
use findings::Findings;

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

/// Runs every checker.
pub fn judge(history: &History) -> Verdict {
    let mut witness = Vec::new();
    let mut checks = vec![timed("witness", |found| {
        let (looked_at, steps) = witness::check(history, found);
        witness = steps;
        looked_at
    })];
    checks.push(timed("search", |found| search::check(history, search::BUDGET, found)));
    for (name, invariant) in invariants::ALL {
        checks.push(timed(name, |found| invariant(history, found)));
    }
    let valid = checks.iter().all(|check| check.findings.is_empty());
    Verdict { valid, checks, edited: Vec::new(), witness }
}

fn timed(checker: &str, check: impl FnOnce(&mut Findings) -> u64) -> Check {
    let began = Instant::now();
    let mut found = Findings::default();
    let looked_at = check(&mut found);
    let (findings, notes) = found.into_parts();
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Check { checker: checker.to_owned(), looked_at, took_ms, findings, notes }
}
