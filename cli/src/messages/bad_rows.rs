//! The list of the rows of a table that cannot be imported.

use std::fmt::Write;
use std::path::PathBuf;

use super::row::{RowFault, ValueFault};
use crate::terminal::{part_of, path_text};

/// The rows of a table that cannot be imported.
#[derive(Debug)]
pub struct BadRows {
    /// The file.
    pub path: PathBuf,
    /// The number of bad rows.
    pub rows: u64,
    /// The number of faults in them.
    pub faults: u64,
    /// The first faults with their lines, at most [`BadRows::LISTED`].
    pub listed: Vec<(usize, RowFault)>,
    /// The first date of the file with the day in front, if it cannot be read with the month in front.
    pub day_first: Option<DateExample>,
    /// The first date of the file with the month in front, if it cannot be read with the day in front.
    pub month_first: Option<DateExample>,
}

/// A date of the file.
#[derive(Debug)]
pub struct DateExample {
    /// Its line.
    pub line: usize,
    /// Its text.
    pub value: String,
}

impl BadRows {
    /// The most faults in a message.
    pub const LISTED: usize = 100;

    /// Starts with none.
    pub fn none(path: PathBuf) -> BadRows {
        BadRows { path, rows: 0, faults: 0, listed: Vec::new(), day_first: None, month_first: None }
    }

    /// Adds a bad row.
    pub fn add(&mut self, line: usize, faults: Vec<RowFault>) {
        self.rows += 1;
        self.faults += faults.len() as u64;
        let room = BadRows::LISTED - self.listed.len();
        self.listed.extend(faults.into_iter().take(room).map(|fault| (line, fault)));
    }

    /// The number of bad rows in words.
    pub fn counted(&self) -> String {
        format!("{} bad {}", self.rows, if self.rows == 1 { "row" } else { "rows" })
    }

    /// What the other dates of the file show about the dates with two meanings. It is a hint and no decision.
    pub fn date_hint(&self) -> String {
        let is_two_dates = |fault: &RowFault| matches!(fault, RowFault::Column { fault: ValueFault::TwoDates { .. }, .. });
        let (example, order, first) = match (&self.day_first, &self.month_first) {
            (Some(example), None) => (example, "dmy", "day"),
            (None, Some(example)) => (example, "mdy", "month"),
            _ => return String::new(),
        };
        if !self.listed.iter().any(|(_, fault)| is_two_dates(fault)) {
            return String::new();
        }
        let DateExample { line, value } = example;
        let value = part_of(value, 60);
        format!(" Line {line} has \"{value}\" with the {first} first, so the order may be --date-order {order}.")
    }

    /// The listed faults on lines of their own, and the number of the others.
    pub fn list(&self) -> String {
        let mut text = String::new();
        let path = path_text(&self.path);
        self.listed.iter().for_each(|(line, fault)| _ = write!(text, "\n  {path}, line {line}: {fault}"));
        let more = self.faults.saturating_sub(self.listed.len() as u64);
        if more > 0 {
            let _ = write!(text, "\n  and {more} more faults, which are not listed");
        }
        text
    }
}

/// The note about rows that were left out.
pub fn skipped(bad: &BadRows) -> String {
    format!("{} has {}, which the import leaves out:{}", path_text(&bad.path), bad.counted(), bad.list())
}
