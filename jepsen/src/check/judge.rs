//! Runs every checker on a run.

use super::findings::Findings;
use super::verdict::{Check, Verdict};
use super::{invariants, search, witness};
use crate::history::History;
use std::time::Instant;

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
