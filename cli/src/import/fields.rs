//! The values of one row, by column.

use csv::StringRecord;

use super::amount::{cents, whole};
use super::columns::{Column, Columns};
use crate::messages::row::{RowFault, ValueFault};

/// The most characters of a hotel's name, a room type or a channel. A service allows 200 in a name and in a reference.
const MAX_NAME: usize = 150;

/// The values of one row, and the faults that were found in them.
pub struct Fields<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    faults: Vec<RowFault>,
}

impl<'a> Fields<'a> {
    /// Starts without faults.
    pub fn new(columns: &'a Columns, record: &'a StringRecord) -> Fields<'a> {
        Fields { columns, record, faults: Vec::new() }
    }

    /// The faults of the row.
    pub fn into_faults(self) -> Vec<RowFault> {
        self.faults
    }

    /// The value without blanks around it. The original two files fill short values with blanks.
    pub fn text(&self, column: Column) -> &'a str {
        self.columns.place(column).and_then(|place| self.record.get(place)).unwrap_or_default().trim()
    }

    /// The value if `read` accepts it. Otherwise the fault is kept.
    pub fn read<T>(&mut self, column: Column, read: impl FnOnce(&str) -> Result<T, ValueFault>) -> Option<T> {
        let text = self.text(column);
        let value = if text.is_empty() { Err(ValueFault::Missing) } else { read(text) };
        self.keep(column, value)
    }

    /// A name with single blanks between its words.
    pub fn name(&mut self, column: Column) -> Option<String> {
        self.read(column, name)
    }

    /// A whole number.
    pub fn number(&mut self, column: Column, least: u32, most: u32) -> Option<u32> {
        self.read(column, |text| whole(text, least, most))
    }

    /// A whole number, or 0 for none. The table has "NA" for an unknown number of children.
    pub fn number_or_none(&mut self, column: Column, most: u32) -> Option<u32> {
        if matches!(self.text(column), "" | "NA" | "NULL") { Some(0) } else { self.number(column, 0, most) }
    }

    /// A rate in cents.
    pub fn cents(&mut self, column: Column) -> Option<u64> {
        self.read(column, cents)
    }

    /// The value, or nothing after the fault was kept.
    pub fn keep<T>(&mut self, column: Column, value: Result<T, ValueFault>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(fault) => {
                let (place, name) = self.columns.shown(column);
                self.faults.push(RowFault::Column { place, name: name.to_owned(), fault });
                None
            }
        }
    }
}

/// Reads a name. All blanks between two words, line breaks too, become one blank.
pub fn name(text: &str) -> Result<String, ValueFault> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        Err(ValueFault::Missing)
    } else if name.chars().count() > MAX_NAME {
        Err(ValueFault::LongName { value: name, most: MAX_NAME })
    } else if name.chars().any(char::is_control) {
        Err(ValueFault::ControlCharacter(name))
    } else {
        Ok(name)
    }
}
