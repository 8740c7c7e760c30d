//! `keyrack audit`: follows the receipts logs without trusting the cluster.
//!
//! An audit fetches the newest checkpoint of each log and all new leaves. It hashes the leaves into its own tree, which must
//! have the root of the checkpoint. It replays the leaves into a ledger of bookings, rooms and nights. The ledger must agree
//! with the limits and the remaining rooms in the leaves.
//!
//! # Invariants
//! - The stored state advances only to a checkpoint whose root its leaves have.
//! - Evidence is never overwritten. Until it is moved away, every audit exits with 1.
//! - A damaged state file is refused as a whole.
//! - Counts saturate: no leaf can make the audit panic.
//!
//! Start with `follow.rs`. `checkpoints.rs` gets and compares checkpoints, `evidence.rs` keeps contradicting ones.
//! `replay.rs` and `replay_booking.rs` add leaves to the ledger in `ledger.rs`. `state.rs` and `store.rs` keep it on disk,
//! `report.rs` collects the findings.

mod checkpoints;
mod codec;
mod evidence;
mod finding;
mod follow;
mod ledger;
mod names;
mod options;
mod replay;
mod replay_booking;
mod report;
mod report_text;
mod run;
mod source;
mod state;
mod store;

#[cfg(test)]
mod tests;

pub use options::AuditOptions;
pub use run::audit;
