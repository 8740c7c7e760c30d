//! The invariants of a simulated run, one per file. The observer checks them at each event; `Err` describes the violation.
//!
//! | file | invariant |
//! |---|---|
//! | `applied.rs` | a running node applies each index once, in order |
//! | `decided_once.rs` | one idempotency key is decided once |
//! | `same_state.rs` | equal log positions have equal rows, and receipts logs of equal size have equal roots |
//! | `log_matching.rs` | two logs that have the same entry have the same entry before it |
//! | `leaders.rs` | a leader id (term and node) belongs to one incarnation |
//! | `promises.rs` | the vote that a node gave and the entries that it accepted are on its disk |
//! | `lost_acks.rs` | an acknowledged entry is on the disks of a majority |
//! | `purge.rs` | the log loses no entry that is not in the rows and in a snapshot |
//! | `leaves.rs` | the receipts log has one leaf for each event of a booking |
//! | `counters.rs` | sold and held rooms equal those of bookings and holds |
//! | `stale_reads.rs` | a linearizable read sees everything acknowledged before it began |
//! | `time.rs` | log time never runs back |

mod applied;
mod counters;
mod decided_once;
mod leaders;
mod leaves;
mod log_matching;
mod lost_acks;
mod promises;
mod purge;
mod same_state;
mod stale_reads;
mod time;

pub use applied::Applied;
pub use counters::check as counters_match;
pub use decided_once::{DecidedOnce, recorded};
pub use leaders::Leaders;
pub use leaves::Leaves;
pub use log_matching::LogMatching;
pub use lost_acks::{LostAcks, majority_has};
pub use promises::{accepted, voted};
pub use purge::check as purge_is_covered;
pub use same_state::{SameState, entry_hash};
pub use stale_reads::StaleReads;
pub use time::Time;

/// The result of a check. `Err` describes the violation.
pub type Check = Result<(), String>;
