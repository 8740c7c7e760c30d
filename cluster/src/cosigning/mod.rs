//! Cosigning: the leader of a shard asks every replica to sign the newest head, and puts a head that a majority signed into the
//! Raft log.
//!
//! [`Cosigning`] runs for each shard that this node leads. `rounds.rs` decides from the signatures, `streams.rs` keeps a stream
//! to each replica, [`Cosigner`] is the replicas' side. Start with `leader.rs`.
//!
//! Invariants:
//! - a checkpoint is proposed only with valid signatures of a majority of the replicas under one root;
//! - two roots at one size mean that a replica has diverged. A replica whose root differs from the majority's root stops. If
//!   no root has a majority, the leader stops;
//! - a faulty node cannot stop others: a replica stops only if its root differs from one that a majority signed.

mod answer;
mod leader;
mod rounds;
mod streams;

pub use answer::Cosigner;
pub use leader::Cosigning;
