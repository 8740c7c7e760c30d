//! Parses the "hotel booking demand" table: the columns that a replay needs.
//!
//! N. Antonio, A. de Almeida, L. Nunes: Hotel booking demand datasets, Data in Brief 22 (2019), CC BY 4.0.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, bail};
use keyrack_inventory::Night as Day;

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
    pub fn is_given_up(&self) -> bool {
        self.ending != Ending::CheckOut
    }
}

/// Reads the whole table.
pub fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(file).with_context(|| format!("in {}", path.display()))
}

/// Reads a table's text.
pub fn parse(table: impl io::Read) -> anyhow::Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(table);
    let headers = reader.headers()?.clone();
    let columns: BTreeMap<String, usize> = headers.iter().enumerate().map(|(place, name)| (name.to_owned(), place)).collect();
    let mut rows = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let line = place + 2;
        let record = record.with_context(|| format!("line {line}"))?;
        rows.push(row(line, &Fields { record: &record, columns: &columns }).with_context(|| format!("line {line}"))?);
    }
    if rows.is_empty() {
        bail!("there are no bookings");
    }
    Ok(rows)
}

struct Fields<'a> {
    record: &'a csv::StringRecord,
    columns: &'a BTreeMap<String, usize>,
}

impl Fields<'_> {
    fn text(&self, name: &str) -> anyhow::Result<&str> {
        let place = self.columns.get(name).with_context(|| format!("the table has no column {name}"))?;
        self.record.get(*place).with_context(|| format!("{name} is missing"))
    }

    /// The table has "NA" or nothing for an unknown number.
    fn number(&self, name: &str) -> anyhow::Result<u32> {
        let text = self.text(name)?;
        if matches!(text, "" | "NA" | "NULL") {
            return Ok(0);
        }
        let number: f64 = text.parse().with_context(|| format!("{name}: {text:?} is no number"))?;
        if !(0.0..=1e6).contains(&number) {
            bail!("{name}: {text:?} is out of range");
        }
        Ok(number as u32)
    }
}

fn row(line: usize, fields: &Fields<'_>) -> anyhow::Result<Row> {
    let arrival = arrival(fields)?;
    let lead = fields.number("lead_time")?;
    let booked_on = Day(arrival.0.checked_sub(lead).context("lead_time reaches before 1970")?);
    let ending = match fields.text("reservation_status")? {
        "Check-Out" => Ending::CheckOut,
        "Canceled" => Ending::Cancelled,
        "No-Show" => Ending::NoShow,
        other => bail!("reservation_status: {other:?} is not known"),
    };
    let rate: f64 = fields.text("adr")?.parse().context("adr is no number")?;
    Ok(Row {
        line,
        hotel: fields.text("hotel")?.to_owned(),
        booked_on,
        arrival,
        nights: fields.number("stays_in_weekend_nights")? + fields.number("stays_in_week_nights")?,
        adults: fields.number("adults")?,
        children: fields.number("children")? + fields.number("babies")?,
        room_type: fields.text("reserved_room_type")?.trim().to_owned(),
        channel: fields.text("distribution_channel")?.replace('/', "-"),
        rate_cents: (rate.max(0.0) * 100.0).round() as u64,
        ending,
        ended_on: us_date(fields.text("reservation_status_date")?)?.max(booked_on),
    })
}

fn arrival(fields: &Fields<'_>) -> anyhow::Result<Day> {
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
    let month = MONTHS.iter().position(|month| *month == name).with_context(|| format!("{name:?} is no month"))?;
    let (year, day) = (fields.number("arrival_date_year")?, fields.number("arrival_date_day_of_month")?);
    Day::from_ymd(year as i32, month as u32 + 1, day).ok().context("the arrival is no date")
}

/// `7/31/2015`, or `2015-07-31` as other copies of the table have it.
fn us_date(text: &str) -> anyhow::Result<Day> {
    if let Ok(day) = Day::parse(text) {
        return Ok(day);
    }
    let parts: Vec<u32> = text.split('/').filter_map(|part| part.parse().ok()).collect();
    let [month, day, year] = parts[..] else { bail!("{text:?} is no date") };
    Day::from_ymd(year as i32, month, day).ok().with_context(|| format!("{text:?} is no date"))
}
