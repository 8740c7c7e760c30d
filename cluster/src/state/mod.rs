//! What a shard's log does to this node's rows: the same on every replica.
//!
//! `decide.rs` is the pure part: a batch of encoded commands and any kind of rows in, outcomes out. [`ShardState`] puts it
//! over the node's rows, and adds the receipts' tree and the directory. [`Progress`] is where it tells how far it is.
//! [`LogClock`] gives a leader the time that it stamps on entries. Raft calls all this through `raft/state_machine.rs`.
//! Start with `shard_state.rs`.
//!
//! Invariants:
//! - the same entries give byte-identical rows in every batching, after a restart and after a snapshot;
//! - rows, leaves, tree and position are written as one;
//! - nobody hears of a change that is not written.

mod applied;
pub mod decide;
mod log_clock;
mod progress;
mod shard_state;

pub use applied::Applied;
pub use log_clock::LogClock;
pub use progress::Progress;
pub use shard_state::ShardState;
