//! Extreme requests and times: no caller's request may stop a replica.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use fixture::*;
use keyrack_inventory::*;

/// The highest rate, the longest stay and the most rooms, with a fee of the whole price. Half of the rooms are added by
/// an amendment.
#[test]
fn the_most_expensive_stay_can_be_cancelled() {
    let policy = CancellationPolicy { free_until_days: u16::MAX, fee: Fee::BasisPoints(10_000) };
    let mut rows = key_inn();
    let longest = Stay::new(first_date(), Night(first_date().0 + MAX_STAY_NIGHTS)).unwrap();
    let rates = |from: &str, to: &str| AriUpdate { rate: Some(MAX_MINOR), ..update("DLX", Some("DEAR"), from, to) };
    for op in [
        put_room_type(room_type("DLX", 50)),
        put_rate_plan(RatePlan { policy, ..rate_plan("DEAR") }),
        Op::UpdateAri(vec![rates("2026-11-26", "2027-11-20"), rates("2027-11-21", "2028-01-31")]),
        book(1, longest, vec![room("DLX", "DEAR", MAX_ROOMS / 2)]),
        amend(1, None, Some(vec![room("DLX", "DEAR", MAX_ROOMS)])),
    ] {
        let reply = run(&mut rows, op, morning_ms());
        assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
    }
    let Reply::Booking(booking) = run(&mut rows, cancel(1), morning_ms()) else { panic!("the booking was not cancelled") };
    let all = u64::from(MAX_STAY_NIGHTS * MAX_ROOMS) * MAX_MINOR;
    assert_eq!((booking.total(), booking.cancellation_fee), (Some(all), Some(all)));
}

/// The longest stay, ending on the last valid date.
#[test]
fn the_last_date_can_be_booked() {
    let mut rows = key_inn();
    let nights = Stay::new(Night(Night::LAST.0 - MAX_STAY_NIGHTS), Night::LAST).unwrap();
    let reply = run(&mut rows, book(1, nights, vec![room("DLX", "FLEX", 2)]), morning_ms());
    assert!(matches!(reply, Reply::Booking(_)), "{reply:?}");
    let last = Night(Night::LAST.0 - 1).to_string();
    assert_eq!(count(&mut rows, "DLX", &last).sold, 2);
    let reply = run(&mut rows, cancel(1), morning_ms());
    assert!(matches!(reply, Reply::Booking(_)), "{reply:?}");
    assert_eq!(count(&mut rows, "DLX", &last).sold, 0);
}

/// The largest capacity with the most overbooking.
#[test]
fn the_largest_property_does_not_overflow() {
    let mut rows = key_inn();
    let huge = RoomType { overbooking_basis_points: 10_000, ..room_type("DLX", MAX_CAPACITY) };
    run(&mut rows, put_room_type(huge), morning_ms());
    for number in 0..u64::from(2 * MAX_CAPACITY / MAX_ROOMS) {
        let op = book(number, stay("2026-12-01", "2026-12-02"), vec![room("DLX", "FLEX", MAX_ROOMS)]);
        assert!(matches!(run(&mut rows, op, morning_ms()), Reply::Booking(_)));
    }
    let night = count(&mut rows, "DLX", "2026-12-01");
    assert_eq!((night.sold, night.available), (2 * MAX_CAPACITY, 0));
    let reply = run(&mut rows, book(9_999, stay("2026-12-01", "2026-12-02"), vec![room("DLX", "FLEX", 1)]), morning_ms());
    assert!(matches!(reply, Reply::Rejected(Reject::SoldOut(_))), "{reply:?}");
}

/// Giving a room back makes a deficit smaller, so the deficit must not forbid it. Taking one more room is refused.
#[test]
fn a_deficit_does_not_forbid_giving_a_room_back() {
    let mut rows = key_inn();
    run(&mut rows, book(1, stay("2026-12-01", "2026-12-03"), vec![room("DLX", "FLEX", 2)]), morning_ms());
    let cut = AriUpdate { capacity: Some(0), ..update("DLX", None, "2026-12-01", "2026-12-03") };
    run(&mut rows, Op::UpdateAri(vec![cut]), morning_ms());
    let too_few = |at: &str| RefusedNight { night: night(at), room_type: code("DLX"), available: 0, restriction: None };
    for (op, refused) in [
        (amend(1, None, Some(vec![room("DLX", "FLEX", 3)])), Some(vec![too_few("2026-12-01"), too_few("2026-12-02")])),
        // Two lines of one type count together.
        (
            amend(1, None, Some(vec![room("DLX", "FLEX", 2), room("DLX", "FLEX", 1)])),
            Some(vec![too_few("2026-12-01"), too_few("2026-12-02")]),
        ),
        // The booking may keep its nights, but gets no new night.
        (amend(1, Some(stay("2026-12-02", "2026-12-04")), None), Some(vec![too_few("2026-12-03")])),
        (amend(1, Some(stay("2026-12-01", "2026-12-02")), None), None),
        (amend(1, None, Some(vec![room("DLX", "FLEX", 1)])), None),
        (amend(1, None, Some(vec![room("STD", "FLEX", 1)])), None),
        // A room that was given back cannot be taken again.
        (amend(1, None, Some(vec![room("DLX", "FLEX", 1)])), Some(vec![too_few("2026-12-01")])),
    ] {
        let reply = run(&mut rows, op.clone(), morning_ms());
        match refused {
            Some(nights) => assert_eq!(reply, Reply::Rejected(Reject::SoldOut(nights)), "{op:?}"),
            None => assert!(matches!(reply, Reply::Booking(_)), "{op:?}: {reply:?}"),
        }
    }
    assert_eq!((count(&mut rows, "DLX", "2026-12-01").deficit(), count(&mut rows, "DLX", "2026-12-02").deficit()), (0, 0));
}

/// The same for the house limit: it counts all rooms together, so rooms may change their type.
#[test]
fn a_reached_house_limit_does_not_forbid_a_change_of_room_type() {
    let mut rows = key_inn();
    run(&mut rows, book(1, stay("2026-12-01", "2026-12-03"), vec![room("DLX", "FLEX", 2)]), morning_ms());
    run(&mut rows, put_property(PropertyDetails { house_limit: Some(1), ..details() }), morning_ms());
    let full = |at: &str, available| RefusedNight { night: night(at), room_type: code("STD"), available, restriction: None };
    let longer = Reject::SoldOut(vec![full("2026-12-03", 1)]);
    let more = Reject::SoldOut(vec![full("2026-12-01", 1), full("2026-12-02", 1)]);
    for (op, refused) in [
        (amend(1, None, Some(vec![room("STD", "FLEX", 1), room("DLX", "FLEX", 1)])), None),
        (amend(1, None, Some(vec![room("STD", "FLEX", 2)])), None),
        (amend(1, Some(stay("2026-12-01", "2026-12-04")), None), Some(longer)),
        (amend(1, None, Some(vec![room("STD", "FLEX", 2), room("DLX", "FLEX", 1)])), Some(more)),
    ] {
        let reply = run(&mut rows, op.clone(), morning_ms());
        match refused {
            Some(reject) => assert_eq!(reply, Reply::Rejected(reject), "{op:?}"),
            None => assert!(matches!(reply, Reply::Booking(_)), "{op:?}: {reply:?}"),
        }
    }
}

/// A hold for tonight cannot be confirmed after the day is closed. Its rooms stay held until it expires.
#[test]
fn a_hold_cannot_be_confirmed_after_its_arrival_date() {
    let mut rows = key_inn();
    let close = |at: &str| Op::CloseBusinessDate { expected_from: night(at) };
    for op in [
        put_property(PropertyDetails { no_show_on_close: true, ..details() }),
        place_hold(1, stay("2026-11-26", "2026-11-28"), vec![room("DLX", "FLEX", 1)], MAX_HOLD_MS),
        close("2026-11-26"),
    ] {
        let reply = run(&mut rows, op, morning_ms());
        assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
    }
    let late = Reply::Rejected(Reject::ArrivalInPast { business_date: night("2026-11-27") });
    for after_ms in [0, MAX_HOLD_MS - 1] {
        assert_eq!(run(&mut rows, confirm_hold(1, 1), morning_ms() + after_ms), late);
        let tonight = count(&mut rows, "DLX", "2026-11-27");
        assert_eq!((tonight.sold, tonight.held), (0, 1));
    }
    let reply = run(&mut rows, confirm_hold(1, 1), morning_ms() + MAX_HOLD_MS);
    assert_eq!(reply, Reply::Rejected(Reject::HoldExpired));
    assert_eq!(count(&mut rows, "DLX", "2026-11-27").held, 0);
}

/// Arrivals of an earlier day, closed before `no_show_on_close` was set, are not marked later.
#[test]
fn closing_marks_the_arrivals_of_that_day_only() {
    let mut rows = key_inn();
    let close = |at: &str| Op::CloseBusinessDate { expected_from: night(at) };
    for op in [
        book(1, stay("2026-11-26", "2026-11-29"), vec![room("DLX", "FLEX", 1)]),
        book(2, stay("2026-11-27", "2026-11-29"), vec![room("DLX", "FLEX", 1)]),
        book(3, stay("2026-11-28", "2026-11-29"), vec![room("STD", "FLEX", 1)]),
        close("2026-11-26"),
        put_property(PropertyDetails { no_show_on_close: true, ..details() }),
        close("2026-11-27"),
    ] {
        let reply = run(&mut rows, op, morning_ms());
        assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
    }
    for (number, state) in [(1, BookingState::Confirmed), (2, BookingState::NoShow), (3, BookingState::Confirmed)] {
        let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(number))).unwrap() else {
            panic!("booking {number} is missing")
        };
        assert_eq!(booking.state, state, "booking {number}");
    }
}

/// A rate whose weekdays match no date leaves the plan unpriced. Such a plan can be booked, with a price agreed
/// elsewhere.
#[test]
fn a_rate_that_matches_no_date_leaves_the_plan_unpriced() {
    let mut rows = key_inn();
    // 2026-12-01 is a Tuesday.
    let monday = Weekdays(1);
    let rate = |days| AriUpdate { days, rate: Some(100), ..update("DLX", Some("FLEX"), "2026-12-01", "2026-12-01") };
    let reply = run(&mut rows, Op::UpdateAri(vec![rate(monday), rate(Weekdays(0))]), morning_ms());
    assert_eq!(reply, Reply::AriUpdated { updates: 2, nights: 0, past: 0 });
    assert!(!property(&mut rows, HOTEL).unwrap().rate_plans[0].priced);
    let reply = run(&mut rows, book(1, stay("2026-12-01", "2026-12-03"), vec![room("DLX", "FLEX", 1)]), morning_ms());
    let Reply::Booking(booking) = reply else { panic!("the booking was refused: {reply:?}") };
    assert_eq!(booking.total(), None);

    // One of the two updates matches a date.
    run(&mut rows, Op::UpdateAri(vec![rate(monday), rate(Weekdays::ALL)]), morning_ms());
    assert!(property(&mut rows, HOTEL).unwrap().rate_plans[0].priced);
    let reply = run(&mut rows, book(2, stay("2026-12-01", "2026-12-03"), vec![room("DLX", "FLEX", 1)]), morning_ms());
    assert!(matches!(reply, Reply::Rejected(Reject::Restricted(_))), "{reply:?}");
}

/// No real clock shows this time, but a log with it must not stop a replica.
#[test]
fn the_largest_time_does_not_overflow() {
    for before_end_ms in [1, MAX_HOLD_MS - 1, MAX_HOLD_MS] {
        let mut rows = key_inn();
        let at_ms = u64::MAX - before_end_ms;
        let nights = stay("2026-12-01", "2026-12-02");
        let reply = run(&mut rows, place_hold(1, nights, vec![room("DLX", "FLEX", 1)], u64::MAX), at_ms);
        let Reply::Hold(hold) = reply else { panic!("the hold was refused: {reply:?}") };
        assert_eq!(hold.expires_at_ms, u64::MAX, "{before_end_ms} ms before the end");
        run(&mut rows, Op::Tick, u64::MAX - 1);
        assert_eq!(count(&mut rows, "DLX", "2026-12-01").held, 1, "{before_end_ms} ms before the end");
        run(&mut rows, Op::Tick, u64::MAX);
        assert_eq!(count(&mut rows, "DLX", "2026-12-01").held, 0, "{before_end_ms} ms before the end");
        // At the largest time a hold is due as soon as it is placed.
        let reply = run(&mut rows, place_hold(2, nights, vec![room("DLX", "FLEX", 1)], 1), u64::MAX);
        assert!(matches!(reply, Reply::Hold(_)), "{reply:?}");
        run(&mut rows, Op::Tick, u64::MAX);
        assert_eq!(count(&mut rows, "DLX", "2026-12-01").held, 0, "at the end");
    }
}
