//! `keyrackd dev`: a whole cluster on this machine, with sample hotels, to try and to test.
//!
//! Invariants:
//! - All files in the data folder are kept, so the same command continues with the same keys, certificates and bookings.
//! - All listeners are on loopback, because the API keys are printed.
//! - There is one running cluster per data folder, which holds its lock.
//!
//! Start with `command.rs`. `setup.rs` makes folders, keys and configurations, `nodes.rs` runs the nodes as processes or in this
//! one, and `samples.rs` loads hotels over gRPC, as any client would.

mod certificates;
mod command;
mod dial;
mod nodes;
mod options;
mod programs;
mod samples;
mod setup;

pub use command::dev;
pub use options::Options;
