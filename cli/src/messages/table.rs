//! Failures of reading a table to import.

use std::io;
use std::path::PathBuf;

use keyrack_os_error::in_words;

use super::files::hints;

/// A table that cannot be read. The line is that of the file.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Any of the others, with its place.
    #[error("{}, line {line}", .path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The fault.
        source: Box<TableError>,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {}. {}", .path.display(), in_words(.cause), hints::TABLE)]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// Not UTF-8.
    #[error("it is not text. Check that the file is a CSV table in UTF-8.")]
    NotText,
    /// A row with too few or too many values.
    #[error("the line has {found} values, the header has {expected}. Check the commas and the quotes.")]
    Values {
        /// The number in the row.
        found: u64,
        /// The number in the header.
        expected: u64,
    },
    /// Not CSV for another reason.
    #[error("it is not a line of a CSV table. Check the file.")]
    NotCsv,
    /// No rows.
    #[error("{} has no bookings. Check the file.", .0.display())]
    Empty(PathBuf),
    /// A missing column.
    #[error("the column {0} is missing. The table has the columns of the \"hotel booking demand\" data set.")]
    NoColumn(String),
    /// A missing value.
    #[error("{0} has no value")]
    NoValue(String),
    /// A value of the wrong kind.
    #[error("{column}: {value:?} is not {needed}")]
    Value {
        /// The column.
        column: &'static str,
        /// Its value.
        value: String,
        /// The values of the column.
        needed: &'static str,
    },
    /// A booking made before 1970.
    #[error("lead_time: {0} days before the arrival is before 1970")]
    BeforeEpoch(u32),
}
