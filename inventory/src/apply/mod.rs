//! The decision: one command against the rows of one shard.
//!
//! Every command takes the same walk: expire what is due, answer a retry from its record, decide, write
//! the journal line that keeps the answer.

mod amend;
mod ari;
mod audit_trail;
mod booking_rows;
mod bookings;
mod catalog;
mod counters;
mod day;
mod erase;
mod expire;
mod free;
mod holds;
mod ledger;
mod open_holds;
mod pricing;
mod receipts;
mod rights;
mod run;
mod shard;
mod stays;
mod stop;
mod watched_rows;

pub use expire::{EXPIRY_STEPS, RECORD_TTL_MS};
pub use rights::permits;
pub use run::apply;
pub use shard::At;
