//! Failures of reading a table to import.

use std::path::PathBuf;

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
    /// Not CSV.
    #[error("this is not a CSV table: {0}. Check the file.")]
    Csv(String),
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
