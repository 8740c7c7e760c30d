//! A shard's life on one node: commands in, reads out.
//!
//! A command goes into the [`Batcher`], which makes many commands one Raft entry, here or at the node that leads. A read passes
//! the [`ReadGate`], where one ReadIndex round answers everyone who waited when it began. Both know a shard only as a
//! [`crate::raft::Replica`], so the simulation runs the same code. Start with `batcher.rs` and `proposer.rs`.
//!
//! Invariants:
//! - a command is forwarded at most once for each try; nothing is proposed after its deadline;
//! - a command that may have been proposed is never called refused ([`Undecided::Unknown`]);
//! - a read that passed sees everything that was acknowledged before it came;
//! - every queue is bounded: what does not fit is refused at once.

mod batcher;
mod limits;
mod pending;
mod proposer;
mod read_gate;

pub use batcher::{Batcher, Undecided};
pub use limits::BatchLimits;
pub use pending::{Answer, Decided, Pending, answer_out};
pub use read_gate::ReadGate;
