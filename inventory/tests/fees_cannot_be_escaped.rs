//! No order of amendments, early departures and a cancellation costs less than cancelling at once.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use fixture::*;
use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// A step of a guest who wants to pay less.
#[derive(Clone, Copy, Debug)]
enum Trick {
    /// Move arrival and departure by these days.
    Move(i32, i32),
    /// Have this many rooms of a type and a plan.
    Rooms(usize, usize, u32),
    /// Wait for the next day.
    Wait,
}

const TYPES: [&str; 2] = ["DLX", "STD"];
const PLANS: [&str; 3] = ["HALF", "NIGHT", "FREE"];

fn trick() -> impl Strategy<Value = Trick> {
    prop_oneof![
        4 => (-3i32..60, -4i32..60).prop_map(|(arrival, departure)| Trick::Move(arrival, departure)),
        4 => (-2i32..3, -3i32..3).prop_map(|(arrival, departure)| Trick::Move(arrival, departure)),
        4 => (0usize..2, 0usize..3, 1u32..4).prop_map(|(kind, plan, rooms)| Trick::Rooms(kind, plan, rooms)),
        1 => Just(Trick::Wait),
    ]
}

/// A hotel with fees of a third, of the first night, and none, and another price on each night.
fn hotel(free_until_days: u16) -> MemRows {
    let mut rows = MemRows::new();
    let policy = |fee| CancellationPolicy { free_until_days, fee };
    let mut ops = vec![put_property(details()), put_room_type(room_type("DLX", 9)), put_room_type(room_type("STD", 9))];
    for (plan, fee) in PLANS.iter().zip([Fee::BasisPoints(3_333), Fee::FirstNight, Fee::None]) {
        ops.push(put_rate_plan(RatePlan { policy: policy(fee), ..rate_plan(plan) }));
        for kind in TYPES {
            for days in 0..90 {
                let date = Night(first_date().0 + days);
                let rate = 1_001 + u64::from(days * 7_919 % 613) * 17;
                let dates = DateRange::new(date, date).unwrap();
                let update = AriUpdate { rate: Some(rate), dates, ..update(kind, Some(plan), "2026-12-01", "2026-12-01") };
                ops.push(Op::UpdateAri(vec![update]));
            }
        }
    }
    for op in ops {
        assert!(!matches!(run(&mut rows, op, morning_ms()), Reply::Rejected(_)));
    }
    rows
}

fn stored(rows: &mut MemRows, number: u64) -> Booking {
    match rows.get(&Key::Booking(booking_id(number))).unwrap() {
        Some(Row::Booking(booking)) => Booking::clone(booking),
        other => panic!("a booking, not {other:?}"),
    }
}

fn today(rows: &mut MemRows) -> Night {
    property(rows, HOTEL).unwrap().business_date
}

fn close(rows: &mut MemRows) {
    let expected_from = today(rows);
    run(rows, Op::CloseBusinessDate { expected_from }, morning_ms());
}

/// What the guest owes after cancelling or, if the guest is in the house, after leaving today.
fn owed_at_the_end(rows: &mut MemRows) -> Minor {
    let reply = match stored(rows, 1).state {
        BookingState::Confirmed => run(rows, cancel(1), morning_ms()),
        _ => run(rows, check_out(1), morning_ms()),
    };
    match reply {
        Reply::Booking(booking) => booking.fees.total(),
        other => panic!("a booking, not {other:?}"),
    }
}

fn play(rows: &mut MemRows, tricks: &[Trick]) {
    for trick in tricks {
        let booking = stored(rows, 1);
        let moved = |night: Night, days: i32| Night(night.0.saturating_add_signed(days));
        match *trick {
            Trick::Move(arrival, departure) => {
                let (from, to) = (moved(booking.stay.arrival(), arrival), moved(booking.stay.departure(), departure));
                run(rows, move_to(1, Some(from), Some(to)), morning_ms());
            }
            Trick::Rooms(kind, plan, rooms_) => {
                run(rows, amend(1, None, Some(vec![room(TYPES[kind], PLANS[plan], rooms_)])), morning_ms());
            }
            Trick::Wait => close(rows),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_changes_is_cheaper_than_cancelling_at_once(
        free in 0u16..5,
        (days, nights) in (0u32..7, 1u32..6),
        (kind, plan, quantity) in (0usize..2, 0usize..3, 1u32..4),
        arrived in any::<bool>(),
        tricks in vec(trick(), 0..8),
    ) {
        let mut rows = hotel(free);
        let arrival = Night(first_date().0 + days);
        let stay = Stay::new(arrival, Night(arrival.0 + nights)).unwrap();
        let reply = run(&mut rows, book(1, stay, vec![room(TYPES[kind], PLANS[plan], quantity)]), morning_ms());
        prop_assert!(matches!(reply, Reply::Booking(_)));
        if arrived {
            (0..days).for_each(|_| close(&mut rows));
            run(&mut rows, check_in(1), morning_ms());
        }
        let at_once = owed_at_the_end(&mut rows.clone());
        // A guest who sleeps in the house owes the night itself.
        let tricks: Vec<Trick> = tricks.into_iter().filter(|trick| !arrived || !matches!(trick, Trick::Wait)).collect();
        play(&mut rows, &tricks);
        let at_last = owed_at_the_end(&mut rows);
        prop_assert!(at_last >= at_once, "{at_last} after the changes, {at_once} at once");
    }

    /// Whatever happened before, cancelling costs what was charged so far and at least what the policies say about the present stay.
    #[test]
    fn a_cancellation_costs_at_least_what_the_policy_says_of_the_present_stay(
        free in 0u16..5,
        (days, nights) in (0u32..7, 1u32..6),
        (kind, plan, quantity) in (0usize..2, 0usize..3, 1u32..4),
        tricks in vec(trick(), 1..8),
    ) {
        let mut rows = hotel(free);
        let arrival = Night(first_date().0 + days);
        let stay = Stay::new(arrival, Night(arrival.0 + nights)).unwrap();
        run(&mut rows, book(1, stay, vec![room(TYPES[kind], PLANS[plan], quantity)]), morning_ms());
        for trick in tricks {
            play(&mut rows, &[trick]);
            let (booking, today) = (stored(&mut rows, 1), today(&mut rows));
            // Only rooms of the first night have a price of the first night.
            let nominal: Minor = booking.rooms.iter().map(|room| room.policy.fee_on(
                today,
                booking.stay.arrival(),
                // Only rooms that are there from the arrival on have a first night.
                if room.span(booking.stay).arrival() == booking.stay.arrival() { room.nightly[0] * u64::from(room.quantity) } else { 0 },
                room.nightly.iter().sum::<Minor>() * u64::from(room.quantity),
            )).sum();
            let owed = owed_at_the_end(&mut rows.clone());
            // Each line may be rounded by half a unit.
            let least = (booking.fees.total() + nominal).saturating_sub(booking.rooms.len() as u64);
            prop_assert!(owed >= least, "{owed}, but {least} after {trick:?}: {booking:?}");
        }
    }

    #[test]
    fn moving_away_and_cancelling_costs_the_same_as_cancelling(
        (days, nights) in (0u32..7, 1u32..6),
        (kind, plan, quantity) in (0usize..2, 0usize..3, 1u32..4),
        (away, again) in (1u32..40, 0u32..3),
    ) {
        let mut rows = hotel(3);
        let stay_of = |arrival: u32| Stay::new(Night(first_date().0 + arrival), Night(first_date().0 + arrival + nights)).unwrap();
        run(&mut rows, book(1, stay_of(days), vec![room(TYPES[kind], PLANS[plan], quantity)]), morning_ms());
        let at_once = owed_at_the_end(&mut rows.clone());
        // Outside the fee period, and without a night in common.
        let arrival = days.max(3) + nights + away;
        for step in 0..=again {
            let to = stay_of(arrival + step * 2);
            run(&mut rows, move_to(1, Some(to.arrival()), Some(to.departure())), morning_ms());
        }
        prop_assert_eq!(owed_at_the_end(&mut rows), at_once);
    }

    #[test]
    fn giving_up_in_parts_costs_the_same_as_giving_up_everything(
        quantity in 2u32..9,
        steps in vec(1u32..8, 0..5),
    ) {
        let mut rows = hotel(3);
        let stay = stay("2026-11-27", "2026-12-01");
        run(&mut rows, book(1, stay, vec![room("DLX", "HALF", quantity)]), morning_ms());
        let at_once = owed_at_the_end(&mut rows.clone());
        let mut left = quantity;
        for step in steps {
            left = left.saturating_sub(step).max(1);
            run(&mut rows, amend(1, None, Some(vec![room("DLX", "HALF", left)])), morning_ms());
        }
        prop_assert_eq!(owed_at_the_end(&mut rows), at_once);
    }
}
