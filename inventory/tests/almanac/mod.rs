//! The calendar, counted day by day from Thursday 1970-01-01 to 2199-12-31. It shares no code with the crate's dates.
#![allow(dead_code, reason = "every test file uses some of these")]

use std::sync::LazyLock;

use keyrack_inventory::{Month, Night, Stay, Weekdays};

/// One date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub year: i32,
    /// From 1.
    pub month: u32,
    /// From 1.
    pub day: u32,
    /// From 0 for Monday.
    pub weekday: u32,
}

static DAYS: LazyLock<Vec<Day>> = LazyLock::new(|| {
    let mut today = Day { year: 1970, month: 1, day: 1, weekday: 3 };
    let mut days = Vec::new();
    while today.year < 2200 {
        days.push(today);
        today = tomorrow(today);
    }
    days
});

fn tomorrow(today: Day) -> Day {
    let Day { year, month, day, weekday } = today;
    let weekday = if weekday == 6 { 0 } else { weekday + 1 };
    match (month, day) {
        (12, 31) => Day { year: year + 1, month: 1, day: 1, weekday },
        _ if day == length(year, month) => Day { year, month: month + 1, day: 1, weekday },
        _ => Day { year, month, day: day + 1, weekday },
    }
}

/// In these centuries every fourth year is a leap year, except 2100.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && year != 2100
}

fn length(year: i32, month: u32) -> u32 {
    let february = if is_leap(year) { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1]
}

/// Every date, ascending: the place of a date is its night.
pub fn days() -> &'static [Day] {
    &DAYS
}

/// The date of a night.
pub fn day(night: Night) -> Day {
    days()[night.0 as usize]
}

/// The night of a date.
pub fn night(year: i32, month: u32, day: u32) -> Night {
    let found = days().iter().position(|d| (d.year, d.month, d.day) == (year, month, day));
    Night(found.expect("a date of the calendar") as u32)
}

/// The key of the page that has this night, and the night's place in it.
pub fn page_of(night: Night) -> (Month, usize) {
    let Day { year, month, day, .. } = day(night);
    (Month((year * 12 + month as i32 - 1) as u16), day as usize - 1)
}

/// The nights of a page, each with its place.
pub fn nights_of(month: Month) -> impl Iterator<Item = (usize, Night)> {
    // A month begins at most this many nights after 1970-01-01.
    let first = 28 * (u32::from(month.0) - 1970 * 12);
    (first..days().len() as u32).map(Night).skip_while(move |night| page_of(*night).0 != month).map_while(move |night| {
        let (of, place) = page_of(night);
        (of == month).then_some((place, night))
    })
}

/// Whether a night falls on one of these days of the week. The lowest bit is Monday.
pub fn is_on(days: Weekdays, night: Night) -> bool {
    let monday_first = [1, 2, 4, 8, 16, 32, 64];
    days.0 & monday_first[day(night).weekday as usize] != 0
}

/// The nights that the guest sleeps.
pub fn nights(stay: Stay) -> impl Iterator<Item = Night> {
    (stay.arrival().0..stay.departure().0).map(Night)
}
