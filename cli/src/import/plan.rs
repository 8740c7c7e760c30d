//! Sorts the rows into hotels and days, and sizes the hotels.

use std::collections::BTreeMap;

use keyrack_client::v1;
use keyrack_inventory::{MAX_CAPACITY, Night};

use super::codes;
use super::row::{Ending, Row};
use crate::messages::import::TooManyRooms;

/// A calendar date.
pub type Day = Night;

/// A hotel with its rooms, rates, bookings and days.
pub struct Hotel {
    pub id: String,
    pub name: String,
    pub first_day: Day,
    /// The rows, with the codes of their room types.
    pub rows: Vec<Row>,
    /// The codes of the room types by their names in the table.
    pub room_types: BTreeMap<String, String>,
    /// Rooms by the code of their type.
    pub capacities: BTreeMap<String, u32>,
    pub rates: Vec<v1::AriUpdate>,
    /// In order, without days that have no steps.
    pub days: Vec<Events>,
}

/// The steps of one day, in this order.
#[derive(Default)]
pub struct Events {
    pub date: Day,
    /// Steps of bookings of earlier days.
    pub before: Vec<Step>,
    pub bookings: Vec<Step>,
    /// Steps of bookings of this day.
    pub after: Vec<Step>,
}

/// One request for the row with this number.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Book(usize),
    Cancel(usize),
    NoShow(usize),
    CheckIn(usize),
    CheckOut(usize),
}

impl Events {
    /// The number of requests.
    pub fn steps(&self) -> usize {
        self.before.len() + self.bookings.len() + self.after.len()
    }
}

impl Hotel {
    /// The number of nights from the first arrival to the last departure.
    pub fn nights_open(&self) -> u32 {
        let first = self.rows.iter().map(|row| row.arrival.0).min().unwrap_or(0);
        let last = self.rows.iter().map(|row| row.departure().0).max().unwrap_or(0);
        last - first
    }
}

/// Makes the hotels. The capacity of a room type is the largest number of its rooms taken at the same time, scaled by
/// `capacity_percent`.
///
/// # Errors
/// If a room type would have more rooms than a node accepts.
pub fn plan(rows: Vec<Row>, prefix: &str, capacity_percent: u32) -> Result<Vec<Hotel>, TooManyRooms> {
    let mut hotels: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        hotels.entry(row.hotel.clone()).or_default().push(row);
    }
    let ids = codes::hotels(hotels.keys().map(String::as_str), prefix);
    hotels.into_iter().map(|(name, rows)| hotel(ids[&name].clone(), name, rows, capacity_percent)).collect()
}

fn hotel(id: String, name: String, mut rows: Vec<Row>, capacity_percent: u32) -> Result<Hotel, TooManyRooms> {
    let room_types = codes::room_types(rows.iter().map(|row| row.room_type.as_str()));
    rows.iter_mut().for_each(|row| row.room_type.clone_from(&room_types[&row.room_type]));
    let days = days(&rows);
    let mut capacities = peaks(&rows, &days);
    for (room_type, rooms) in &mut capacities {
        *rooms = scaled(*rooms, capacity_percent).ok_or_else(|| TooManyRooms {
            property: id.clone(),
            room_type: room_type.clone(),
            most: MAX_CAPACITY,
        })?;
    }
    Ok(Hotel {
        id,
        room_types,
        first_day: days.first().map_or(Night(0), |day| day.date),
        rates: rates(&rows),
        capacities,
        days,
        rows,
        name,
    })
}

/// A number of rooms in percent, if a node accepts it.
fn scaled(rooms: u32, percent: u32) -> Option<u32> {
    let rooms = (u64::from(rooms) * u64::from(percent)).div_ceil(100);
    u32::try_from(rooms).ok().filter(|rooms| *rooms <= MAX_CAPACITY)
}

fn days(rows: &[Row]) -> Vec<Events> {
    let mut days: BTreeMap<Day, Events> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.nights > 0) {
        let mut add = |date: Day, step| {
            let day = days.entry(date).or_default();
            match step {
                Step::Book(_) => day.bookings.push(step),
                _ if date == row.booked_on => day.after.push(step),
                _ => day.before.push(step),
            }
        };
        add(row.booked_on, Step::Book(number));
        match row.ending {
            Ending::Cancelled => add(row.ended_on, Step::Cancel(number)),
            // A no-show is known on the day of arrival at the earliest.
            Ending::NoShow => add(row.ended_on.max(row.arrival), Step::NoShow(number)),
            Ending::CheckOut => {
                add(row.arrival, Step::CheckIn(number));
                add(row.departure(), Step::CheckOut(number));
            }
        }
    }
    days.into_iter().map(|(date, events)| Events { date, ..events }).collect()
}

/// The largest number of rooms of each type that are taken on any night during the replay.
fn peaks(rows: &[Row], days: &[Events]) -> BTreeMap<String, u32> {
    let mut taken: BTreeMap<(&str, u32), u32> = BTreeMap::new();
    let mut peaks: BTreeMap<String, u32> = BTreeMap::new();
    for day in days {
        for step in day.before.iter().chain(&day.bookings).chain(&day.after) {
            let (Step::Book(number) | Step::Cancel(number) | Step::NoShow(number)) = step else { continue };
            let row = &rows[*number];
            for night in row.arrival.0..row.departure().0 {
                let rooms = taken.entry((&row.room_type, night)).or_default();
                if let Step::Book(_) = step {
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

/// The rate of each room type and month: the average of its arrivals, or the average of the type if there are none.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_rounded_up_and_bounded() {
        for (rooms, percent, expected) in [
            (3, 100, Some(3)),
            (3, 50, Some(2)),
            (3, 0, Some(0)),
            (10_000, 1_000, Some(100_000)),
            (10_001, 1_000, None),
            (u32::MAX, u32::MAX, None),
        ] {
            assert_eq!(scaled(rooms, percent), expected, "{rooms} {percent}");
        }
    }
}
