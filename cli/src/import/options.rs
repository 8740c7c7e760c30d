//! The options of `keyrack import bookings`.

use std::path::PathBuf;

use clap::Args;

/// What `keyrack import bookings` takes.
#[derive(Args)]
pub struct ImportOptions {
    /// The table, as CSV.
    pub file: PathBuf,
    /// Put before the hotels' property ids, to import the same file again beside itself.
    #[arg(long, default_value = "")]
    pub prefix: String,
    /// Scale the hotels' sizes, in percent: below 100 some bookings will be refused.
    #[arg(long, default_value_t = 100)]
    pub capacity_percent: u32,
    /// Requests under way at once.
    #[arg(long, default_value_t = 64)]
    pub concurrency: usize,
}
