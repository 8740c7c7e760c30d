//! What must hold in a simulated run, one property to a file. The observer asks them as things happen; `Err` says what is wrong.
//!
//! | file | property |
//! |---|---|
//! | `applied.rs` | every node applies each index once, in order |
//! | `decided_once.rs` | one idempotency key is decided once |
//! | `same_state.rs` | equal positions have equal rows |
//! | `log_matching.rs` | two logs that agree at an entry agree before it |
//! | `leaders.rs` | a term has at most one leader |
//! | `promises.rs` | what a node accepted or voted for is on its disk |
//! | `lost_acks.rs` | what was acknowledged is kept by a majority |
//! | `purge.rs` | nothing leaves the log that no snapshot has |
//! | `leaves.rs` | equal sizes of the receipts' tree have equal roots |
//! | `counters.rs` | sold and held rooms are those of bookings and holds |
//! | `stale_reads.rs` | a linearizable read sees what was acknowledged before it |
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

/// What a check comes to.
pub type Check = Result<(), String>;
