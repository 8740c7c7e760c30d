//! A zero is a value, and a missing field changes nothing: each optional field of a command, through `apply`.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use fixture::*;
use keyrack_inventory::*;

/// The night that is changed, and those before and after it.
const NIGHTS: [&str; 3] = ["2026-11-30", "2026-12-01", "2026-12-02"];

/// An update of the changed night.
fn line(rate_plan: Option<&str>) -> AriUpdate {
    update("DLX", rate_plan, NIGHTS[1], NIGHTS[1])
}

/// The key inn with a value other than zero in every field of three nights.
fn full_inn() -> MemRows {
    let mut rows = key_inn();
    let all = |rate_plan| AriUpdate {
        capacity: Some(9),
        out_of_order: Some(4),
        stop_sell: Some(true),
        closed_to_arrival: Some(true),
        closed_to_departure: Some(true),
        min_stay_arrival: Some(5),
        min_stay_through: Some(6),
        max_stay: Some(7),
        ..update("DLX", rate_plan, NIGHTS[0], NIGHTS[2])
    };
    let priced = AriUpdate { rate: Some(8), ..all(Some("FLEX")) };
    let reply = run(&mut rows, Op::UpdateAri(vec![all(None), priced]), morning_ms());
    assert_eq!(reply, Reply::AriUpdated { updates: 2, nights: 9, past: 0 });
    rows
}

/// The cells of the three nights, as text: all fields of the room type, then all of the plan.
fn cells(rows: &mut MemRows) -> [String; 3] {
    NIGHTS.map(|at| {
        let (month, place) = night(at).in_month();
        let Ok(Some(Row::Page(page))) = rows.get(&Key::Page(HOTEL, RoomTypeIx(0), month)) else { panic!("no page") };
        let of_type = format!("{:?}", page.cells[place]);
        let Ok(Some(Row::Rates(page))) = rows.get(&Key::Rates(HOTEL, RoomTypeIx(0), RatePlanIx(0), month)) else {
            panic!("no rate page")
        };
        format!("{of_type} | {:?}", page.cells[place])
    })
}

/// What a change of one field replaces in the text of the changed night. `restriction` is for the type or for the plan.
type Change = (&'static str, &'static str, &'static str, fn(AriUpdate) -> AriUpdate);

const OF_BOTH: [Change; 6] = [
    ("stop sell", "stop_sell: true", "stop_sell: false", |u| AriUpdate { stop_sell: Some(false), ..u }),
    ("arrival", "closed_to_arrival: true", "closed_to_arrival: false", |u| AriUpdate { closed_to_arrival: Some(false), ..u }),
    ("departure", "closed_to_departure: true", "closed_to_departure: false", |u| AriUpdate {
        closed_to_departure: Some(false),
        ..u
    }),
    ("min stay arrival", "min_stay_arrival: 5", "min_stay_arrival: 0", |u| AriUpdate { min_stay_arrival: Some(0), ..u }),
    ("min stay through", "min_stay_through: 6", "min_stay_through: 0", |u| AriUpdate { min_stay_through: Some(0), ..u }),
    ("max stay", "max_stay: 7", "max_stay: 0", |u| AriUpdate { max_stay: Some(0), ..u }),
];

const OF_THE_TYPE: [Change; 2] = [
    ("capacity", "capacity: Some(9)", "capacity: Some(0)", |u| AriUpdate { capacity: Some(0), ..u }),
    ("out of order", "out_of_order: 4", "out_of_order: 0", |u| AriUpdate { out_of_order: Some(0), ..u }),
];

const OF_THE_PLAN: [Change; 1] = [("rate", "rate: Some(8)", "rate: Some(0)", |u| AriUpdate { rate: Some(0), ..u })];

/// Applies one changed field, and compares the nights: only that field of only that night may be zero.
fn assert_sets_only((name, from, to, change): Change, rate_plan: Option<&str>) {
    let mut rows = full_inn();
    let before = cells(&mut rows);
    let reply = run(&mut rows, Op::UpdateAri(vec![change(line(rate_plan))]), morning_ms());
    assert_eq!(reply, Reply::AriUpdated { updates: 1, nights: 1, past: 0 }, "{name}");
    let (of_type, of_plan) = before[1].split_once(" | ").unwrap();
    let in_plan = rate_plan.is_some() && (name == "rate" || OF_BOTH.iter().any(|(known, ..)| *known == name));
    let expected = if in_plan {
        format!("{of_type} | {}", of_plan.replace(from, to))
    } else {
        format!("{} | {of_plan}", of_type.replace(from, to))
    };
    assert_ne!(expected, before[1], "{name}");
    assert_eq!(cells(&mut rows), [before[0].clone(), expected, before[2].clone()], "{name} with plan {rate_plan:?}");
}

#[test]
fn a_zero_is_set_and_all_other_fields_stay() {
    for change in OF_BOTH.into_iter().chain(OF_THE_TYPE) {
        assert_sets_only(change, None);
    }
    for change in OF_BOTH.into_iter().chain(OF_THE_TYPE).chain(OF_THE_PLAN) {
        assert_sets_only(change, Some("FLEX"));
    }
}

#[test]
fn an_update_without_fields_changes_nothing() {
    for rate_plan in [None, Some("FLEX")] {
        let mut rows = full_inn();
        let before = lasting(&rows);
        let reply = run(&mut rows, Op::UpdateAri(vec![line(rate_plan)]), morning_ms());
        assert_eq!(reply, Reply::AriUpdated { updates: 1, nights: 0, past: 0 });
        assert_eq!(lasting(&rows), before, "{rate_plan:?}");
    }
}

fn sold_out(available: i64) -> Reply {
    let refused = RefusedNight { night: night(NIGHTS[1]), room_type: code("DLX"), available, restriction: None };
    Reply::Rejected(Reject::SoldOut(vec![refused]))
}

/// A capacity of 0 is not the room type's own capacity, and no room out of order is not the previous number.
#[test]
fn a_capacity_of_0_sells_nothing() {
    let mut rows = key_inn();
    let one = || book(1, stay(NIGHTS[1], NIGHTS[2]), vec![room("DLX", "FLEX", 1)]);
    let ari = |capacity, out_of_order| Op::UpdateAri(vec![AriUpdate { capacity, out_of_order, ..line(None) }]);
    for (op, limit) in [
        (ari(Some(0), None), 0),
        (ari(None, Some(0)), 0),
        (ari(Some(5), None), 5),
        (ari(None, Some(5)), 0),
        (ari(None, Some(0)), 5),
        (ari(Some(0), Some(0)), 0),
    ] {
        run(&mut rows, op.clone(), morning_ms());
        assert_eq!(count(&mut rows, "DLX", NIGHTS[1]).limit, limit, "{op:?}");
        let reply = run(&mut rows.clone(), one(), morning_ms());
        assert_eq!(reply == sold_out(0), limit == 0, "{op:?}: {reply:?}");
    }
}

/// A free night has a price. It is not a night without a rate, and not a price that was agreed elsewhere.
#[test]
fn a_rate_of_0_is_a_price() {
    let mut rows = key_inn();
    run(&mut rows, put_rate_plan(RatePlan { policy: all_of_it(), ..rate_plan("FLEX") }), morning_ms());
    let rate = |rate| Op::UpdateAri(vec![AriUpdate { rate, ..line(Some("FLEX")) }]);
    run(&mut rows, rate(Some(0)), morning_ms());
    assert!(property(&mut rows, HOTEL).unwrap().rate_plans[0].priced);
    let hotel = property(&mut rows, HOTEL).unwrap();
    let query = OfferQuery { stay: stay(NIGHTS[1], NIGHTS[2]), guests: 1 };
    let offered = offers(&mut rows, HOTEL, &hotel, query).unwrap();
    assert_eq!(offered.iter().map(|offer| (offer.nightly.clone(), offer.total())).collect::<Vec<_>>(), [(vec![0], 0)]);
    let Reply::Booking(booking) = run(&mut rows, book(1, query.stay, vec![room("DLX", "FLEX", 2)]), morning_ms()) else {
        panic!("a free night is for sale")
    };
    assert_eq!((booking.rooms[0].nightly.clone(), booking.total()), (vec![0], Some(0)));
    let [price, ..] = TermSalts::default().claims(&booking);
    assert_eq!(price.value, "0.00 EUR");
    let Reply::Booking(cancelled) = run(&mut rows, cancel(1), morning_ms()) else { panic!("not cancelled") };
    assert_eq!(cancelled.cancellation_fee, Some(0));
}

/// The whole price, whenever it is cancelled.
fn all_of_it() -> CancellationPolicy {
    CancellationPolicy { free_until_days: u16::MAX, fee: Fee::BasisPoints(10_000) }
}

/// A share of 0 is no fee, and a fee without free days still leaves the days before the arrival free.
#[test]
fn a_fee_of_0_is_a_fee() {
    for (policy, fee) in [
        (all_of_it(), 700),
        (CancellationPolicy { fee: Fee::BasisPoints(0), ..all_of_it() }, 0),
        (CancellationPolicy { fee: Fee::None, ..all_of_it() }, 0),
        (CancellationPolicy { free_until_days: 0, ..all_of_it() }, 0),
    ] {
        let mut rows = key_inn();
        run(&mut rows, put_rate_plan(RatePlan { policy, ..rate_plan("FLEX") }), morning_ms());
        run(&mut rows, Op::UpdateAri(vec![AriUpdate { rate: Some(700), ..line(Some("FLEX")) }]), morning_ms());
        run(&mut rows, book(1, stay(NIGHTS[1], NIGHTS[2]), vec![room("DLX", "FLEX", 1)]), morning_ms());
        let Reply::Booking(cancelled) = run(&mut rows, cancel(1), morning_ms()) else { panic!("not cancelled") };
        assert_eq!(cancelled.cancellation_fee, Some(fee), "{policy:?}");
    }
}

#[test]
fn a_house_limit_of_0_sells_nothing() {
    let mut rows = key_inn();
    let one = || book(1, stay(NIGHTS[1], NIGHTS[2]), vec![room("DLX", "FLEX", 1)]);
    for (house_limit, refused) in [(Some(0), true), (None, false), (Some(1), false), (Some(0), true)] {
        run(&mut rows, put_property(PropertyDetails { house_limit, ..details() }), morning_ms());
        assert_eq!(property(&mut rows, HOTEL).unwrap().details.house_limit, house_limit);
        let reply = run(&mut rows.clone(), one(), morning_ms());
        assert_eq!(reply == sold_out(0), refused, "{house_limit:?}: {reply:?}");
    }
}

/// Revision 0 is that of an entry that does not exist yet. Without an expected revision, any is right.
#[test]
fn an_expected_revision_of_0_is_a_new_entry() {
    let mut rows = key_inn();
    run(&mut rows, book(1, stay(NIGHTS[1], NIGHTS[2]), vec![room("DLX", "FLEX", 1)]), morning_ms());
    let booking = booking_id(1);
    let amend = |expected_revision| {
        let (departure, seeds) = (Some(night("2026-12-03")), LeafSeeds::default());
        Op::Amend {
            booking,
            arrival: None,
            departure,
            rooms: None,
            guest: None,
            guest_of: None,
            seeds,
            expected_revision,
            override_reason: None,
        }
    };
    let kind = |text, expected_revision| Op::PutRoomType { room_type: room_type(text, 2), expected_revision };
    let plan = |text, expected_revision| Op::PutRatePlan { rate_plan: rate_plan(text), expected_revision };
    let inn = |expected_revision| {
        let (id, details, business_date) = ("key-inn".to_owned(), details(), first_date());
        Op::PutProperty { id, details, business_date, expected_revision }
    };
    type Expecting<'o> = &'o dyn Fn(Option<u32>) -> Op;
    let known: [(&str, Expecting<'_>); 8] = [
        ("property", &inn),
        ("room type", &|expected| kind("DLX", expected)),
        ("rate plan", &|expected| plan("FLEX", expected)),
        ("amend", &amend),
        ("check in", &|expected_revision| Op::CheckIn { booking, expected_revision }),
        ("check out", &|expected_revision| Op::CheckOut { booking, expected_revision }),
        ("no show", &|expected_revision| Op::NoShow { booking, expected_revision }),
        ("cancel", &|expected_revision| Op::Cancel { booking, expected_revision }),
    ];
    for (name, op) in known {
        let mismatch = |expected| match run(&mut rows.clone(), op(expected), morning_ms()) {
            Reply::Rejected(Reject::RevisionMismatch { current }) => Some(current),
            _ => None,
        };
        assert_eq!([None, Some(0), Some(1), Some(2)].map(mismatch), [None, Some(1), None, Some(1)], "{name}");
    }
    for op in [kind("NEW", Some(0)), plan("NEW", Some(0)), kind("NEWER", None), plan("NEWER", None)] {
        let reply = run(&mut rows, op.clone(), morning_ms());
        assert!(!matches!(reply, Reply::Rejected(_)), "{op:?}: {reply:?}");
    }
    for op in [kind("NONE", Some(1)), plan("NONE", Some(1))] {
        assert_eq!(run(&mut rows, op, morning_ms()), Reply::Rejected(Reject::RevisionMismatch { current: 0 }));
    }
    assert_eq!(run(&mut MemRows::new(), inn(Some(1)), 1), Reply::Rejected(Reject::RevisionMismatch { current: 0 }));
    assert!(matches!(run(&mut MemRows::new(), inn(Some(0)), 1), Reply::Property { created: true, .. }));
}

/// Night 0 is 1970-01-01, not a missing date.
#[test]
fn night_0_is_a_date() {
    let mut rows = key_inn();
    run(&mut rows, book(1, stay(NIGHTS[1], NIGHTS[2]), vec![room("DLX", "FLEX", 1)]), morning_ms());
    for (arrival, departure, reject) in [
        (Some(Night(0)), None, Reject::StayTooLong),
        (None, Some(Night(0)), Reject::InvalidStay),
        (Some(Night(0)), Some(Night(1)), Reject::ArrivalInPast { business_date: first_date() }),
    ] {
        assert_eq!(run(&mut rows, move_to(1, arrival, departure), morning_ms()), Reply::Rejected(reject));
    }
    let close = Op::CloseBusinessDate { expected_from: Night(0) };
    let wrong = Reject::WrongBusinessDate { business_date: first_date() };
    assert_eq!(run(&mut rows, close, morning_ms()), Reply::Rejected(wrong));
}

/// A room with no guests, an occupancy without a limit, and a hold for the shortest time.
#[test]
fn other_zeros_are_allowed() {
    let mut rows = key_inn();
    let nights = stay(NIGHTS[1], NIGHTS[2]);
    let empty = RoomRequest { adults: 0, children_ages: Vec::new(), ..room("DLX", "FLEX", 1) };
    let full = RoomRequest { adults: u16::MAX, children_ages: vec![0; 300], ..room("DLX", "FLEX", 1) };
    for (number, wish) in (1..).zip([empty, full]) {
        let Reply::Booking(booking) = run(&mut rows, book(number, nights, vec![wish.clone()]), morning_ms()) else {
            panic!("{wish:?} was refused")
        };
        let room = &booking.rooms[0];
        assert_eq!((room.adults, &room.children_ages), (wish.adults, &wish.children_ages));
    }
    let none = book(3, nights, vec![room("STD", "FLEX", 0)]);
    assert_eq!(run(&mut rows, none, morning_ms()), Reply::Rejected(Reject::NoRooms));
    let Reply::Hold(hold) = run(&mut rows, place_hold(1, nights, vec![room("STD", "FLEX", 1)], 0), morning_ms()) else {
        panic!("the hold was refused")
    };
    assert_eq!(hold.expires_at_ms, morning_ms() + 1);
    let mut twins = key_inn();
    run(&mut twins, put_room_type(RoomType { occupancy: 2, ..room_type("DLX", 2) }), morning_ms());
    // Infants count as guests.
    for (adults, ages, fits) in [(2, vec![], true), (0, vec![0, 17], true), (2, vec![0], false), (0, vec![0, 0, 0], false)] {
        let wish = RoomRequest { adults, children_ages: ages.clone(), ..room("DLX", "FLEX", 1) };
        let reply = run(&mut twins.clone(), book(1, nights, vec![wish]), morning_ms());
        let full = Reply::Rejected(Reject::OccupancyExceeded { room_type: code("DLX"), occupancy: 2 });
        assert_eq!(reply != full, fits, "{adults} adults and {ages:?}: {reply:?}");
    }
}
