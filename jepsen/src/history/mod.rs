//! The record of a run: the calls and their answers, the injected faults, and the final state of the cluster.
//!
//! A run's folder holds it as files: `scene.json` ([`RunSetup`]), `history.jsonl` (an [`Event`] a line: an invocation or a
//! completion), `history.edn` (the same in Jepsen's format), `faults.jsonl` ([`Fault`]), `finale.json` ([`FinalState`]),
//! and `SHA256SUMS` of the files that a verdict is based on.
//!
//! Invariants:
//! - times are nanoseconds since the run began, by the harness's one monotonic clock; days count from 1970-01-01;
//! - operations are in the order of their invocation, and an operation's id is its place in that order;
//! - the files' format is stable: a folder that an earlier version wrote is read and judged like a new one.
//!
//! Start with `operation.rs`, the calls and their outcomes; `folder.rs` reads and writes the files.

mod call;
mod checksums;
mod coverage;
mod edn;
mod event;
mod fault;
mod final_state;
mod folder;
mod operation;
mod run_history;
mod setup;

pub use checksums::{changed_files, file_sha256};
pub use event::{Completion, Event, Invocation, Kind};
pub use fault::Fault;
pub use final_state::{CheckpointCheck, FeedEvent, FinalBooking, FinalNight, FinalNode, FinalState, ReceiptCheck, Root};
pub use operation::{Answer, Booking, Call, Day, Night, Op, Outcome, Position, Rooms, Short, Stay};
pub use run_history::History;
pub use setup::{Hotel, RunSetup};
