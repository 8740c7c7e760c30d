//! Parses the "hotel booking demand" table: the columns that a replay needs.
//!
//! N. Antonio, A. de Almeida, L. Nunes: Hotel booking demand datasets, Data in Brief 22 (2019), CC BY 4.0. The published
//! table and its copies differ in names of columns, separators, encodings and dates. All faults are found in one pass.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::columns::{Column, Columns};
use super::date_order::{DateOrder, only_order};
use super::encoding::{Encoding, decode};
use super::fields;
use super::records::Records;
use super::row::{self, Row, Rules};
use super::separator::{self, Separator};
use crate::messages::bad_rows::{BadRows, DateExample};
use crate::messages::files::{AccessError, hints};
use crate::messages::table::{HeaderFault, TableError};

/// The most bytes of a table. It is held in memory.
const MAX_BYTES: u64 = 512 << 20;

/// What the command line says about the table.
#[derive(Default)]
pub struct Given<'a> {
    /// The encoding.
    pub encoding: Option<Encoding>,
    /// The order of day and month.
    pub date_order: Option<DateOrder>,
    /// The hotel of all rows.
    pub hotel: Option<&'a str>,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// The rows that can be imported.
    pub rows: Vec<Row>,
    /// The others.
    pub bad: BadRows,
    /// The encoding of the file.
    pub encoding: Encoding,
    /// The separator of the file.
    pub separator: Separator,
    /// Whether the hotel is named after the file.
    pub hotel_from_file: bool,
}

/// Reads the whole table.
pub fn read(path: &Path, given: &Given<'_>) -> anyhow::Result<Table> {
    let unreadable = |cause| AccessError::Read { path: path.to_owned(), cause, hint: hints::TABLE };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(TableError::TooLarge { path: path.to_owned(), limit: MAX_BYTES }.into());
    }
    Ok(parse(path, &bytes, given)?)
}

/// Reads the bytes of a table. The path is for messages, and for the name of a hotel that nothing else names.
pub fn parse(path: &Path, bytes: &[u8], given: &Given<'_>) -> Result<Table, TableError> {
    let at = |(line, fault)| TableError::Text { path: path.to_owned(), line, fault };
    let (text, encoding) = decode(bytes, given.encoding).map_err(at)?;
    let (separator, start) = separator::find(&text);
    let mut records = Records::new(&text, start, separator);
    let Some((line, header)) = records.next() else { return Err(TableError::Empty(path.to_owned())) };
    let in_header = |fault| TableError::Header { path: path.to_owned(), line, fault };
    let columns = Columns::find(header.iter(), given.hotel.is_some()).map_err(in_header)?;
    let needs_name = !columns.has_hotel() && given.hotel.is_none();
    let from_file = needs_name.then(|| name_of(path).ok_or_else(|| in_header(HeaderFault::NoHotel))).transpose()?;
    let rules = Rules { hotel: given.hotel.or(from_file.as_deref()), date_order: given.date_order };

    let (mut rows, mut bad) = (Vec::new(), BadRows::none(path.to_owned()));
    while let Some((line, record)) = records.next() {
        // A spreadsheet may end with lines of nothing but separators.
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        let read = match records.fault(&record, columns.count()) {
            Some(fault) => Err(vec![fault]),
            None => row::read(line, &columns, &record, &rules),
        };
        match read {
            Ok(row) => {
                keep_example(&mut bad, line, columns.place(Column::StatusDate).and_then(|place| record.get(place)));
                rows.push(row);
            }
            Err(faults) => bad.add(line, faults),
        }
    }
    if rows.is_empty() && bad.rows == 0 {
        return Err(TableError::Empty(path.to_owned()));
    }
    Ok(Table { rows, bad, encoding, separator, hotel_from_file: from_file.is_some() })
}

/// Keeps the first date of each order for a hint about dates that have two meanings.
fn keep_example(bad: &mut BadRows, line: usize, date: Option<&str>) {
    let Some(date) = date.map(str::trim) else { return };
    let place = match only_order(date) {
        Some(DateOrder::Dmy) => &mut bad.day_first,
        Some(DateOrder::Mdy) => &mut bad.month_first,
        _ => return,
    };
    place.get_or_insert_with(|| DateExample { line, value: date.to_owned() });
}

/// The name of a file without its extension.
fn name_of(path: &Path) -> Option<String> {
    fields::name(&path.file_stem()?.to_string_lossy()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "hotel,lead_time,arrival_date_year,arrival_date_month,arrival_date_day_of_month,stays_in_weekend_nights,\
                          stays_in_week_nights,adults,children,babies,distribution_channel,reserved_room_type,adr,\
                          reservation_status,reservation_status_date";
    const ROW: &str = "A,0,2026,May,1,0,1,1,0,0,Direct,A,1,Check-Out,2026-05-02";

    fn table(text: &str) -> Result<Table, TableError> {
        parse(Path::new("t.csv"), text.as_bytes(), &Given::default())
    }

    /// The first fault, with its line, of a table whose second row differs.
    fn fault_of(change: (&str, &str)) -> String {
        assert!(ROW.contains(change.0), "{change:?}");
        let table = table(&format!("{HEADER}\n{ROW}\n{}\n", ROW.replacen(change.0, change.1, 1))).expect("a table");
        table.bad.listed.first().map(|(line, fault)| format!("{line}: {fault}")).unwrap_or_default()
    }

    #[test]
    fn a_bad_value_is_named_with_its_line_and_column() {
        for (from, to, says) in [
            ("May", "May", ""),
            ("May", "mAY", ""),
            ("A,0,", "  A   B ,  0 ,", ""),
            (",0,0,Direct", ",NA,NULL,Direct", ""),
            ("Check-Out", "no show", ""),
            ("May", "Mai", "3: column 4 (arrival_date_month): \"Mai\" is not the English name of a month"),
            ("2026,", "2191,", "3: column 3 (arrival_date_year): \"2191\" is not a whole number from 1970 to 2190"),
            ("0,1,1,0", "366,1,1,0", "3: column 7 (stays_in_week_nights): 367 nights in all are more than the 366"),
            ("0,0,Direct", "60,60,Direct", "3: column 9 (children): 120 children and babies are more than the 100"),
            (",1,Check", ",NaN,Check", "3: column 13 (adr): \"NaN\" is not a rate from 0 to 1000000"),
            (",1,Check", ",inf,Check", "3: column 13 (adr): \"inf\" is not a rate"),
            (",1,Check", ",1e300,Check", "3: column 13 (adr): \"1e300\" is not a rate"),
            (",1,Check", ",-1,Check", "3: column 13 (adr): \"-1\" is below zero"),
            (",1,Check", ",,Check", "3: column 13 (adr): there is no value"),
            ("A,0,", "A,,", "3: column 2 (lead_time): there is no value"),
            ("A,0,", "A,99999,", "3: column 2 (lead_time): 99999 days before the arrival is before 1970"),
            ("A,0,", "\u{1b}[2J,0,", "3: column 1 (hotel): \"\\u{1b}[2J\" has a control character"),
            (
                "2026-05-02",
                "03/04/2026",
                "3: column 15 (reservation_status_date): \"03/04/2026\" can be 2026-04-03 or 2026-03-04",
            ),
            (",2026-05-02", "", "3: the line has 14 values, the header has 15."),
            (",2026-05-02", ",\"2026-05-02", "3: a quotation mark begins a value here and none ends it"),
        ] {
            let fault = fault_of((from, to));
            assert!(fault.starts_with(says) && fault.is_empty() == says.is_empty(), "{from} -> {to}: {fault}");
        }
    }

    #[test]
    fn the_line_of_a_row_is_the_line_where_it_begins() {
        let quoted = ROW.replacen("Direct", "\"Di\nrect\"", 1);
        let bad = ROW.replacen("May", "Mai", 1);
        for (text, lines) in [
            (format!("{HEADER}\n{quoted}\n{bad}\n"), vec![4]),
            (format!("{HEADER}\r\n{quoted}\r\n{bad}\r\n{ROW}\r\n{bad}"), vec![4, 6]),
            (format!("{HEADER}\r{ROW}\r{bad}\r"), vec![3]),
            (format!("\n\n{HEADER}\n\n{bad}\n\n\n{bad}\n"), vec![5, 8]),
            (format!("sep=,\r\n{HEADER}\r\n{bad}\r\n"), vec![3]),
            (format!("\u{feff}{HEADER}\n{},\n{bad}\n", ",".repeat(13)), vec![3]),
        ] {
            let table = table(&text).expect("a table");
            assert_eq!(table.bad.listed.iter().map(|(line, _)| *line).collect::<Vec<_>>(), lines, "{text:?}");
        }
    }

    #[test]
    fn a_separator_and_an_encoding_change_no_value() {
        let text = format!("{HEADER}\n{}\n", ROW.replacen("A,", "Hôtel,", 1));
        let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
        let wide: Vec<u8> = format!("\u{feff}{text}").replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let semicolons = text.replace(',', ";").replace(";1;Check", ";1,00;Check");
        for bytes in [text.as_bytes(), &latin, &wide, semicolons.as_bytes()] {
            let table = parse(Path::new("t.csv"), bytes, &Given::default()).expect("a table");
            let rows: Vec<_> = table.rows.iter().map(|row| (row.hotel.as_str(), row.rate_cents, row.line)).collect();
            assert_eq!((rows, table.bad.rows), (vec![("Hôtel", 100, 2)], 0));
        }
    }

    #[test]
    fn all_faults_are_counted_and_the_first_hundred_are_listed() {
        let bad = ROW.replace("May", "Mai").replace("Direct", "").replace('A', "");
        let table = table(&format!("{HEADER}\n{}", format!("{bad}\n{ROW}\n").repeat(50))).expect("a table");
        assert_eq!((table.rows.len(), table.bad.rows, table.bad.faults, table.bad.listed.len()), (50, 50, 200, 100));
        let text = TableError::BadRows(Box::new(table.bad)).to_string();
        assert!(text.starts_with("t.csv has 50 bad rows, so nothing was imported."), "{text}");
        assert!(text.ends_with("\n  and 100 more faults, which are not listed"), "{text}");
    }

    #[test]
    fn other_dates_give_a_hint_about_dates_with_two_meanings() {
        let dated = |date| ROW.replacen("2026-05-02", date, 1);
        for (dates, hint) in [
            (["5/31/2026", "5/2/2026"], " Line 2 has \"5/31/2026\" with the month first, so the order may be --date-order mdy."),
            (["31/5/2026", "5/2/2026"], " Line 2 has \"31/5/2026\" with the day first, so the order may be --date-order dmy."),
            (["5/3/2026", "5/2/2026"], ""),
            (["5/31/2026", "Mai"], ""),
        ] {
            let table = table(&format!("{HEADER}\n{}\n", dates.map(dated).join("\n"))).expect("a table");
            assert_eq!(table.bad.date_hint(), hint, "{dates:?}");
        }
    }

    #[test]
    fn a_table_without_bookings_or_columns_is_refused() {
        for (text, says) in [
            ("", "t.csv has no bookings. Check the file."),
            ("\r\n\r\n", "t.csv has no bookings."),
            (HEADER, "t.csv has no bookings."),
            ("hotel,b\n1,2\n", "t.csv, line 1: the table has no column lead_time, arrival_date_year,"),
            ("\0", "t.csv, line 1: it is not text"),
        ] {
            let error = table(text).expect_err(text).to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
