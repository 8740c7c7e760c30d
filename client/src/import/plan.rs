//! From rows to a replay: hotels of the right size, and what happens on which day.

use std::collections::BTreeMap;

use keyrack_client::v1;
pub use keyrack_inventory::Night;

use super::table::{Ending, Row};

/// A calendar date.
pub type Day = Night;

/// One hotel with everything that happens to it.
pub struct Hotel {
    pub id: String,
    pub name: String,
    pub first_day: Day,
    pub rows: Vec<Row>,
    /// Rooms by type.
    pub capacities: BTreeMap<String, u32>,
    pub rates: Vec<v1::AriUpdate>,
    /// In order; days on which nothing happens are left out.
    pub days: Vec<Events>,
}

/// What happens on one day, in this order.
#[derive(Default)]
pub struct Events {
    pub date: Day,
    /// To bookings of earlier days.
    pub before: Vec<Act>,
    pub bookings: Vec<Act>,
    /// To bookings of this day.
    pub after: Vec<Act>,
}

/// One request, for the row with this number.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Book(usize),
    Cancel(usize),
    NoShow(usize),
    CheckIn(usize),
    CheckOut(usize),
}

impl Events {
    /// How many requests.
    pub fn acts(&self) -> usize {
        self.before.len() + self.bookings.len() + self.after.len()
    }
}

impl Hotel {
    /// Days from the first arrival to the last departure.
    pub fn nights_open(&self) -> u32 {
        let first = self.rows.iter().map(|row| row.arrival.0).min().unwrap_or(0);
        let last = self.rows.iter().map(|row| row.departure().0).max().unwrap_or(0);
        last - first
    }
}

/// Sorts the rows into hotels and days, and sizes the hotels: as many rooms of a type as were ever taken at
/// once, times `capacity_percent`.
pub fn plan(rows: Vec<Row>, prefix: &str, capacity_percent: u32) -> Vec<Hotel> {
    let mut hotels: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        hotels.entry(row.hotel.clone()).or_default().push(row);
    }
    hotels.into_iter().map(|(name, rows)| hotel(name, rows, prefix, capacity_percent)).collect()
}

fn hotel(name: String, rows: Vec<Row>, prefix: &str, capacity_percent: u32) -> Hotel {
    let days = days(&rows);
    let mut capacities = peaks(&rows, &days);
    capacities.values_mut().for_each(|rooms| *rooms = (*rooms * capacity_percent).div_ceil(100));
    Hotel {
        id: format!("{prefix}{}", name.to_lowercase().replace(' ', "-")),
        first_day: days.first().map_or(Night(0), |day| day.date),
        rates: rates(&rows),
        capacities,
        days,
        rows,
        name,
    }
}

fn days(rows: &[Row]) -> Vec<Events> {
    let mut days: BTreeMap<Day, Events> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.nights > 0) {
        let mut add = |date: Day, act| {
            let day = days.entry(date).or_default();
            match act {
                Act::Book(_) => day.bookings.push(act),
                _ if date == row.booked_on => day.after.push(act),
                _ => day.before.push(act),
            }
        };
        add(row.booked_on, Act::Book(number));
        match row.ending {
            Ending::Cancelled => add(row.ended_on, Act::Cancel(number)),
            // A guest is a no-show at the earliest on the day of arrival.
            Ending::NoShow => add(row.ended_on.max(row.arrival), Act::NoShow(number)),
            Ending::CheckOut => {
                add(row.arrival, Act::CheckIn(number));
                add(row.departure(), Act::CheckOut(number));
            }
        }
    }
    days.into_iter().map(|(date, events)| Events { date, ..events }).collect()
}

/// The most rooms of each type that are taken on any night at any time of the replay.
fn peaks(rows: &[Row], days: &[Events]) -> BTreeMap<String, u32> {
    let mut taken: BTreeMap<(&str, u32), u32> = BTreeMap::new();
    let mut peaks: BTreeMap<String, u32> = BTreeMap::new();
    for day in days {
        for act in day.before.iter().chain(&day.bookings).chain(&day.after) {
            let (Act::Book(number) | Act::Cancel(number) | Act::NoShow(number)) = act else { continue };
            let row = &rows[*number];
            for night in row.arrival.0..row.departure().0 {
                let rooms = taken.entry((&row.room_type, night)).or_default();
                if let Act::Book(_) = act {
                    *rooms += 1;
                    let peak = peaks.entry(row.room_type.clone()).or_default();
                    *peak = (*peak).max(*rooms);
                } else {
                    *rooms -= 1;
                }
            }
        }
    }
    peaks
}

/// For every room type and month the average rate of its arrivals; the type's own average where there are none.
fn rates(rows: &[Row]) -> Vec<v1::AriUpdate> {
    let stays: Vec<&Row> = rows.iter().filter(|row| row.nights > 0).collect();
    let mut sums: BTreeMap<(&str, Option<u16>), (u64, u64)> = BTreeMap::new();
    for row in &stays {
        let month = row.arrival.in_month().0.0;
        for key in [(row.room_type.as_str(), Some(month)), (row.room_type.as_str(), None)] {
            let (cents, count) = sums.entry(key).or_default();
            *cents += row.rate_cents;
            *count += 1;
        }
    }
    let first = stays.iter().map(|row| row.arrival).min().unwrap_or_default();
    let last = stays.iter().map(|row| row.departure()).max().unwrap_or_default();
    let types: std::collections::BTreeSet<&str> = stays.iter().map(|row| row.room_type.as_str()).collect();
    let mut updates = Vec::new();
    for room_type in types {
        let mut day = first;
        while day <= last {
            let (month, place) = day.in_month();
            let end = Night(day.0 + (month.days() - place) as u32 - 1).min(last);
            let average = sums.get(&(room_type, Some(month.0))).or_else(|| sums.get(&(room_type, None)));
            let cents = average.map_or(0, |(cents, count)| cents / count);
            updates.push(v1::AriUpdate {
                room_type: room_type.to_owned(),
                rate_plan: Some("BAR".into()),
                date_from: day.to_string(),
                date_to: end.to_string(),
                rate: Some(format!("{}.{:02}", cents / 100, cents % 100)),
                ..Default::default()
            });
            day = end.next();
        }
    }
    updates
}
