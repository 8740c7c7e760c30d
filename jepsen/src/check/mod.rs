//! The checkers: was what Keyrack promises kept? They decide from a [`History`](crate::history::History) alone.
//!
//! Three kinds trust different things. [`witness`] takes the log positions that were answered and shows that they explain
//! every answer. [`search`] ignores them and looks for any order that does. [`invariants`] look at how the run ended.
//!
//! Invariants:
//! - a checker that cannot decide says so with a finding of the kind `undecided`; it is never silent;
//! - the same history gives the same findings, but for the times they took;
//! - a run is valid only when no checker found anything.
//!
//! Start with `judge.rs`, which runs them all; each folder's `mod.rs` explains its method.

mod findings;
mod judge;
mod logical_ops;
mod verdict;

pub mod invariants;
pub mod search;
pub mod witness;

pub use judge::judge;
pub use verdict::{Check, Finding, Step, Verdict};
