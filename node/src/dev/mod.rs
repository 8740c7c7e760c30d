//! `keyrackd dev`: a whole cluster on this machine, with sample hotels, for trying and testing.
//!
//! Invariants:
//! - Whatever is in the data folder is kept: the same command continues with the same keys, certificates and bookings.
//! - Everything listens on loopback, because the API keys are printed.
//! - One cluster per data folder: a lock is held while it runs.
//!
//! Start with `command.rs`. `setup.rs` makes folders, keys and configurations, `nodes.rs` runs the nodes as processes or in
//! this one, `samples.rs` loads hotels over gRPC, as any client would.

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
