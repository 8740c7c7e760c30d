//! Applies one command to the rows of one shard.
//!
//! Start with `run.rs`, the steps that every command takes: expire what is due, authorize the caller, answer a retry
//! from its record, decide, append the journal line with the answer. Each kind of decision has its own file:
//! `bookings`, `amend`, `stays`, `holds`, `ari`, `catalog`, `day`, `erase`, `receipts`, `audit_trail`, `refusals`, `rights`. They
//! share `pricing` and `free` (may this be sold, and for how much), `counters` (the only file that changes counters),
//! `booking_rows` and `open_holds` (rows with their index rows), and `shard`, the state they all work on.
//!
//! A decision returns `Result<_, Stop>`. A refusal is an answer and leaves every row unchanged; a fault has no answer.
//! So every decision checks first and writes afterwards. The one exception is a refused amendment, which changes
//! counters and changes them back (`amend`). Invariants across decisions are asserted in `ledger` (counters against
//! bookings and holds) and `watched_rows` (which writes are allowed).
//!
//! Imports have no cycles: `run` is at the top, `shard` and `stop` are at the bottom.

mod amend;
mod ari;
mod audit_trail;
mod booking_rows;
mod bookings;
mod catalog;
mod counters;
mod day;
mod erase;
mod exchange;
mod expire;
mod free;
mod holds;
mod ledger;
mod open_holds;
mod pricing;
mod receipts;
mod refusals;
mod rights;
mod run;
mod shard;
mod stays;
mod stop;
mod watched_rows;

pub use expire::{EXPIRY_STEPS, RECORD_TTL_MS};
pub use refusals::{COUNTED_REFUSALS, KEPT_REFUSALS};
pub use rights::permits;
pub use run::apply;
pub use shard::{At, Rules};
