//! Failures of reading a table to import: of the whole file and of its header.

use std::path::PathBuf;

use super::bad_rows::BadRows;
use crate::terminal::{line, path_text};

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file is too large.
    #[error("{} has more than {limit} bytes. Split the table into smaller files.", path_text(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// The file is not text.
    #[error("{}, line {line}: {fault}", path_text(.path))]
    Text {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The reason.
        fault: TextFault,
    },
    /// The header is not that of a table of bookings.
    #[error("{}, line {line}: {fault}", path_text(.path))]
    Header {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The reason.
        fault: HeaderFault,
    },
    /// No rows.
    #[error("{} has no bookings. Check the file.", path_text(.0))]
    Empty(PathBuf),
    /// Some rows cannot be imported.
    #[error("{} has {}, so nothing was imported. Correct the file, or import the other rows with --skip-bad-rows.{}{}",
        path_text(&.0.path), .0.counted(), .0.date_hint(), .0.list())]
    BadRows(Box<BadRows>),
    /// All rows were left out.
    #[error("{} has no row that can be imported. Check the file.", path_text(.0))]
    OnlyBadRows(PathBuf),
}

/// Bytes that are not the text of a table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// NUL, or a byte that Windows-1252 does not define.
    #[error("it is not text. Check that the file is a CSV table. If it is one, say how it is encoded with --encoding.")]
    Binary,
    /// UTF-16 without a byte order mark, or a binary file.
    #[error(
        "it is not text, or UTF-16 without a byte order mark. If it is UTF-16, say so with --encoding utf-16le or \
         --encoding utf-16be."
    )]
    NoMark,
    /// UTF-8 with some other bytes.
    #[error(
        "it has a byte that is not UTF-8, but other lines are UTF-8. Correct the line, or say how the file is encoded with \
         --encoding."
    )]
    PartlyUtf8,
    /// Bytes without a meaning in an encoding that is known.
    #[error("it has bytes that are not {0}. Correct the line, or say how the file is encoded with --encoding.")]
    NotIn(&'static str),
}

/// A header that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// Missing columns.
    #[error(
        "the table has no column {}. It needs the columns of the \"hotel booking demand\" data, separated by commas, semicolons \
         or tabs.",
        .0.join(", ")
    )]
    Missing(Vec<&'static str>),
    /// No hotel.
    #[error("the table has no column hotel. If all bookings are of one hotel, name it with --hotel NAME.")]
    NoHotel,
    /// A hotel in each row and one as an option.
    #[error("the table has a column hotel, so --hotel has no meaning. Leave the option out.")]
    HotelGiven,
    /// Two columns of one name.
    #[error("the columns {first} and {second} are both {}. Rename or remove one of them.", line(.name))]
    Twice {
        /// The name in the file.
        name: String,
        /// The place of the first, from 1.
        first: usize,
        /// The place of the second, from 1.
        second: usize,
    },
}
