//! Faults of the rows and values of a table to import.

use crate::terminal::{line, part_of};

/// A row that cannot be imported.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// A row with too few or too many values.
    #[error("the line has {found} values, the header has {expected}. Check the separators and the quotes.")]
    Values {
        /// The number in the row.
        found: usize,
        /// The number in the header.
        expected: usize,
    },
    /// A quotation mark without its partner.
    #[error("a quotation mark begins a value here and none ends it. Write the missing mark, or write the mark twice.")]
    OpenQuote,
    /// A wrong value.
    #[error("column {place} ({}): {fault}", line(.name))]
    Column {
        /// The place of the column, from 1.
        place: usize,
        /// Its name in the file.
        name: String,
        /// The reason.
        fault: ValueFault,
    },
}

/// A value that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// A missing value.
    #[error("there is no value")]
    Missing,
    /// A value of the wrong kind.
    #[error("{} is not {needed}", quoted(.value))]
    Value {
        /// The value.
        value: String,
        /// The values of the column.
        needed: &'static str,
    },
    /// A number that is not whole or out of its range.
    #[error("{} is not a whole number from {least} to {most}", quoted(.value))]
    Number {
        /// The value.
        value: String,
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
    },
    /// A rate below zero.
    #[error("{} is below zero, and a room has no negative rate", quoted(.0))]
    Negative(String),
    /// A comma that can be a decimal comma or a thousands separator.
    #[error("{} has a comma before three digits, which can be a decimal comma or separate thousands. Write a point", quoted(.0))]
    Thousands(String),
    /// A date with two meanings.
    #[error("{} can be {dmy} or {mdy}. Say which comes first with --date-order dmy or --date-order mdy", quoted(.value))]
    TwoDates {
        /// The value.
        value: String,
        /// With the day first.
        dmy: String,
        /// With the month first.
        mdy: String,
    },
    /// A year of two digits.
    #[error("{} needs a year of four digits, such as 31/12/2026", quoted(.0))]
    ShortYear(String),
    /// Too many nights.
    #[error("{found} nights in all are more than the {most} of the longest stay")]
    TooManyNights {
        /// The nights of the row.
        found: u32,
        /// The most.
        most: u32,
    },
    /// Too many children.
    #[error("{found} children and babies are more than the {most} of one room")]
    TooManyChildren {
        /// The children and the babies of the row.
        found: u32,
        /// The most.
        most: u32,
    },
    /// A booking made before 1970.
    #[error("{0} days before the arrival is before 1970")]
    BeforeEpoch(u32),
    /// A name that is too long.
    #[error("{} has more than {most} characters", quoted(.value))]
    LongName {
        /// The value.
        value: String,
        /// The most characters.
        most: usize,
    },
    /// A name with a control character.
    #[error("{} has a control character", quoted(.0))]
    ControlCharacter(String),
}

impl ValueFault {
    /// A value of the wrong kind, with the kind that the column needs.
    pub fn needs(value: &str, needed: &'static str) -> ValueFault {
        ValueFault::Value { value: value.to_owned(), needed }
    }
}

/// A value of a file, on one line and cut.
fn quoted(value: &str) -> String {
    format!("\"{}\"", part_of(value, 60))
}
