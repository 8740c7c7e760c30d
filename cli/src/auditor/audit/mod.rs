//! `keyrack audit`: follows the receipts' logs without trusting the cluster.
//!
//! An audit fetches each log's newest checkpoint and all new leaves. It hashes the leaves into its own tree, whose root
//! must be the checkpoint's, and replays them into a ledger: who has which rooms on which night. The ledger must agree
//! with what the leaves say about limits and remaining rooms.
//!
//! # Invariants
//! - The stored state advances only to a checkpoint to which all its leaves lead.
//! - Evidence is never overwritten. Until it is moved away, every audit exits with 1.
//! - A state file is read whole or refused.
//! - Counts saturate: no leaf can make the audit panic.
//!
//! Start with `follow.rs`. `checkpoints.rs` gets and compares checkpoints, `evidence.rs` keeps those that contradict.
//! `ledger.rs` is the account, `replay.rs` and `replay_booking.rs` add leaves to it. `state.rs` and `store.rs` keep it
//! on disk, `report.rs` says what was found.

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
