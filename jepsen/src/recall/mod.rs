//! Do the tests find what is wrong? Bugs are planted in a copy of the sources, and each layer of tests is asked.
//!
//! A checker that finds nothing has shown nothing until it has found something that was there. The bugs are patches in
//! `jepsen/planted`; all of them together are applied to the copy and built once, each off until `KEYRACK_PLANTED_BUG` has
//! its name. What is shipped has no such switch (ADR 12).
//!
//! Invariants:
//! - the checkout is only read, and what git tracks of it is what is copied;
//! - a layer is green without any bug before it is believed with one: tests that fail anyway do not count;
//! - a layer that could not be asked is never counted as good.
//!
//! Start with `ask.rs`, the order of the work; `bug.rs` reads the patches, `copy.rs` makes the copy.

mod ask;
mod bug;
mod build;
mod cargo;
mod copy;
mod layer;
mod options;
mod processes;
mod result;
mod simulation;
mod subprocess;
mod suite;

pub use ask::run;
pub use bug::{Bug, CONTROL, all};
pub use copy::apply_all;
pub use layer::Layer;
pub use options::RecallOptions;
pub use result::{Answer, Outcome, Result, Row};
