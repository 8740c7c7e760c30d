//! The decision: one command against the rows of one shard.
//!
//! `run.rs` is the walk that every command takes: expire what is due, ask whether the caller may, answer a retry from its
//! record, decide, append the journal line that keeps the answer. Start there. Below it is a file for each kind of decision:
//! `bookings`, `amend`, `stays`, `holds`, `ari`, `catalog`, `day`, `erase`, `receipts`, `audit_trail`, `rights`.
//! They share `pricing` and `free` (may this be sold, and for how much), `counters` (the only place that changes them),
//! `booking_rows` and `open_holds` (rows with what belongs to them), and `shard`, on which all of them work.
//!
//! A decision returns `Result<_, Stop>`: a refusal is an answer and leaves every row as it was, a fault is none.
//! Every decision therefore checks first and writes afterwards; only a refused amendment changes counters and takes that
//! back (`amend`). Invariants that span decisions are asserted by `ledger`
//! (counters against bookings and holds) and `watched_rows` (what may be written at all).
//!
//! No file here imports another that imports it: `run` is at the top, `shard` and `stop` are at the bottom.

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
