//! The refusals of the rules of a hotel: what is over, what was agreed, and what is no longer sold. Each row has a neighbour that is allowed.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;

use callers::*;
use fixture::*;
use keyrack_inventory::*;

const TODAY: &str = "2026-11-26";

/// Three nights of STD from today, in booking 1.
fn hotel() -> MemRows {
    let mut rows = key_inn();
    let priced = AriUpdate { rate: Some(10_000), ..update("STD", Some("RACK"), TODAY, "2026-12-31") };
    done(&mut rows, put_rate_plan(rate_plan("RACK")));
    done(&mut rows, Op::UpdateAri(vec![priced]));
    done(&mut rows, book(1, stay(TODAY, "2026-11-29"), vec![room("STD", "FLEX", 1)]));
    rows
}

fn ask(rows: &mut MemRows, op: Op) -> Reply {
    apply(rows, &asked(trusted(Role::Channel), op), morning_ms()).unwrap().reply
}

fn done(rows: &mut MemRows, op: Op) -> Reply {
    let reply = run(rows, op, morning_ms());
    assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
    reply
}

#[track_caller]
fn allowed(rows: &mut MemRows, op: Op) {
    let reply = ask(rows, op);
    assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
}

/// Asserts the refusal, and that it changed nothing but the audit trail.
#[track_caller]
fn refused(rows: &mut MemRows, op: Op, reject: Reject) {
    let before = rows.clone();
    let command = asked(trusted(Role::Channel), op);
    let reply = apply(rows, &command, morning_ms()).unwrap().reply;
    assert_eq!(reply, Reply::Rejected(reject));
    assert_only_recorded(&before, rows, &command, &reply, false);
}

/// The same amendment by staff, who overrides restrictions.
fn overriding(mut op: Op) -> Op {
    if let Op::Amend { override_reason, .. } = &mut op {
        *override_reason = Some("a regular guest".to_owned());
    }
    op
}

/// Closes days until this one is the business date.
fn close_until(rows: &mut MemRows, date: &str) {
    while property(rows, HOTEL).unwrap().business_date < night(date) {
        let expected_from = property(rows, HOTEL).unwrap().business_date;
        done(rows, Op::CloseBusinessDate { expected_from });
    }
}

#[test]
fn a_stay_that_is_over_is_changed_by_staff_alone() {
    let mut rows = hotel();
    done(&mut rows, check_in(1));
    close_until(&mut rows, "2026-11-28");
    allowed(&mut rows, amend(1, None, None));
    close_until(&mut rows, "2026-11-29");
    let over = Reject::StayOver { business_date: night("2026-11-29") };
    refused(&mut rows, amend(1, None, None), over.clone());
    refused(&mut rows, move_to(1, None, Some(night("2026-12-01"))), over);
    // The guest stays on although the departure is past: the desk sells the missing nights.
    let reply =
        apply(&mut rows, &asked(trusted(Role::Desk), move_to(1, None, Some(night("2026-12-01")))), morning_ms()).unwrap().reply;
    assert!(matches!(reply, Reply::Booking(_)), "{reply:?}");
}

#[test]
fn a_guest_does_not_arrive_after_the_last_night() {
    let mut rows = hotel();
    close_until(&mut rows, "2026-11-28");
    let mut last_night = rows.clone();
    done(&mut last_night, check_in(1));
    close_until(&mut rows, "2026-11-29");
    let reply = run(&mut rows, check_in(1), morning_ms());
    assert_eq!(reply, Reply::Rejected(Reject::StayOver { business_date: night("2026-11-29") }));
    done(&mut rows, cancel(1));
    let reply = run(&mut rows, reinstate(1), morning_ms());
    assert_eq!(reply, Reply::Rejected(Reject::StayOver { business_date: night("2026-11-29") }));
}

#[test]
fn nights_that_are_over_stay() {
    let mut rows = hotel();
    done(&mut rows, check_in(1));
    close_until(&mut rows, "2026-11-28");
    let today = night("2026-11-28");
    refused(&mut rows, move_to(1, None, Some(night("2026-11-27"))), Reject::DepartureInPast { business_date: today });
    refused(&mut rows, move_to(1, Some(night("2026-11-27")), None), Reject::ArrivalInPast { business_date: today });
    refused(&mut rows, move_to(1, Some(today), None), Reject::ArrivalInPast { business_date: today });
    allowed(&mut rows, move_to(1, None, Some(today)));
}

#[test]
fn a_check_in_is_reverted_on_its_business_date_alone() {
    let mut rows = hotel();
    done(&mut rows, check_in(1));
    let mut same_day = rows.clone();
    done(&mut same_day, revert_check_in(1));
    close_until(&mut rows, "2026-11-27");
    let reply = run(&mut rows, revert_check_in(1), morning_ms());
    assert_eq!(reply, Reply::Rejected(Reject::TooLateToRevert { business_date: night("2026-11-27") }));
}

#[test]
fn the_price_is_the_expected_one() {
    let mut rows = hotel();
    let with = |number, plan, amount, text| {
        let mut op = book(number, stay("2026-12-01", "2026-12-03"), vec![room("STD", plan, 1)]);
        if let Op::Book(request) = &mut op {
            request.expected_total = Some(Price { amount, currency: currency(text) });
        }
        op
    };
    let changed = |total| Reject::PriceChanged { total, currency: currency("EUR") };
    refused(&mut rows, with(2, "RACK", 19_999, "EUR"), changed(Some(20_000)));
    refused(&mut rows, with(2, "RACK", 20_001, "EUR"), changed(Some(20_000)));
    refused(&mut rows, with(2, "RACK", 20_000, "USD"), changed(Some(20_000)));
    refused(&mut rows, with(2, "FLEX", 20_000, "EUR"), changed(None));
    allowed(&mut rows, with(2, "RACK", 20_000, "EUR"));

    done(&mut rows, place_hold(1, stay("2026-12-05", "2026-12-06"), vec![room("STD", "RACK", 1)], 60_000));
    let confirmed_at = |price| {
        let mut op = confirm_hold(1, 3);
        if let Op::ConfirmHold { expected_total, .. } = &mut op {
            *expected_total = Some(Price { amount: price, currency: currency("EUR") });
        }
        op
    };
    refused(&mut rows, confirmed_at(9_999), changed(Some(10_000)));
    allowed(&mut rows, confirmed_at(10_000));
}

#[test]
fn a_reference_is_used_once_by_each_seller() {
    let mut rows = hotel();
    know(&mut rows, SELF, grant(Role::Channel));
    know(&mut rows, OTHER, grant(Role::Channel));
    let with = |number, reference: &str| {
        let mut op = book(number, stay("2026-12-01", "2026-12-02"), vec![room("STD", "FLEX", 1)]);
        if let Op::Book(request) = &mut op {
            request.channel_ref = reference.to_owned();
        }
        op
    };
    let by = |rows: &mut MemRows, seller, op| apply(rows, &asked(principal(seller), op), morning_ms()).unwrap().reply;
    assert!(matches!(by(&mut rows, SELF, with(2, "R-1")), Reply::Booking(_)));
    let used = Reply::Rejected(Reject::DuplicateReference(booking_id(2)));
    assert_eq!(by(&mut rows, SELF, with(3, "R-1")), used);
    // A cancelled booking has its reference for ever. Another seller's references and longer ones are others.
    assert!(matches!(by(&mut rows, SELF, cancel(2)), Reply::Booking(_)));
    assert_eq!(by(&mut rows, SELF, with(3, "R-1")), used);
    assert!(matches!(by(&mut rows, OTHER, with(3, "R-1")), Reply::Booking(_)));
    assert!(matches!(by(&mut rows, SELF, with(4, "R-11")), Reply::Booking(_)));
    assert!(matches!(by(&mut rows, SELF, with(5, "")), Reply::Booking(_)));
    assert!(matches!(by(&mut rows, SELF, cancel(5)), Reply::Booking(_)));
    assert!(matches!(by(&mut rows, SELF, with(6, "")), Reply::Booking(_)));
}

#[test]
fn what_is_retired_is_not_sold() {
    let mut rows = hotel();
    done(&mut rows, put_room_type(RoomType { retired: true, ..room_type("STD", 3) }));
    let later = stay("2026-12-01", "2026-12-02");
    let retired = |text| Reject::Retired(code(text));
    refused(&mut rows, book(2, later, vec![room("STD", "FLEX", 1)]), retired("STD"));
    refused(&mut rows, place_hold(1, later, vec![room("STD", "FLEX", 1)], 60_000), retired("STD"));
    refused(&mut rows, amend(1, None, Some(vec![room("STD", "FLEX", 2)])), retired("STD"));
    // A booking keeps the nights that it has. Only staff adds some.
    let longer = move_to(1, None, Some(night("2026-11-30")));
    refused(&mut rows, longer.clone(), retired("STD"));
    allowed(&mut rows, amend(1, None, Some(vec![room("STD", "FLEX", 1), room("DLX", "FLEX", 1)])));
    done(&mut rows, overriding(longer));
    done(&mut rows, put_rate_plan(RatePlan { retired: true, ..rate_plan("FLEX") }));
    refused(&mut rows, book(2, later, vec![room("DLX", "FLEX", 1)]), retired("FLEX"));
    done(&mut rows, put_room_type(room_type("STD", 3)));
    allowed(&mut rows, book(2, later, vec![room("STD", "RACK", 1)]));
}

#[test]
fn a_seller_names_a_price_for_each_night() {
    let mut rows = hotel();
    let nights = stay("2026-12-01", "2026-12-03");
    let with = |prices: &[Minor]| {
        let room = RoomRequest { seller_nightly: prices.to_vec(), ..room("STD", "RACK", 1) };
        book(2, nights, vec![room])
    };
    for prices in [&[9_000][..], &[9_000, 9_000, 9_000]] {
        refused(&mut rows, with(prices), Reject::SellerPrices { nights: 2 });
    }
    allowed(&mut rows, with(&[9_000, 9_500]));
}

#[test]
fn a_confirmation_names_the_guests_of_each_room() {
    let mut rows = hotel();
    let crowd = RoomType { occupancy: 2, ..room_type("DLX", 2) };
    done(&mut rows, put_room_type(crowd));
    let rooms = vec![RoomRequest { adults: 0, ..room("DLX", "FLEX", 1) }, room("STD", "FLEX", 1)];
    done(&mut rows, place_hold(1, stay("2026-12-01", "2026-12-02"), rooms, 60_000));
    let with = |adults: &[u16]| {
        let mut op = confirm_hold(1, 2);
        if let Op::ConfirmHold { guests, .. } = &mut op {
            *guests = adults.iter().map(|adults| RoomGuests { adults: *adults, children_ages: Vec::new() }).collect();
        }
        op
    };
    for adults in [&[][..], &[1], &[1, 0], &[1, 1, 1]] {
        refused(&mut rows, with(adults), Reject::GuestsMissing { lines: 2 });
    }
    refused(&mut rows, with(&[3, 1]), Reject::OccupancyExceeded { room_type: code("DLX"), occupancy: 2 });
    allowed(&mut rows, with(&[2, 1]));
}

#[test]
fn a_guest_is_changed_from_the_revision_that_was_read() {
    let mut rows = hotel();
    let from = |revision| {
        let mut op = amend(1, None, None);
        if let Op::Amend { guest, guest_of, .. } = &mut op {
            (*guest, *guest_of) = (Some(Sealed::default()), Some(revision));
        }
        op
    };
    for revision in [0, 2] {
        refused(&mut rows, from(revision), Reject::GuestChanged);
    }
    allowed(&mut rows, from(1));
    refused(&mut rows, from(1), Reject::GuestChanged);
    allowed(&mut rows, from(2));
}

#[test]
fn staff_may_override_a_restriction_and_nobody_a_full_house() {
    let mut rows = hotel();
    let closed = AriUpdate { stop_sell: Some(true), ..update("STD", None, "2026-12-01", "2026-12-01") };
    done(&mut rows, Op::UpdateAri(vec![closed]));
    let with = |quantity, reason: Option<&str>| {
        let mut op = book(2, stay("2026-12-01", "2026-12-02"), vec![room("STD", "FLEX", quantity)]);
        if let Op::Book(request) = &mut op {
            request.override_reason = reason.map(str::to_owned);
        }
        op
    };
    let by = |role, op| {
        let mut rows = rows.clone();
        apply(&mut rows, &asked(trusted(role), op), morning_ms()).unwrap().reply
    };
    for role in [Role::Channel, Role::Auditor] {
        assert_eq!(by(role, with(1, Some("the owner"))), Reply::Rejected(Reject::Forbidden), "{role:?}");
    }
    for role in [Role::Operator, Role::Manager, Role::Desk] {
        assert!(matches!(by(role, with(1, None)), Reply::Rejected(Reject::Restricted(_))), "{role:?}");
        assert!(matches!(by(role, with(1, Some("the owner"))), Reply::Booking(_)), "{role:?}");
        assert!(matches!(by(role, with(4, Some("the owner"))), Reply::Rejected(Reject::SoldOut(_))), "{role:?}");
    }
}

/// What a plan's policy says now counts for nights that are added now.
#[test]
fn added_nights_have_the_present_policy() {
    let strict = CancellationPolicy { free_until_days: 30, fee: Fee::BasisPoints(10_000) };
    let mut rows = hotel();
    done(&mut rows, book(2, stay("2026-12-01", "2026-12-03"), vec![room("STD", "RACK", 1)]));
    done(&mut rows, put_rate_plan(RatePlan { policy: strict, ..rate_plan("RACK") }));
    let lines = |rows: &mut MemRows| {
        let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(2))).unwrap() else { panic!("no booking") };
        let line = |room: &BookedRoom| (room.span(booking.stay), room.policy == strict);
        booking.rooms.iter().map(line).collect::<Vec<_>>()
    };
    // Nights on both sides, and then a stay without a night in common.
    allowed(&mut rows, move_to(2, Some(night("2026-11-30")), Some(night("2026-12-05"))));
    let expected = [
        (stay("2026-11-30", "2026-12-01"), true),
        (stay("2026-12-01", "2026-12-03"), false),
        (stay("2026-12-03", "2026-12-05"), true),
    ];
    assert_eq!(lines(&mut rows), expected);
    allowed(&mut rows, move_to(2, Some(night("2026-12-10")), Some(night("2026-12-12"))));
    assert_eq!(lines(&mut rows), [(stay("2026-12-10", "2026-12-12"), true)]);
}

/// A day passes, and the guest stays one night longer, again and again: the booking keeps one line.
#[test]
fn nights_at_the_same_terms_are_one_line() {
    let mut rows = hotel();
    done(&mut rows, check_in(1));
    for day in 27..30 {
        close_until(&mut rows, &format!("2026-11-{day}"));
        allowed(&mut rows, move_to(1, None, Some(Night(night("2026-11-29").0 + day - 26))));
    }
    let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(1))).unwrap() else { panic!("no booking") };
    assert_eq!((booking.rooms.len(), booking.rooms[0].nights), (1, None));
    assert_eq!(booking.stay.departure(), night("2026-12-02"));
}

/// The rules of the arrival day bind the length of the stay also when that day is over.
#[test]
fn the_length_is_restricted_during_the_stay_too() {
    let mut rows = hotel();
    let rules = |length: AriUpdate| Op::UpdateAri(vec![length]);
    let arrival = || update("STD", None, "2026-11-26", "2026-11-26");
    done(&mut rows, rules(AriUpdate { max_stay: Some(4), min_stay_arrival: Some(2), ..arrival() }));
    done(&mut rows, check_in(1));
    close_until(&mut rows, "2026-11-28");
    let forbids = |rows: &mut MemRows, op: Op, restriction| match ask(rows, op) {
        Reply::Rejected(Reject::Restricted(nights)) => {
            assert_eq!(nights[0].restriction, Some(restriction));
            assert_eq!(nights[0].night, night("2026-11-26"));
        }
        other => panic!("{other:?}"),
    };
    let longer = move_to(1, None, Some(night("2026-12-05")));
    forbids(&mut rows, longer.clone(), Restriction::MaxStay);
    allowed(&mut rows, move_to(1, None, Some(night("2026-11-30"))));
    done(&mut rows, overriding(longer));
    let mut short = hotel();
    done(&mut short, rules(AriUpdate { min_stay_arrival: Some(2), ..arrival() }));
    done(&mut short, check_in(1));
    close_until(&mut short, "2026-11-27");
    forbids(&mut short, move_to(1, None, Some(night("2026-11-27"))), Restriction::MinStayArrival);
}

/// Another room on a day that is closed to departure is new, also during the stay; an exchanged room is not.
#[test]
fn an_added_room_leaves_on_an_open_day() {
    let mut rows = hotel();
    done(&mut rows, check_in(1));
    close_until(&mut rows, "2026-11-27");
    let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(1))).unwrap() else { panic!("no booking") };
    let departure = booking.stay.departure();
    let dates = DateRange::new(departure, departure).unwrap();
    for kind in ["STD", "DLX"] {
        let closed = AriUpdate { closed_to_departure: Some(true), dates, ..update(kind, None, "2026-12-01", "2026-12-01") };
        done(&mut rows, Op::UpdateAri(vec![closed]));
    }
    let more = amend(1, None, Some(vec![room("STD", "FLEX", 1), room("DLX", "FLEX", 1)]));
    assert!(matches!(ask(&mut rows, more), Reply::Rejected(Reject::Restricted(_))));
    allowed(&mut rows, amend(1, None, Some(vec![room("DLX", "FLEX", 1)])));
}

/// A desk that changes the guests need not know the seller's prices.
#[test]
fn the_sellers_prices_stay_with_the_nights() {
    let mut rows = hotel();
    let priced = RoomRequest { seller_nightly: vec![9_000, 9_500], ..room("STD", "RACK", 1) };
    done(&mut rows, book(2, stay("2026-12-01", "2026-12-03"), vec![priced]));
    allowed(&mut rows, amend(2, None, Some(vec![RoomRequest { adults: 1, ..room("STD", "RACK", 1) }])));
    let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(2))).unwrap() else { panic!("no booking") };
    assert_eq!(booking.rooms[0].seller_nightly, [Some(9_000), Some(9_500)]);
}
