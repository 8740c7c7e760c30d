//! The checkers decide from a [`History`](crate::history::History) alone whether Keyrack kept its promises.
//!
//! Three kinds of checkers rely on different evidence. [`witness`] replays the operations at the log positions in their
//! answers. [`search`] ignores the positions and looks for any order that explains the answers. [`invariants`] check the
//! final state and the answers without an order.
//!
//! Invariants:
//! - a checker that cannot decide adds a finding of the kind `undecided`;
//! - the same history gives the same findings; only the durations differ;
//! - a run is valid only if no checker has a finding.
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
