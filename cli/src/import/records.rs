//! Splits the text of a table into records.

use csv::{ReaderBuilder, StringRecord};

use super::lines::Lines;
use super::separator::Separator;
use crate::messages::row::RowFault;

/// The records of a text with the lines where they begin.
pub struct Records<'a> {
    text: &'a str,
    start: usize,
    reader: csv::Reader<&'a [u8]>,
    lines: Lines<'a>,
}

impl<'a> Records<'a> {
    /// Starts at the place where the header begins.
    pub fn new(text: &'a str, start: usize, separator: Separator) -> Records<'a> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(separator.byte()).has_headers(false).flexible(true);
        let reader = builder.from_reader(&text.as_bytes()[start..]);
        Records { text, start, reader, lines: Lines::new(text) }
    }

    /// The next record, with the line where it begins.
    pub fn next(&mut self) -> Option<(usize, StringRecord)> {
        let mut record = StringRecord::new();
        // A text in memory that is UTF-8 gives records without errors.
        if !self.reader.read_record(&mut record).unwrap_or(false) {
            return None;
        }
        let begin = self.begin(&record);
        Some((self.lines.line_at(begin), record))
    }

    /// Where a record begins. The reader counts the line breaks before a record as a part of it.
    fn begin(&self, record: &StringRecord) -> usize {
        let place = self.start + record.position().map_or(0, |position| position.byte() as usize);
        let rest = &self.text.as_bytes()[place.min(self.text.len())..];
        place + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
    }

    /// Why a record cannot have the values of a row.
    pub fn fault(&self, record: &StringRecord, expected: usize) -> Option<RowFault> {
        let is_last = self.start as u64 + self.reader.position().byte() >= self.text.len() as u64;
        let quotes = || self.text[self.begin(record)..].bytes().filter(|byte| *byte == b'"').count();
        // A quotation mark that is never closed takes all the following lines into one value.
        if is_last && quotes() % 2 == 1 && record.iter().any(|value| value.contains(['\r', '\n'])) {
            return Some(RowFault::OpenQuote);
        }
        (record.len() != expected).then(|| RowFault::Values { found: record.len(), expected })
    }
}
