//! A run: a cluster is set up, callers work against it while faults are injected, and the record is judged.
//!
//! The order of a run: start the nodes, open the hotels, let callers and faults go on side by side, heal the cluster, ask
//! once more about every write without an answer, read the final state of every node, judge, write the folder.
//!
//! Invariants:
//! - a cluster that does not recover is a finding, not an error; an error means that nothing was shown;
//! - whatever ends a run, the cluster's processes are gone, and what was recorded until then is in the folder;
//! - a verdict is written beside the record that it judges, with the sums of that record's files.
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
