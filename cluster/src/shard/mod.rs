//! Commands to and linearizable reads from a shard.
//!
//! The [`Batcher`] combines many commands into one Raft entry, here or on the node that leads. A read passes the [`ReadGate`],
//! where one ReadIndex round answers all reads that were waiting when it began. Both use a shard only through
//! [`crate::raft::Replica`], so the simulation runs the same code. Start with `batcher.rs` and `proposer.rs`.
//!
//! Invariants:
//! - each try forwards a command at most once. No command is proposed after its deadline;
//! - a command that may have been proposed is never reported as refused ([`Undecided::Unknown`]);
//! - a read that passed the gate sees every change that was acknowledged before it arrived;
//! - every queue is bounded, in commands and in bytes. A command or read that does not fit is refused at once.

mod batcher;
mod limits;
mod pending;
mod proposer;
mod read_gate;
mod waiting;

pub use batcher::{Batcher, Undecided};
pub use limits::{BatchLimits, MAX_COMMAND_BYTES};
pub use pending::{Answer, Decided, Pending, answer_out};
pub use read_gate::ReadGate;
