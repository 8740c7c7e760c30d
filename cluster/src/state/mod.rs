//! Applies a shard's log to this node's rows, with the same result on every replica.
//!
//! `decide.rs` is the pure part: it applies a batch of encoded commands to any kind of rows and returns the outcomes.
//! [`ShardState`] runs it over the node's rows, and adds the receipts tree and the directory. It reports its position in
//! [`Progress`]. [`LogClock`] gives a leader the timestamps for entries. Raft calls all this through
//! `raft/state_machine.rs`. `readable.rs` checks commands of other nodes before they are proposed or stored. Start with `shard_state.rs`.
//!
//! Invariants:
//! - the same entries give byte-identical rows, in every batching, after a restart and after a snapshot;
//! - rows, leaves, tree and position are written in one batch;
//! - a change is published only after it is written.

mod applied;
pub mod decide;
mod log_clock;
mod progress;
pub mod readable;
mod shard_state;

pub use applied::Applied;
pub use log_clock::LogClock;
pub use progress::Progress;
pub use shard_state::ShardState;
