//! Every refusal, in order of precedence. Where possible, a request also violates later rules of the table, which tests
//! the order.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use std::collections::BTreeSet;

use fixture::*;
use keyrack_inventory::*;

/// A refusal: earlier commands, the command, and the expected reason.
struct Refusal {
    before: Vec<Op>,
    asked: Command,
    reject: Reject,
}

fn refusal(before: Vec<Op>, asked: Op, reject: Reject) -> Refusal {
    Refusal { before, asked: command(asked), reject }
}

/// The key inn with one restriction of each kind on STD, a night of DLX without rooms, a plan in yen, and booking 1 for
/// two nights from today.
fn strict_inn() -> MemRows {
    let mut rows = key_inn();
    let yen = RatePlan { currency: currency("JPY"), ..rate_plan("YEN") };
    let std = |at: &str| update("STD", None, at, at);
    let updates = vec![
        AriUpdate { stop_sell: Some(true), min_stay_through: Some(3), ..std("2026-12-01") },
        AriUpdate { min_stay_through: Some(3), closed_to_arrival: Some(true), ..std("2026-12-03") },
        AriUpdate { closed_to_arrival: Some(true), min_stay_arrival: Some(3), ..std("2026-12-05") },
        AriUpdate { min_stay_arrival: Some(3), max_stay: Some(1), ..std("2026-12-07") },
        AriUpdate { max_stay: Some(1), ..std("2026-12-09") },
        AriUpdate { closed_to_departure: Some(true), ..std("2026-12-13") },
        AriUpdate { capacity: Some(0), ..update("DLX", None, "2026-12-02", "2026-12-02") },
        AriUpdate { rate: Some(100), ..update("STD", Some("RATED"), "2026-12-20", "2026-12-20") },
    ];
    for op in [
        put_room_type(RoomType { occupancy: 2, ..room_type("DLX", 2) }),
        put_rate_plan(yen),
        put_rate_plan(rate_plan("RATED")),
        Op::UpdateAri(updates),
        book(1, stay("2026-11-26", "2026-11-28"), vec![room("STD", "FLEX", 1)]),
    ] {
        let reply = run(&mut rows, op, morning_ms());
        assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
    }
    rows
}

fn refused(at: &str, room_type: &str, available: i64, restriction: Option<Restriction>) -> RefusedNight {
    RefusedNight { night: night(at), room_type: code(room_type), available, restriction }
}

/// The refusals of requests for rooms, in the order of the checks.
fn request_refusals() -> Vec<(Stay, Vec<RoomRequest>, Reject)> {
    let past = stay("2026-11-25", "2026-12-03");
    let soon = stay("2026-12-01", "2026-12-03");
    let crowd = |kind: &str, plan: &str, quantity| RoomRequest { adults: 9, ..room(kind, plan, quantity) };
    let restricted = |nights| Reject::Restricted(vec![nights]);
    let two = |from: &str, to: &str| (stay(from, to), vec![room("STD", "FLEX", 9)]);
    let mut table = vec![
        (past, vec![], Reject::ArrivalInPast { business_date: first_date() }),
        (soon, vec![], Reject::NoRooms),
        (soon, vec![crowd("ATTIC", "GHOST", 60), room("STD", "FLEX", 0)], Reject::NoRooms),
        (soon, vec![crowd("ATTIC", "GHOST", 50), room("STD", "FLEX", 1)], Reject::TooManyRooms),
        (soon, vec![crowd("ATTIC", "GHOST", u32::MAX), room("STD", "FLEX", 1)], Reject::TooManyRooms),
        (soon, vec![crowd("ATTIC", "GHOST", 9), crowd("DLX", "YEN", 9)], Reject::UnknownRoomType(code("ATTIC"))),
        (soon, vec![crowd("DLX", "GHOST", 9), crowd("ATTIC", "YEN", 9)], Reject::UnknownRatePlan(code("GHOST"))),
        (
            soon,
            vec![crowd("DLX", "FLEX", 9), room("ATTIC", "YEN", 9)],
            Reject::OccupancyExceeded { room_type: code("DLX"), occupancy: 2 },
        ),
        (soon, vec![room("STD", "FLEX", 9), room("DLX", "YEN", 9), room("ATTIC", "YEN", 1)], Reject::CurrencyMismatch),
    ];
    for (at, to, restriction) in [
        ("2026-12-01", "2026-12-03", Restriction::StopSell),
        ("2026-12-03", "2026-12-05", Restriction::MinStayThrough),
        ("2026-12-05", "2026-12-07", Restriction::ClosedToArrival),
        ("2026-12-07", "2026-12-09", Restriction::MinStayArrival),
        ("2026-12-09", "2026-12-11", Restriction::MaxStay),
    ] {
        let (stay, rooms) = two(at, to);
        table.push((stay, rooms, restricted(refused(at, "STD", 3, Some(restriction)))));
    }
    let unpriced = vec![room("STD", "RATED", 9)];
    let no_rate = restricted(refused("2026-12-21", "STD", 3, Some(Restriction::NoRate)));
    table.push((stay("2026-12-20", "2026-12-22"), unpriced, no_rate));
    let (leaving, rooms) = two("2026-12-11", "2026-12-13");
    table.push((leaving, rooms, restricted(refused("2026-12-13", "STD", 3, Some(Restriction::ClosedToDeparture)))));
    // Two lines of one type compete for the same rooms: 2 + 2 of 3.
    let both = vec![room("STD", "FLEX", 2), room("DLX", "FLEX", 1), room("STD", "FLEX", 2)];
    let mut taken = vec![refused("2026-12-02", "STD", 3, None)];
    taken.push(refused("2026-12-02", "DLX", 0, None));
    table.push((stay("2026-12-02", "2026-12-03"), both, Reject::SoldOut(taken)));
    table
}

/// A plan with a cancellation fee above the price of the stay.
fn too_dear(text: &str) -> RatePlan {
    RatePlan { policy: CancellationPolicy { free_until_days: 0, fee: Fee::BasisPoints(10_001) }, ..rate_plan(text) }
}

fn unknown_things() -> Vec<Refusal> {
    let nights = stay("2026-11-25", "2026-11-28");
    let away = |op: Op| Refusal {
        before: vec![],
        asked: Command { property: PropertyNumber(8), request: None, by: None, op },
        reject: Reject::UnknownProperty,
    };
    let mut table = vec![
        away(book(2, nights, vec![])),
        away(place_hold(1, nights, vec![], 1)),
        away(confirm_hold(99, 2)),
        away(Op::ReleaseHold(hold_id(99))),
        away(put_room_type(room_type("DLX", MAX_CAPACITY + 1))),
        away(put_rate_plan(too_dear("FLEX"))),
        away(Op::UpdateAri(vec![update("ATTIC", None, "2026-12-01", "2026-12-01")])),
        away(Op::CloseBusinessDate { expected_from: first_date() }),
        away(amend(99, Some(nights), Some(vec![]))),
        away(cancel(99)),
        away(check_in(99)),
        away(check_out(99)),
        away(no_show(99)),
        away(revert_check_in(99)),
        away(reinstate(99)),
        away(erase(99)),
        away(erase(1)),
    ];
    for op in [
        with_revision(5, move_to(99, Some(Night::LAST), Some(first_date()))),
        with_revision(5, cancel(99)),
        with_revision(5, check_in(99)),
        with_revision(5, check_out(99)),
        with_revision(5, no_show(99)),
        with_revision(5, revert_check_in(99)),
        with_revision(5, reinstate(99)),
        erase(99),
        confirm_hold(99, 2),
        Op::ReleaseHold(hold_id(99)),
    ] {
        table.push(refusal(vec![], op, Reject::NotFound));
    }
    table
}

/// A booking belongs to one property. Another property must not learn that it exists.
fn foreign_things() -> Vec<Refusal> {
    let other = PropertyNumber(8);
    let onboard = |rows_of: PropertyNumber, op: Op| Refusal {
        before: vec![cancel(1), place_hold(1, stay("2026-11-27", "2026-11-28"), vec![room("STD", "FLEX", 1)], 9_000)],
        asked: Command { property: rows_of, request: None, by: None, op },
        reject: Reject::NotFound,
    };
    [
        cancel(1),
        amend(1, None, None),
        check_in(1),
        no_show(1),
        revert_check_in(1),
        reinstate(1),
        erase(1),
        Op::ReleaseHold(hold_id(1)),
    ]
    .map(|op| onboard(other, op))
    .into()
}

/// The same request with an expected revision.
fn with_revision(revision: u32, mut op: Op) -> Op {
    match &mut op {
        Op::Amend { expected_revision, .. }
        | Op::Cancel { expected_revision, .. }
        | Op::CheckIn { expected_revision, .. }
        | Op::CheckOut { expected_revision, .. }
        | Op::RevertCheckIn { expected_revision, .. }
        | Op::Reinstate { expected_revision, .. }
        | Op::NoShow { expected_revision, .. } => *expected_revision = Some(revision),
        _ => unreachable!("only changes of a booking have an expected revision"),
    }
    op
}

/// Dates that are not a valid stay, alone or with the kept date of the booking (two nights from today).
fn no_stays() -> Vec<Refusal> {
    let (today, left) = (first_date(), night("2026-11-28"));
    let after = |days| Night(today.0 + days);
    let moved = |arrival, departure, reject| refusal(vec![], move_to(1, arrival, departure), reject);
    let no_rooms = |arrival, departure, reject| {
        let (booking, rooms) = (booking_id(1), Some(vec![]));
        let seeds = LeafSeeds::default();
        let op = Op::Amend {
            booking,
            arrival,
            departure,
            rooms,
            guest: None,
            guest_of: None,
            seeds,
            expected_revision: Some(1),
            override_reason: None,
        };
        refusal(vec![], op, reject)
    };
    let past = Reject::ArrivalInPast { business_date: today };
    vec![
        moved(Some(left), None, Reject::InvalidStay),
        moved(Some(after(3)), None, Reject::InvalidStay),
        moved(Some(Night::LAST), None, Reject::InvalidStay),
        moved(None, Some(today), Reject::InvalidStay),
        moved(None, Some(Night(0)), Reject::InvalidStay),
        moved(Some(Night(u32::MAX)), None, Reject::InvalidStay),
        moved(Some(Night::LAST), Some(Night::LAST.next()), Reject::InvalidStay),
        moved(Some(after(9)), Some(after(9)), Reject::InvalidStay),
        moved(Some(after(9)), Some(after(8)), Reject::InvalidStay),
        moved(None, Some(after(367)), Reject::StayTooLong),
        moved(None, Some(Night::LAST), Reject::StayTooLong),
        moved(None, Some(Night(u32::MAX)), Reject::StayTooLong),
        moved(Some(Night(left.0 - 367)), None, Reject::StayTooLong),
        moved(Some(after(9)), Some(after(9 + 367)), Reject::StayTooLong),
        // A stay of the maximum length passes this check and fails the next one.
        moved(Some(Night(left.0 - 366)), None, past.clone()),
        no_rooms(Some(left), None, Reject::InvalidStay),
        no_rooms(None, Some(after(367)), Reject::StayTooLong),
        no_rooms(Some(Night(today.0 - 1)), None, past),
        no_rooms(None, Some(after(366)), Reject::NoRooms),
        // A guest who is checked in keeps the arrival date.
        refusal(vec![check_in(1)], move_to(1, Some(left), None), Reject::InvalidStay),
        refusal(vec![check_in(1)], move_to(1, Some(after(1)), None), Reject::ArrivalInPast { business_date: today }),
        refusal(vec![cancel(1)], move_to(1, Some(left), None), Reject::WrongState(BookingState::Cancelled)),
        refusal(vec![cancel(1)], move_to(1, None, Some(after(367))), Reject::WrongState(BookingState::Cancelled)),
    ]
}

fn wrong_times() -> Vec<Refusal> {
    let business_date = first_date();
    let later = stay("2026-12-15", "2026-12-17");
    let own = vec![room("STD", "FLEX", 1)];
    let state = |state| Reject::WrongState(state);
    let stale = |op| refusal(vec![cancel(1)], op, Reject::RevisionMismatch { current: 2 });
    let in_house = || vec![check_in(1)];
    let left = || vec![check_in(1), check_out(1)];
    let past = stay("2026-11-25", "2026-11-27");
    vec![
        stale(with_revision(1, move_to(1, Some(Night::LAST), Some(first_date())))),
        stale(with_revision(1, check_in(1))),
        stale(with_revision(1, check_out(1))),
        stale(with_revision(1, no_show(1))),
        refusal(vec![book(2, later, own.clone())], with_revision(2, check_in(2)), Reject::RevisionMismatch { current: 1 }),
        refusal(in_house(), with_revision(1, cancel(1)), Reject::RevisionMismatch { current: 2 }),
        refusal(vec![cancel(1)], amend(1, Some(past), None), state(BookingState::Cancelled)),
        refusal(left(), amend(1, Some(past), None), state(BookingState::CheckedOut)),
        refusal(in_house(), cancel(1), state(BookingState::CheckedIn)),
        refusal(left(), cancel(1), state(BookingState::CheckedOut)),
        refusal(vec![no_show(1)], cancel(1), state(BookingState::NoShow)),
        refusal(vec![cancel(1)], check_in(1), state(BookingState::Cancelled)),
        refusal(vec![], check_out(1), state(BookingState::Confirmed)),
        refusal(in_house(), no_show(1), state(BookingState::CheckedIn)),
        // A second step of the same kind is refused, with or without a revision.
        refusal(in_house(), check_in(1), state(BookingState::CheckedIn)),
        refusal(in_house(), with_revision(2, check_in(1)), state(BookingState::CheckedIn)),
        refusal(left(), check_out(1), state(BookingState::CheckedOut)),
        refusal(left(), with_revision(3, check_out(1)), state(BookingState::CheckedOut)),
        refusal(vec![no_show(1)], no_show(1), state(BookingState::NoShow)),
        refusal(vec![no_show(1)], with_revision(2, no_show(1)), state(BookingState::NoShow)),
        // The state is checked before the date.
        refusal(vec![book(2, later, own.clone()), cancel(2)], check_in(2), state(BookingState::Cancelled)),
        refusal(vec![book(2, later, own.clone())], check_out(2), state(BookingState::Confirmed)),
        refusal(vec![book(2, later, own.clone())], check_in(2), Reject::NotDue { business_date }),
        refusal(vec![book(2, later, own.clone())], no_show(2), Reject::NotDue { business_date }),
        refusal(vec![], amend(1, Some(past), Some(vec![])), Reject::ArrivalInPast { business_date }),
        refusal(in_house(), amend(1, Some(later), Some(vec![])), Reject::ArrivalInPast { business_date }),
        refusal(
            vec![],
            Op::CloseBusinessDate { expected_from: night("2026-11-25") },
            Reject::WrongBusinessDate { business_date },
        ),
        refusal(
            vec![],
            Op::CloseBusinessDate { expected_from: night("2026-11-27") },
            Reject::WrongBusinessDate { business_date },
        ),
        refusal(vec![place_hold(1, later, own.clone(), 0), Op::Tick], confirm_hold(1, 2), Reject::HoldExpired),
        refusal(
            vec![place_hold(1, later, own.clone(), 9_000), Op::ReleaseHold(hold_id(1))],
            confirm_hold(1, 2),
            Reject::HoldClosed,
        ),
        refusal(vec![place_hold(1, later, own.clone(), 9_000), confirm_hold(1, 2)], confirm_hold(1, 3), Reject::HoldClosed),
        refusal(vec![place_hold(1, later, own, 9_000), confirm_hold(1, 2)], Op::ReleaseHold(hold_id(1)), Reject::HoldClosed),
    ]
}

/// Confirmations of a hold for tonight after the day was closed.
fn late_confirmations() -> Vec<Refusal> {
    let tonight = || place_hold(1, stay("2026-11-26", "2026-11-28"), vec![room("STD", "FLEX", 1)], 9_000);
    let short = || place_hold(1, stay("2026-11-26", "2026-11-28"), vec![room("STD", "FLEX", 1)], 0);
    let close = || Op::CloseBusinessDate { expected_from: first_date() };
    let business_date = first_date().next();
    vec![
        refusal(vec![tonight(), close()], confirm_hold(1, 2), Reject::ArrivalInPast { business_date }),
        refusal(vec![short(), close()], confirm_hold(1, 2), Reject::HoldExpired),
        refusal(vec![tonight(), confirm_hold(1, 2), close()], confirm_hold(1, 3), Reject::HoldClosed),
        refusal(vec![tonight(), close(), Op::ReleaseHold(hold_id(1))], confirm_hold(1, 2), Reject::HoldClosed),
    ]
}

fn wrong_settings() -> Vec<Refusal> {
    let one = |update: AriUpdate| Op::UpdateAri(vec![AriUpdate { capacity: Some(1), ..update.clone() }, update]);
    let at = ("2026-12-01", "2026-12-31");
    let ari = |kind: &str, plan: Option<&str>| update(kind, plan, at.0, at.1);
    let huge = Some(MAX_CAPACITY + 1);
    let dear = Some(MAX_MINOR + 1);
    vec![
        refusal(
            vec![],
            Op::PutProperty { id: String::new(), details: details(), business_date: first_date(), expected_revision: Some(2) },
            Reject::RevisionMismatch { current: 1 },
        ),
        refusal(vec![], put_room_type(room_type("NEW", MAX_CAPACITY + 1)), Reject::CapacityTooLarge),
        refusal(
            vec![],
            put_room_type(RoomType { overbooking_basis_points: 10_001, ..room_type("NEW", 1) }),
            Reject::CapacityTooLarge,
        ),
        refusal(
            vec![],
            Op::PutRoomType { room_type: room_type("NEW", MAX_CAPACITY + 1), expected_revision: Some(1) },
            Reject::CapacityTooLarge,
        ),
        refusal(
            vec![],
            Op::PutRoomType { room_type: room_type("NEW", 1), expected_revision: Some(1) },
            Reject::RevisionMismatch { current: 0 },
        ),
        refusal(
            vec![],
            Op::PutRatePlan {
                rate_plan: RatePlan { currency: currency("JPY"), ..rate_plan("RATED") },
                expected_revision: Some(9),
            },
            Reject::RevisionMismatch { current: 1 },
        ),
        refusal(vec![], put_rate_plan(RatePlan { currency: currency("JPY"), ..rate_plan("RATED") }), Reject::CurrencyMismatch),
        refusal(
            vec![],
            Op::PutRatePlan {
                rate_plan: RatePlan { currency: currency("JPY"), ..too_dear("RATED") },
                expected_revision: Some(9),
            },
            Reject::AmountTooLarge,
        ),
        refusal(
            vec![],
            one(AriUpdate { rate: dear, out_of_order: huge, ..ari("ATTIC", Some("GHOST")) }),
            Reject::UnknownRoomType(code("ATTIC")),
        ),
        refusal(
            vec![],
            one(AriUpdate { rate: dear, out_of_order: huge, ..ari("STD", Some("GHOST")) }),
            Reject::UnknownRatePlan(code("GHOST")),
        ),
        refusal(vec![], one(AriUpdate { rate: dear, out_of_order: huge, ..ari("STD", None) }), Reject::RateWithoutPlan),
        refusal(vec![], one(AriUpdate { rate: dear, out_of_order: huge, ..ari("STD", Some("RATED")) }), Reject::AmountTooLarge),
        // Updates are checked one by one. The first wrong one decides, whatever its fault.
        refusal(
            vec![],
            Op::UpdateAri(vec![
                AriUpdate { out_of_order: huge, ..ari("STD", None) },
                AriUpdate { rate: dear, ..ari("STD", Some("RATED")) },
            ]),
            Reject::CapacityTooLarge,
        ),
        refusal(vec![], one(AriUpdate { out_of_order: huge, ..ari("STD", None) }), Reject::CapacityTooLarge),
        refusal(vec![], Op::UpdateAri(vec![AriUpdate { capacity: huge, ..ari("STD", None) }]), Reject::CapacityTooLarge),
    ]
}

fn table() -> Vec<Refusal> {
    let mut table = unknown_things();
    for (stay, rooms, reject) in request_refusals() {
        table.push(refusal(vec![], book(2, stay, rooms.clone()), reject.clone()));
        table.push(refusal(vec![], place_hold(1, stay, rooms, 1_000), reject));
    }
    table.extend(wrong_times());
    table.extend(no_stays());
    table.extend(late_confirmations());
    table.extend(wrong_settings());
    table
}

fn check(refusal: &Refusal) {
    let mut rows = strict_inn();
    let mut at_ms = morning_ms();
    for op in &refusal.before {
        at_ms += 1;
        let reply = run(&mut rows, op.clone(), at_ms);
        assert!(!matches!(reply, Reply::Rejected(_)), "{op:?} was refused: {reply:?}");
    }
    let expected = |replayed| Outcome { reply: Reply::Rejected(refusal.reject.clone()), replayed, guest_key: None };
    let (before, count) = (lasting(&rows), rows.iter().count());
    assert_eq!(apply(&mut rows, &refusal.asked, at_ms).unwrap(), expected(false), "{:?}", refusal.asked);
    assert_eq!(lasting(&rows), before, "after {:?}", refusal.asked);
    assert_eq!(rows.iter().count(), count, "without a key no record is stored of {:?}", refusal.asked);

    let keyed = Command { request: Some(key(1, 1)), ..refusal.asked.clone() };
    assert_eq!(apply(&mut rows, &keyed, at_ms).unwrap(), expected(false));
    assert_eq!(apply(&mut rows, &keyed, at_ms).unwrap(), expected(true));
    assert_eq!(lasting(&rows), before, "after {keyed:?}");
    assert_eq!(rows.iter().count(), count + 2, "an idempotency record and its line are stored of {keyed:?}");
}

#[test]
fn each_refusal_is_exact_and_changes_nothing() {
    table().iter().for_each(check);
}

#[test]
fn another_property_does_not_find_a_booking() {
    for refusal in foreign_things() {
        let mut rows = strict_inn();
        let asked = Command { property: PropertyNumber(8), request: None, by: None, op: put_property(details()) };
        apply(&mut rows, &asked, morning_ms()).unwrap();
        for op in &refusal.before {
            run(&mut rows, op.clone(), morning_ms());
        }
        let outcome = apply(&mut rows, &refusal.asked, morning_ms()).unwrap();
        assert_eq!(outcome.reply, Reply::Rejected(refusal.reject), "{:?}", refusal.asked);
    }
}

#[test]
fn a_key_is_valid_for_one_payload() {
    let mut rows = strict_inn();
    let asked = |fingerprint, op| Command { property: HOTEL, request: Some(key(1, fingerprint)), by: None, op };
    let first = apply(&mut rows, &asked(1, cancel(1)), morning_ms()).unwrap();
    let before = lasting(&rows);
    let other = apply(&mut rows, &asked(2, check_in(1)), morning_ms()).unwrap();
    assert_eq!(other, Outcome { reply: Reply::Rejected(Reject::KeyReused), replayed: false, guest_key: None });
    let again = apply(&mut rows, &asked(1, cancel(1)), morning_ms()).unwrap();
    assert_eq!(again, Outcome { reply: first.reply, replayed: true, guest_key: None });
    assert_eq!(lasting(&rows), before);
}

#[test]
fn the_house_limit_is_checked_last_and_lists_only_other_nights() {
    let mut rows = strict_inn();
    run(&mut rows, put_property(PropertyDetails { house_limit: Some(1), ..details() }), morning_ms());
    let reply = run(&mut rows, book(2, stay("2026-12-02", "2026-12-04"), vec![room("DLX", "FLEX", 2)]), morning_ms());
    let nights = vec![refused("2026-12-02", "DLX", 0, None), refused("2026-12-03", "DLX", 1, None)];
    assert_eq!(reply, Reply::Rejected(Reject::SoldOut(nights)));
}

/// A new variant does not compile without a line here, and fails without a row in the table.
#[test]
fn the_table_is_complete() {
    let name = |reject: &Reject| match reject {
        Reject::UnknownProperty => 0,
        Reject::UnknownRoomType(_) => 1,
        Reject::UnknownRatePlan(_) => 2,
        Reject::NotFound => 3,
        Reject::ArrivalInPast { .. } => 4,
        Reject::NoRooms => 5,
        Reject::TooManyRooms => 6,
        Reject::OccupancyExceeded { .. } => 7,
        Reject::CurrencyMismatch => 8,
        Reject::CapacityTooLarge => 9,
        Reject::RateWithoutPlan => 10,
        Reject::Restricted(_) => 11,
        Reject::SoldOut(_) => 12,
        Reject::WrongState(_) => 13,
        Reject::WrongBusinessDate { .. } => 14,
        Reject::NotDue { .. } => 15,
        Reject::HoldExpired => 16,
        Reject::HoldClosed => 17,
        Reject::RevisionMismatch { .. } => 18,
        Reject::AmountTooLarge => 19,
        Reject::InvalidStay => 20,
        Reject::StayTooLong => 21,
        Reject::KeyReused => 22,                            // has its own test above
        Reject::Forbidden | Reject::HoldQuota { .. } => 23, // tested in `access.rs` and `hold_quota.rs`
        // Tested in `hotel_rules.rs`.
        Reject::StayOver { .. }
        | Reject::DepartureInPast { .. }
        | Reject::TooLateToRevert { .. }
        | Reject::PriceChanged { .. }
        | Reject::DuplicateReference(_)
        | Reject::Retired(_)
        | Reject::SellerPrices { .. }
        | Reject::GuestsMissing { .. }
        | Reject::GuestChanged => 24,
    };
    let rows: BTreeSet<u32> = table().iter().map(|refusal| name(&refusal.reject)).collect();
    assert_eq!(rows.into_iter().collect::<Vec<u32>>(), (0..22).collect::<Vec<u32>>());
}
