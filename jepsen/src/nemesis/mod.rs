//! Faults that are injected into a running cluster, one round after the other.
//!
//! A round is a pause, a fault that lasts a few seconds, and [`heal`], which waits until every node is ready again. The run
//! records each fault with its nodes and its time, because the checkers and the report need them.
//!
//! Invariants:
//! - every random decision comes from the context's generator, so the same seed draws the same faults;
//! - after a round nothing of the fault is left: links, disks, clocks and processes are as before;
//! - no fault takes away more than Keyrack promises to survive.
//!
//! Start with `catalog.rs`, the table of all nemeses, then `inject.rs`, the rounds. Each kind of fault has a file.

mod catalog;
mod clock;
mod context;
mod disk;
mod inject;
mod network;
mod old_copy;
mod processes;
mod recovery;
mod rot;
mod slow_disks;
mod timing;
mod transfer;

pub use catalog::Nemesis;
pub use context::FaultContext;
pub use inject::inject_faults;
pub use recovery::{RECOVERED_WITHIN, heal};
pub use timing::FaultTiming;
