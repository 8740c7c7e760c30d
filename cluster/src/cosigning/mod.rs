//! Cosigning: the leader of a shard asks every replica to sign the newest head, and what a majority signed goes into the log.
//!
//! [`Cosigning`] runs wherever this node leads; `rounds.rs` decides from the signatures, `streams.rs` keeps a stream to each
//! replica, [`answer`] is the replicas' side. Start with `leader.rs`.
//!
//! Invariants:
//! - a checkpoint is proposed only with valid signatures of a majority of the replicas under one root;
//! - two roots at one size mean that a replica is not a replica: whoever is alone with its root stops, and nobody else;
//! - a leader that errs cannot stop others: a replica stops only for a difference that it sees itself.

mod answer;
mod leader;
mod rounds;
mod streams;

pub use answer::answer;
pub use leader::Cosigning;
