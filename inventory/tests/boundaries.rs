//! Each limit from both sides: the largest value is accepted and works, the next one is refused.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod almanac;
mod auditor;
mod fixture;

use auditor::cbor::{self, Item};
use fixture::*;
use keyrack_inventory::*;

/// First dates of a span: the first valid date, before a leap day, and late enough that the longest span just fits.
fn firsts(longest: u32) -> [Night; 4] {
    let late = almanac::days().len() as u32 - 1 - longest;
    [Night(0), almanac::night(2026, 11, 26), almanac::night(2028, 2, 28), Night(late)]
}

#[test]
fn an_ari_range_has_1_to_1096_days() {
    for from in firsts(1_096) {
        for (days, error) in [
            (1, None),
            (1_095, None),
            (1_096, None),
            (1_097, Some(DateError::TooLong)),
            (1_098, Some(DateError::TooLong)),
            (70_000, Some(DateError::TooLong)),
        ] {
            let range = DateRange::new(from, Night(from.0 + days - 1));
            assert_eq!(range.err(), error, "{days} days from {from}");
            assert_eq!(range.map_or(0, |range| range.dates().count() as u32), if error.is_none() { days } else { 0 });
        }
        assert_eq!(DateRange::new(Night(from.0 + 1), from), Err(DateError::Empty));
    }
}

#[test]
fn a_stay_has_1_to_366_nights() {
    for arrival in firsts(366) {
        for (nights, error) in [
            (1, None),
            (365, None),
            (366, None),
            (367, Some(DateError::TooLong)),
            (368, Some(DateError::TooLong)),
            (80_000, Some(DateError::TooLong)),
        ] {
            let stay = Stay::new(arrival, Night(arrival.0 + nights));
            assert_eq!(stay.err(), error, "{nights} nights from {arrival}");
            assert_eq!(stay.map_or(0, |stay| stay.nights().count() as u32), if error.is_none() { nights } else { 0 });
        }
        assert_eq!(Stay::new(arrival, arrival), Err(DateError::Empty));
        assert_eq!(Stay::new(Night(arrival.0 + 1), arrival), Err(DateError::Empty));
    }
}

/// No range and no stay reaches past 2199-12-31. On that day itself nobody sleeps, so no rate is loaded for it.
#[test]
fn nothing_is_after_the_last_date() {
    let last = almanac::night(2199, 12, 31);
    assert_eq!(almanac::days().len() as u32, last.0 + 1);
    let before = |days: u32| Night(last.0 - days);
    assert!(Stay::new(before(1), last).is_ok() && DateRange::new(before(1), before(1)).is_ok());
    assert_eq!(Stay::new(before(1), Night(last.0 + 1)), Err(DateError::Invalid));
    assert_eq!(Stay::new(last, Night(last.0 + 1)), Err(DateError::Invalid));
    assert_eq!(DateRange::new(before(1), last), Err(DateError::Invalid));
    assert_eq!(DateRange::new(last, last), Err(DateError::Invalid));
    assert_eq!(DateRange::new(Night(u32::MAX), Night(u32::MAX)), Err(DateError::Invalid));
}

/// The longest update changes its first and its last day, and no day beside them.
#[test]
fn the_longest_update_changes_1096_days() {
    for from in [almanac::night(2026, 11, 26), almanac::night(2028, 2, 29)] {
        let mut rows = key_inn();
        let to = Night(from.0 + 1_095);
        let line = AriUpdate {
            dates: DateRange::new(from, to).unwrap(),
            capacity: Some(9),
            ..update("DLX", None, "2026-12-01", "2026-12-01")
        };
        let reply = run(&mut rows, Op::UpdateAri(vec![line]), morning_ms());
        assert_eq!(reply, Reply::AriUpdated { updates: 1, nights: 1_096, past: 0 });
        for (night, capacity) in [(Night(from.0 - 1), 2), (from, 9), (Night(from.0 + 700), 9), (to, 9), (Night(to.0 + 1), 2)] {
            assert_eq!(count(&mut rows, "DLX", &night.to_string()).capacity, capacity, "{night}");
        }
    }
}

/// Books one room of each of `types` room types for `nights`, and returns the room types and the nights in its leaf.
fn leaf_of(types: usize, nights: u32) -> (Item, Item) {
    let mut rows = key_inn();
    let code = |place: usize| format!("T{place}");
    (0..types).for_each(|place| drop(run(&mut rows, put_room_type(room_type(&code(place), 3)), morning_ms())));
    let stay = Stay::new(first_date(), Night(first_date().0 + nights)).unwrap();
    let rooms = (0..types).map(|place| room(&code(place), "FLEX", 1)).collect();
    let reply = run(&mut rows, book(1, stay, rooms), morning_ms());
    assert!(matches!(reply, Reply::Booking(_)), "{types} types, {nights} nights: {reply:?}");
    let Some(Row::Leaf(bytes)) = rows.get(&Key::Leaf(0)).unwrap() else { panic!("no leaf") };
    assert!(bytes.len() < 1 << 16, "a leaf fits an entry bundle");
    assert_eq!(Leaf::decode(bytes).unwrap().encode(), *bytes);
    let Item::Map(pairs) = cbor::read(bytes).unwrap() else { panic!("not a map") };
    let of = |key: i128| pairs.iter().find(|(k, _)| *k == Item::Number(key)).unwrap().1.clone();
    (of(4), of(9))
}

#[test]
fn a_leaf_has_the_limits_of_up_to_4096_nights_times_types() {
    for (types, nights) in [(12, 341), (15, 273), (16, 256), (32, 128)] {
        let (codes, limits) = leaf_of(types, nights);
        let expected = Item::Array(vec![Item::Array(vec![Item::Number(3), Item::Number(2)]); nights as usize]);
        assert_eq!(limits, Item::Array(vec![expected; types]), "{types} types, {nights} nights");
        assert_eq!(codes.array().unwrap().len(), types);
    }
    for (types, nights) in [(17, 241), (13, 316), (12, 342), (50, 82), (50, 366)] {
        let (codes, limits) = leaf_of(types, nights);
        assert_eq!(limits, Item::Null, "{types} types, {nights} nights");
        assert_eq!(codes.array().unwrap().len(), types);
    }
}

/// No bound on one step of work may leave an arrival of the closed day as it is.
#[test]
fn closing_a_day_marks_all_of_its_arrivals() {
    for arrivals in [99, 101, 257, 1_025] {
        let mut rows = key_inn();
        run(&mut rows, put_property(PropertyDetails { no_show_on_close: true, ..details() }), morning_ms());
        run(&mut rows, put_room_type(room_type("DLX", 2_000)), morning_ms());
        let tonight = stay("2026-11-26", "2026-11-28");
        // Every tenth guest is there, every tenth booking is cancelled, and one more guest comes tomorrow.
        for number in 0..arrivals {
            run(&mut rows, book(number, tonight, vec![room("DLX", "FLEX", 1)]), morning_ms());
            match number % 10 {
                3 => drop(run(&mut rows, check_in(number), morning_ms())),
                7 => drop(run(&mut rows, cancel(number), morning_ms())),
                _ => {}
            }
        }
        run(&mut rows, book(arrivals, stay("2026-11-27", "2026-11-28"), vec![room("DLX", "FLEX", 1)]), morning_ms());
        let close = Op::CloseBusinessDate { expected_from: first_date() };
        assert_eq!(run(&mut rows, close, morning_ms()), Reply::BusinessDate(night("2026-11-27")));
        let mut came = 0;
        for number in 0..=arrivals {
            let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(number))).unwrap() else { panic!("{number}") };
            let state = match number % 10 {
                _ if number == arrivals => BookingState::Confirmed,
                3 => BookingState::CheckedIn,
                7 => BookingState::Cancelled,
                _ => BookingState::NoShow,
            };
            assert_eq!(booking.state, state, "booking {number} of {arrivals}");
            came += u32::from(state == BookingState::CheckedIn);
        }
        assert_eq!(count(&mut rows, "DLX", "2026-11-26").sold, came);
        assert_eq!(count(&mut rows, "DLX", "2026-11-27").sold, came + 1);
        let lines = rows.iter().filter(|(_, row)| matches!(row, Row::Journal(line) if line.happened == JournalEvent::NoShow));
        let gone = (0..arrivals).filter(|number| !matches!(number % 10, 3 | 7)).count();
        assert_eq!(lines.count(), gone);
    }
}
