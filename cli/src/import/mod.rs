//! `keyrack import bookings`: replays a table of real bookings in the order in which they were made.
//!
//! The table is "hotel booking demand" (N. Antonio, A. de Almeida, L. Nunes, Data in Brief 22, 2019). Its rows become
//! hotels with just enough rooms, and for each day the bookings, cancellations, arrivals and departures. A part of the
//! table is in `cli/samples`.
//!
//! # Invariants
//! - The whole file is read and checked before the first request. All bad rows are reported, each with its line.
//! - Nothing is guessed: a value with two meanings is refused until an option says which one is meant.
//! - All idempotency keys are derived from the lines of the rows, so an interrupted import can be repeated.
//! - Days are replayed in order. Within a day the steps that free rooms come first.
//!
//! Start with `run.rs`. `table.rs` parses: `encoding.rs` and `separator.rs` find the form of the file, `columns.rs` its
//! header, `row.rs` reads a booking. `plan.rs` sorts rows into hotels and days, `codes.rs` makes their ids, `replay.rs`
//! sends the requests.

mod amount;
mod codes;
mod columns;
mod date_order;
mod encoding;
mod fields;
mod lines;
mod options;
mod overview;
mod plan;
mod records;
mod replay;
mod row;
mod run;
mod separator;
mod set_up;
mod summary;
mod table;

pub use options::ImportOptions;
pub use run::{bookings, dry_run};
