//! The options of `keyrack import bookings`.

use std::path::PathBuf;

use clap::Args;

use crate::number::whole;

/// The options of `keyrack import bookings`.
#[derive(Args)]
pub struct ImportOptions {
    /// The CSV file with the table.
    pub file: PathBuf,
    /// A prefix for the ids of the properties. With a new prefix the same file can be imported again.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub prefix: String,
    /// The number of rooms in percent of the rooms that the table needs. Below 100 some bookings are refused.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = whole::<u32>)]
    pub capacity_percent: u32,
    /// The number of requests in flight for each hotel.
    #[arg(long, value_name = "REQUESTS", default_value_t = 64, value_parser = whole::<usize>)]
    pub concurrency: usize,
}
