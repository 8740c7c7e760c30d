//! Measures which bugs the tests find. Bugs are planted in a copy of the sources, and each layer of tests runs with each bug.
//!
//! A checker that finds nothing proves little until it has found a known bug. The bugs are patches in `jepsen/planted`. All of
//! them are applied to the copy, which is built once. Each bug is off until `KEYRACK_PLANTED_BUG` has its name. Shipped
//! programs have no such switch (ADR 12).
//!
//! Invariants:
//! - the checkout is only read, and only the files that git tracks are copied;
//! - each layer first runs without a bug: tests that fail even then do not count as finding a bug;
//! - a layer that could not run is never counted as green.
//!
//! Start with `ask.rs`, the order of the work. `bug.rs` reads the patches, `copy.rs` creates the copy.

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
