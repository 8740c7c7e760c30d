//! The options of `keyrack import bookings`.

use std::path::PathBuf;

use clap::Args;

use super::codes::MAX_PREFIX;
use super::date_order::DateOrder;
use super::encoding::Encoding;
use super::fields;
use crate::messages::usage::needs;
use crate::number::{between, whole};

/// The most percent of the rooms. More than ten times the rooms that a table needs are a slip.
const MAX_CAPACITY_PERCENT: u64 = 1_000;

/// The options of `keyrack import bookings`.
#[derive(Args)]
pub struct ImportOptions {
    /// The file with the table: values separated by commas, semicolons or tabs, in UTF-8, UTF-16 with a byte order mark, or
    /// Windows-1252. It has the columns of the published table or of the original files H1.csv and H2.csv.
    pub file: PathBuf,
    /// Read and check everything, show the hotels and their codes, and change nothing. No node is asked.
    #[arg(long)]
    pub dry_run: bool,
    /// The order of day, month and year in dates such as 03/04/2026. Without it such a date is refused.
    #[arg(long, value_name = "ORDER")]
    pub date_order: Option<DateOrder>,
    /// The name of the hotel, for a table without the column hotel. Without it the original files are named after the file.
    #[arg(long, value_name = "NAME", value_parser = hotel_name)]
    pub hotel: Option<String>,
    /// Import the other rows if some cannot be read. Without it nothing is imported then.
    #[arg(long)]
    pub skip_bad_rows: bool,
    /// The encoding of the file, if it is not found correctly.
    #[arg(long)]
    pub encoding: Option<Encoding>,
    /// A prefix for the ids of the properties. With a new prefix the same file can be imported again.
    #[arg(long, default_value = "", hide_default_value = true, value_parser = prefix)]
    pub prefix: String,
    /// The number of rooms in percent of the rooms that the table needs, at most 1000. Below 100 some bookings are refused.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = between::<u32>(0, MAX_CAPACITY_PERCENT))]
    pub capacity_percent: u32,
    /// The number of requests in flight for each hotel.
    #[arg(long, value_name = "REQUESTS", default_value_t = 64, value_parser = whole::<usize>)]
    pub concurrency: usize,
}

fn hotel_name(text: &str) -> Result<String, String> {
    fields::name(text).map_err(|_| needs::HOTEL.to_owned())
}

fn prefix(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let fits = text.len() <= MAX_PREFIX && text.bytes().all(allowed);
    if fits { Ok(text.to_owned()) } else { Err(needs::PREFIX.to_owned()) }
}
