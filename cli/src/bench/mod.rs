//! `keyrack bench`: a fixed workload against running nodes, with a check of the invariant at the end.
//!
//! Properties have ten room types with 365 nights each, capacity 20 and 10 % overbooking. The mix W reserves. M reads
//! availability (70 %), reserves (25 %) and cancels (5 %). HOT reserves one room type of one property in 30 nights with
//! enough rooms, HOT-REFUSED with 20 rooms.
//!
//! # Invariants
//! - No night is sold beyond its limit, and every counter agrees with the acknowledged requests. Otherwise the run fails.
//! - The workers of every run generate the same requests.
//!
//! Start with `run.rs`. `measure.rs` is one run, `workload.rs` generates the requests, `entry/` sends them, `check.rs` checks
//! the invariant.

mod check;
mod entry;
mod hotels;
mod measure;
mod operation;
mod options;
mod report;
mod run;
mod tally;
mod target;
mod usage;
mod window;
mod workload;

pub use options::BenchOptions;
pub use run::bench;
