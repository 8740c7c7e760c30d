//! Dates, stays and ARI spans are the same as in a calendar that is counted day by day, above all around the end of
//! February.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod almanac;
mod fixture;

use std::collections::BTreeMap;
use std::ops::Range;

use fixture::*;
use keyrack_inventory::*;

/// More months than any span has. A broken walk over months must not run for ever.
const MOST_MONTHS: usize = 40;
/// Leap years, years beside them, and 2100, which is none.
const YEARS: [i32; 10] = [1972, 2000, 2027, 2028, 2029, 2096, 2099, 2100, 2104, 2196];

/// The dates around the end of February of a year.
fn around_february(year: i32) -> impl Iterator<Item = Night> {
    let last = almanac::night(year, 2, 28).0;
    [31, 28, 3, 2, 1, 0].map(|before| last - before).into_iter().chain([last + 1, last + 2, last + 3]).map(Night)
}

/// The span cut at month ends, by going through it day by day.
fn walked(from: Night, days: u32) -> Vec<(Month, Range<usize>)> {
    let mut months: Vec<(Month, Range<usize>)> = Vec::new();
    for night in (from.0..from.0 + days).map(Night) {
        let (month, place) = almanac::page_of(night);
        match months.last_mut() {
            Some((newest, span)) if *newest == month => span.end = place + 1,
            _ => months.push((month, place..place + 1)),
        }
    }
    months
}

#[test]
fn every_date_matches_a_walk() {
    assert_eq!(almanac::days().len(), Night::LAST.0 as usize + 1);
    let mut month_days: BTreeMap<Month, usize> = BTreeMap::new();
    for (night, day) in (0..).map(Night).zip(almanac::days()) {
        let almanac::Day { year, month, day, weekday } = *day;
        assert_eq!(night.to_ymd(), (year, month, day));
        assert_eq!(Night::from_ymd(year, month, day), Ok(night));
        assert_eq!(night.weekday(), weekday, "{night}");
        assert_eq!(night.in_month(), almanac::page_of(night), "{night}");
        assert_eq!(night.to_string(), format!("{year}-{month:02}-{day:02}"));
        *month_days.entry(almanac::page_of(night).0).or_default() += 1;
    }
    for (month, days) in &month_days {
        assert_eq!(month.days(), *days, "{month:?}");
    }
    assert!(month_days.keys().zip(month_days.keys().skip(1)).all(|(month, next)| month.next() == *next));
}

#[test]
fn only_leap_years_have_a_29_february() {
    for year in 1970..=2199 {
        assert_eq!(Night::from_ymd(year, 2, 29).is_ok(), almanac::is_leap(year), "{year}");
        assert_eq!(Night::parse(&format!("{year}-02-30")), Err(DateError::Invalid));
    }
}

#[test]
fn stays_match_a_walk() {
    for arrival in YEARS.into_iter().flat_map(around_february) {
        for nights in [1, 2, 3, 4, 27, 28, 29, 30, 31, 32, 59, 60, 61, 62, 364, 365, 366] {
            let stay = Stay::new(arrival, Night(arrival.0 + nights)).unwrap();
            let months: Vec<_> = stay.months().take(MOST_MONTHS).collect();
            assert_eq!(months, walked(arrival, nights), "{nights} nights from {arrival}");
            assert!(stay.nights().eq(almanac::nights(stay)) && stay.len() == nights, "{nights} nights from {arrival}");
        }
    }
}

#[test]
fn ari_spans_match_a_walk() {
    for from in YEARS.into_iter().flat_map(around_february) {
        for days in [1, 2, 3, 4, 28, 29, 30, 31, 32, 60, 61, 365, 366, 367, 730, 731, 1_095, 1_096] {
            let dates = DateRange::new(from, Night(from.0 + days - 1)).unwrap();
            let months: Vec<_> = dates.months().take(MOST_MONTHS).collect();
            assert_eq!(months, walked(from, days), "{days} days from {from}");
            assert!(dates.dates().map(|night| night.0).eq(from.0..from.0 + days), "{days} days from {from}");
            for weekday in 0..7 {
                let listed = dates.dates().filter(|night| Weekdays(1 << weekday).contains(*night));
                assert!(listed.eq(dates.dates().filter(|night| almanac::day(*night).weekday == weekday)), "{from} {weekday}");
            }
        }
    }
}

/// A property whose business date is this night, with 200 rooms of one type and one plan.
fn inn_on(business_date: Night) -> MemRows {
    let mut rows = MemRows::new();
    let (id, details) = ("key-inn".to_owned(), details());
    for op in [
        Op::PutProperty { id, details, business_date, expected_revision: None },
        put_room_type(room_type("DLX", 200)),
        put_rate_plan(rate_plan("FLEX")),
    ] {
        assert!(!matches!(run(&mut rows, op, 1), Reply::Rejected(_)));
    }
    rows
}

/// The cells of one month.
type MonthOf<C> = (Month, Vec<C>);

/// The cells of all pages whose value is not the default, by night. No night may be outside its month.
fn set_cells<C: Default + PartialEq + Clone>(rows: &MemRows, cells: fn(&Key, &Row) -> Option<MonthOf<C>>) -> Vec<(Night, C)> {
    let mut set = Vec::new();
    for (month, mut cells) in rows.iter().filter_map(|(key, row)| cells(key, row)) {
        for (place, night) in almanac::nights_of(month) {
            set.push((night, std::mem::take(&mut cells[place])));
        }
        assert!(cells.iter().all(|cell| *cell == C::default()), "{month:?} has a value after its last night");
    }
    set.retain(|(_, cell)| *cell != C::default());
    set
}

fn page_cells(key: &Key, row: &Row) -> Option<MonthOf<Cell>> {
    if let (Key::Page(.., month), Row::Page(page)) = (key, row) { Some((*month, page.cells.clone())) } else { None }
}

fn rate_cells(key: &Key, row: &Row) -> Option<MonthOf<RateCell>> {
    if let (Key::Rates(.., month), Row::Rates(page)) = (key, row) { Some((*month, page.cells.clone())) } else { None }
}

/// Applies one update of capacity and rate, and compares each night of the pages with a walk over the dates.
#[test]
fn an_update_changes_exactly_the_dates_of_a_walk() {
    for from in [2028, 2096, 2100].into_iter().flat_map(around_february) {
        for (days, weekdays) in [(1, 0x7f), (3, 0x7f), (31, 0x7f), (60, 0b001_0101), (367, 0b100_0000), (1_096, 0b110_0011)] {
            let mut rows = inn_on(from);
            let dates = DateRange::new(from, Night(from.0 + days - 1)).unwrap();
            let days_of_week = Weekdays(weekdays);
            let line = AriUpdate { dates, days: days_of_week, ..update("DLX", Some("FLEX"), "2026-01-01", "2026-01-01") };
            let line = AriUpdate { capacity: Some(7), rate: Some(9_900), ..line };
            let reply = run(&mut rows, Op::UpdateAri(vec![line]), 1);
            let told = || (from.0..from.0 + days).map(Night).filter(|night| almanac::is_on(days_of_week, *night));
            let nights = 2 * told().count() as u32;
            assert_eq!(reply, Reply::AriUpdated { updates: 1, nights, past: 0 }, "{days} days from {from}");
            let cell = Cell { capacity: Some(7), ..Cell::default() };
            assert!(set_cells(&rows, page_cells).into_iter().eq(told().map(|night| (night, cell))), "{days} days from {from}");
            let rate = RateCell { rate: Some(9_900), ..RateCell::default() };
            assert!(set_cells(&rows, rate_cells).into_iter().eq(told().map(|night| (night, rate))), "{days} days from {from}");
        }
    }
}

/// A booking takes a room on each night of a walk, pays each night's own price, and gives all rooms back.
#[test]
fn a_booking_takes_exactly_the_nights_of_a_walk() {
    for arrival in [2028, 2096, 2100].into_iter().flat_map(around_february) {
        let mut rows = inn_on(arrival);
        let price = |night: Night| 10_000 + u64::from(night.0 % 400);
        let prices = (arrival.0..arrival.0 + 366).map(Night).map(|night| AriUpdate {
            dates: DateRange::new(night, night).unwrap(),
            rate: Some(price(night)),
            ..update("DLX", Some("FLEX"), "2026-01-01", "2026-01-01")
        });
        run(&mut rows, Op::UpdateAri(prices.collect()), 1);
        for (number, nights) in (0u64..).zip([1, 2, 3, 30, 61, 366]) {
            let stay = Stay::new(arrival, Night(arrival.0 + nights)).unwrap();
            let sold = |sold| Cell { sold, ..Cell::default() };
            let Reply::Booking(booking) = run(&mut rows, book(number, stay, vec![room("DLX", "FLEX", 3)]), 1) else {
                panic!("{nights} nights from {arrival} were refused")
            };
            assert!(booking.rooms[0].nightly.iter().copied().eq(almanac::nights(stay).map(price)), "{stay:?}");
            assert!(set_cells(&rows, page_cells).into_iter().eq(almanac::nights(stay).map(|night| (night, sold(3)))), "{stay:?}");
            run(&mut rows, cancel(number), 1);
            assert!(set_cells(&rows, page_cells).is_empty(), "{stay:?}");
        }
    }
}
