//! Parses the "hotel booking demand" table: the columns that a replay needs.
//!
//! N. Antonio, A. de Almeida, L. Nunes: Hotel booking demand datasets, Data in Brief 22 (2019), CC BY 4.0.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use keyrack_inventory::Night as Day;

use crate::messages::files::{AccessError, hints};
use crate::messages::table::TableError;

/// The columns that a table must have.
const COLUMNS: [&str; 15] = [
    "hotel",
    "lead_time",
    "arrival_date_year",
    "arrival_date_month",
    "arrival_date_day_of_month",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "adults",
    "children",
    "babies",
    "distribution_channel",
    "reserved_room_type",
    "adr",
    "reservation_status",
    "reservation_status_date",
];

/// One booking of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its line in the file. The first booking is on line 2.
    pub line: usize,
    pub hotel: String,
    pub booked_on: Day,
    pub arrival: Day,
    pub nights: u32,
    pub adults: u32,
    pub children: u32,
    pub room_type: String,
    pub channel: String,
    /// Average daily rate in cents.
    pub rate_cents: u64,
    pub ending: Ending,
    /// The date of its end.
    pub ended_on: Day,
}

/// How a booking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    CheckOut,
    Cancelled,
    NoShow,
}

impl Row {
    /// The day of departure.
    pub fn departure(&self) -> Day {
        Day(self.arrival.0 + self.nights)
    }

    /// Whether the guest did not come.
    pub fn did_not_stay(&self) -> bool {
        self.ending != Ending::CheckOut
    }
}

/// Reads the whole table.
pub fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).map_err(|cause| AccessError::Read { path: path.to_owned(), cause, hint: hints::TABLE })?;
    Ok(parse(path, file)?)
}

/// Reads the text of a table. The path is for messages.
pub fn parse(path: &Path, table: impl io::Read) -> Result<Vec<Row>, TableError> {
    let mut reader = csv::Reader::from_reader(table);
    let at = |line| move |cause| TableError::At { path: path.to_owned(), line, source: Box::new(cause) };
    let not_csv = |line| {
        move |cause: csv::Error| match cause.into_kind() {
            csv::ErrorKind::Io(cause) => TableError::Unreadable { path: path.to_owned(), cause },
            csv::ErrorKind::Utf8 { .. } => at(line)(TableError::NotText),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                at(line)(TableError::Values { found: len, expected: expected_len })
            }
            _ => at(line)(TableError::NotCsv),
        }
    };
    let headers = reader.headers().map_err(not_csv(1))?.clone();
    if headers.is_empty() {
        return Err(TableError::Empty(path.to_owned()));
    }
    let columns: BTreeMap<String, usize> = headers.iter().enumerate().map(|(place, name)| (name.to_owned(), place)).collect();
    let missing = COLUMNS.iter().find(|name| !columns.contains_key(**name));
    if let Some(name) = missing {
        return Err(at(1)(TableError::NoColumn((*name).to_owned())));
    }
    let mut rows = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let line = place + 2;
        let record = record.map_err(not_csv(line))?;
        rows.push(row(line, &Fields { record: &record, columns: &columns }).map_err(at(line))?);
    }
    if rows.is_empty() { Err(TableError::Empty(path.to_owned())) } else { Ok(rows) }
}

struct Fields<'a> {
    record: &'a csv::StringRecord,
    columns: &'a BTreeMap<String, usize>,
}

impl Fields<'_> {
    fn text(&self, name: &str) -> Result<&str, TableError> {
        let place = self.columns.get(name).ok_or_else(|| TableError::NoColumn(name.to_owned()))?;
        self.record.get(*place).ok_or_else(|| TableError::NoValue(name.to_owned()))
    }

    /// The table has "NA" or nothing for an unknown number.
    fn number(&self, name: &'static str) -> Result<u32, TableError> {
        let text = self.text(name)?;
        if matches!(text, "" | "NA" | "NULL") {
            return Ok(0);
        }
        match text.parse::<f64>() {
            Ok(number) if (0.0..=1e6).contains(&number) => Ok(number as u32),
            _ => Err(wrong(name, text, "a number from 0 to 1000000")),
        }
    }
}

/// No stay in the table may be longer. The hotel's rates are set for every night up to the last departure.
const MAX_NIGHTS: u32 = 1_000;
/// With the longest stay, the departure is before the last valid date of the inventory.
const LAST_YEAR: u32 = 2_190;

fn wrong(column: &'static str, value: &str, needed: &'static str) -> TableError {
    TableError::Value { column, value: value.to_owned(), needed }
}

fn row(line: usize, fields: &Fields<'_>) -> Result<Row, TableError> {
    let arrival = arrival(fields)?;
    let lead = fields.number("lead_time")?;
    let booked_on = Day(arrival.0.checked_sub(lead).ok_or(TableError::BeforeEpoch(lead))?);
    let ending = match fields.text("reservation_status")? {
        "Check-Out" => Ending::CheckOut,
        "Canceled" => Ending::Cancelled,
        "No-Show" => Ending::NoShow,
        other => return Err(wrong("reservation_status", other, "Check-Out, Canceled or No-Show")),
    };
    let rate = fields.text("adr")?;
    let rate: f64 = match rate.parse() {
        Ok(number) if (-1e6..=1e6).contains(&number) => number,
        _ => return Err(wrong("adr", rate, "a number up to 1000000")),
    };
    let nights = fields.number("stays_in_weekend_nights")? + fields.number("stays_in_week_nights")?;
    if nights > MAX_NIGHTS {
        return Err(wrong("stays_in_week_nights", &nights.to_string(), "at most 1000 nights in all"));
    }
    Ok(Row {
        line,
        hotel: fields.text("hotel")?.to_owned(),
        booked_on,
        arrival,
        nights,
        adults: fields.number("adults")?,
        children: fields.number("children")? + fields.number("babies")?,
        room_type: fields.text("reserved_room_type")?.trim().to_owned(),
        channel: fields.text("distribution_channel")?.replace('/', "-"),
        rate_cents: (rate.max(0.0) * 100.0).round() as u64,
        ending,
        ended_on: us_date(fields.text("reservation_status_date")?)?.max(booked_on),
    })
}

fn arrival(fields: &Fields<'_>) -> Result<Day, TableError> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let name = fields.text("arrival_date_month")?;
    let month = MONTHS.iter().position(|month| *month == name);
    let month = month.ok_or_else(|| wrong("arrival_date_month", name, "the English name of a month"))?;
    let (year, day) = (fields.number("arrival_date_year")?, fields.number("arrival_date_day_of_month")?);
    if year > LAST_YEAR {
        return Err(wrong("arrival_date_year", &year.to_string(), "a year up to 2190"));
    }
    let date = Day::from_ymd(year as i32, month as u32 + 1, day);
    date.map_err(|_| wrong("arrival_date_day_of_month", &format!("{day} {name} {year}"), "a date"))
}

/// Parses `7/31/2015`, or `2015-07-31`, which other copies of the table have.
fn us_date(text: &str) -> Result<Day, TableError> {
    if let Ok(day) = Day::parse(text) {
        return Ok(day);
    }
    let parts: Vec<u32> = text.split('/').filter_map(|part| part.parse().ok()).collect();
    let date = match parts[..] {
        [month, day, year] => Day::from_ymd(year as i32, month, day).ok(),
        _ => None,
    };
    date.ok_or_else(|| wrong("reservation_status_date", text, "a date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_cannot_be_read_is_refused_with_its_line() {
        let text = |table: &str| {
            let error = parse(Path::new("t.csv"), table.as_bytes()).expect_err(table);
            crate::messages::failure::text(&error.into())
        };
        assert_eq!(text(""), "t.csv has no bookings. Check the file.");
        assert!(text("hotel,b\n1,2\n").starts_with("t.csv, line 1: the column lead_time is missing."));
        let header = COLUMNS.join(",");
        assert!(text(&format!("{header}\n1,2,3\n")).starts_with("t.csv, line 2: the line has 3 values, the header has 15."));
        let of_may = "A,0,2026,Mai,1,0,1,1,0,0,Direct,A,1,Check-Out,2026-05-02";
        assert!(
            text(&format!("{header}\n{of_may}\n")).contains("arrival_date_month: \"Mai\" is not the English name of a month")
        );
        for (good, bad, says) in [
            ("May", "May", ""),
            (",2026,", ",2191,", "arrival_date_year: \"2191\" is not a year up to 2190"),
            (",0,1,1,0,0,", ",1000,1,1,0,0,", "\"1001\" is not at most 1000 nights in all"),
            (",1,Check-Out", ",NaN,Check-Out", "adr: \"NaN\" is not a number up to 1000000"),
            (",1,Check-Out", ",1e308,Check-Out", "adr: \"1e308\" is not a number up to 1000000"),
        ] {
            let row = of_may.replace("Mai", "May").replace(good, bad);
            match parse(Path::new("t.csv"), format!("{header}\n{row}\n").as_bytes()) {
                Ok(_) => assert_eq!(says, "", "{row}"),
                Err(error) => assert!(!says.is_empty() && crate::messages::failure::text(&error.into()).contains(says), "{row}"),
            }
        }
        let error = parse(Path::new("t.csv"), &b"hotel,\xff\n"[..]).expect_err("no text");
        assert!(crate::messages::failure::text(&error.into()).starts_with("t.csv, line 1: it is not text."));
    }
}
