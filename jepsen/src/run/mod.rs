//! A run: a cluster is set up, callers work against it while faults are injected, and the record is judged.
//!
//! The order of a run: start the nodes, create the hotels, run callers and faults concurrently, heal the cluster, repeat
//! every write without an answer, read the final state of every node, judge, write the folder.
//!
//! Invariants:
//! - a cluster that does not recover is a finding, not an error; an error means that the run proves nothing;
//! - when a run ends, its cluster's processes are stopped; an interrupted run saves its record so far;
//! - a verdict is written next to the record that it judges, with the checksums of that record's files.
//!
//! Start with `execute.rs`; `callers.rs` has the middle of a run, `final_state.rs` and `receipts.rs` its end.

mod binaries;
mod callers;
mod execute;
mod final_state;
mod folder;
mod not_possible;
mod options;
mod receipts;

pub use binaries::binaries;
pub use execute::{RunResult, run, run_until_interrupted};
pub use folder::{rejudge, write};
pub use not_possible::NotPossible;
pub use options::RunOptions;
