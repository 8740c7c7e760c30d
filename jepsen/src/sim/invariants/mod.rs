//! What must hold, one property to a file. A check says what it found wrong.

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
