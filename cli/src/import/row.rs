//! One booking of the table.

use csv::StringRecord;
use keyrack_inventory::{MAX_STAY_NIGHTS, Night as Day};

use super::columns::{Column, Columns};
use super::date_order::{self, DateOrder};
use super::fields::Fields;
use crate::messages::row::{RowFault, ValueFault};

/// The most adults of one room, and the most children.
const MAX_GUESTS: u32 = 100;
/// With the longest stay, the departure is before the last valid date of the inventory.
const LAST_YEAR: u32 = 2_190;
/// No booking is made earlier than this number of days before its arrival.
const MAX_LEAD_DAYS: u32 = 100_000;

/// One booking of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line of the file where it begins.
    pub line: usize,
    /// The name of its hotel.
    pub hotel: String,
    pub booked_on: Day,
    pub arrival: Day,
    pub nights: u32,
    pub adults: u32,
    pub children: u32,
    /// The name of its room type.
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

/// How to read what a row does not say itself.
pub struct Rules<'a> {
    /// The hotel of a table without a column for it.
    pub hotel: Option<&'a str>,
    /// The order of day and month.
    pub date_order: Option<DateOrder>,
}

/// Reads a row that begins in this line.
///
/// # Errors
/// All faults of the row.
pub fn read(line: usize, columns: &Columns, record: &StringRecord, rules: &Rules<'_>) -> Result<Row, Vec<RowFault>> {
    let mut fields = Fields::new(columns, record);
    let row = values(line, &mut fields, rules);
    let faults = fields.into_faults();
    row.filter(|_| faults.is_empty()).ok_or(faults)
}

/// Reads every value before it gives up, so that all faults are found at once.
fn values(line: usize, fields: &mut Fields<'_>, rules: &Rules<'_>) -> Option<Row> {
    let hotel = match rules.hotel {
        Some(name) => Some(name.to_owned()),
        None => fields.name(Column::Hotel),
    };
    let lead = fields.number(Column::LeadTime, 0, MAX_LEAD_DAYS);
    let arrival = arrival(fields);
    let booked_on = arrival.zip(lead).and_then(|(arrival, lead)| {
        let day = arrival.0.checked_sub(lead).map(Day).ok_or(ValueFault::BeforeEpoch(lead));
        fields.keep(Column::LeadTime, day)
    });
    let nights =
        sum(fields, [Column::WeekendNights, Column::WeekNights], |fields, column| fields.number(column, 0, MAX_STAY_NIGHTS))
            .and_then(|found| {
                let most = MAX_STAY_NIGHTS;
                let nights = if found > most { Err(ValueFault::TooManyNights { found, most }) } else { Ok(found) };
                fields.keep(Column::WeekNights, nights)
            });
    let adults = fields.number(Column::Adults, 0, MAX_GUESTS);
    let children = sum(fields, [Column::Children, Column::Babies], |fields, column| fields.number_or_none(column, MAX_GUESTS))
        .and_then(|found| {
            let most = MAX_GUESTS;
            let children = if found > most { Err(ValueFault::TooManyChildren { found, most }) } else { Ok(found) };
            fields.keep(Column::Children, children)
        });
    let channel = fields.name(Column::Channel);
    let room_type = fields.name(Column::RoomType);
    let rate_cents = fields.cents(Column::Rate);
    let ending = fields.read(Column::Status, ending);
    let ended_on = fields.read(Column::StatusDate, |text| date_order::read(text, rules.date_order));
    Some(Row {
        line,
        hotel: hotel?,
        booked_on: booked_on?,
        arrival: arrival?,
        nights: nights?,
        adults: adults?,
        children: children?,
        room_type: room_type?,
        channel: channel?.replace('/', "-"),
        rate_cents: rate_cents?,
        ending: ending?,
        ended_on: ended_on?.max(booked_on?),
    })
}

fn sum<'a>(fields: &mut Fields<'a>, columns: [Column; 2], read: impl Fn(&mut Fields<'a>, Column) -> Option<u32>) -> Option<u32> {
    let [first, second] = columns.map(|column| read(fields, column));
    Some(first? + second?)
}

fn arrival(fields: &mut Fields<'_>) -> Option<Day> {
    let year = fields.number(Column::ArrivalYear, 1_970, LAST_YEAR);
    let month = fields.read(Column::ArrivalMonth, month);
    let day = fields.number(Column::ArrivalDay, 1, 31);
    let (year, month, day) = (year?, month?, day?);
    let date = Day::from_ymd(year as i32, month, day);
    let text = || format!("{day} {} {year}", fields.text(Column::ArrivalMonth));
    let date = date.map_err(|_| ValueFault::needs(&text(), "a date"));
    fields.keep(Column::ArrivalDay, date)
}

/// The English name of a month, or its number.
fn month(text: &str) -> Result<u32, ValueFault> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = text.to_lowercase();
    let place = MONTHS.iter().position(|month| *month == name || (name.len() == 3 && month.starts_with(&name)));
    let number = text.parse::<u32>().ok().filter(|number| text.len() <= 2 && (1..=12).contains(number));
    let month = place.map(|place| place as u32 + 1).or(number);
    month.ok_or_else(|| ValueFault::needs(text, "the English name of a month"))
}

fn ending(text: &str) -> Result<Ending, ValueFault> {
    let letters: String = text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    match letters.as_str() {
        "checkout" | "checkedout" => Ok(Ending::CheckOut),
        "canceled" | "cancelled" => Ok(Ending::Cancelled),
        "noshow" => Ok(Ending::NoShow),
        _ => Err(ValueFault::needs(text, "Check-Out, Canceled or No-Show")),
    }
}
