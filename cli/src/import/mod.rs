//! `keyrack import bookings`: replays a table of real bookings in the order in which they were made.
//!
//! The table is "hotel booking demand" (N. Antonio, A. de Almeida, L. Nunes, Data in Brief 22, 2019). Its rows become
//! hotels with just enough rooms, and for each day the bookings, cancellations, arrivals and departures. A part of the
//! table is in `cli/samples`.
//!
//! # Invariants
//! - All idempotency keys are derived from the rows, so an interrupted import can be repeated.
//! - Days are replayed in order. Within a day the steps that free rooms come first.
//!
//! Start with `run.rs`: `table.rs` parses, `plan.rs` sorts rows into hotels and days, `replay.rs` sends the requests.

mod options;
mod plan;
mod replay;
mod run;
mod set_up;
mod summary;
mod table;

pub use options::ImportOptions;
pub use run::bookings;
