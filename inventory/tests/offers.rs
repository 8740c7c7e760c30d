//! Every offer can be booked at its price, and everything that can be booked at a price is offered.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;
mod steps;

use std::collections::BTreeMap;

use fixture::*;
use keyrack_inventory::*;
use proptest::option;
use proptest::prelude::*;
use steps::{Script, drawn::Steps};

/// A guest's question after a history, and two changes before it, so that nights differ and the house is nearly full.
#[derive(Clone, Debug)]
struct Asked {
    /// In nights from the business date.
    from: i32,
    nights: u32,
    adults: u16,
    children_ages: Vec<u8>,
    /// Gives each night its own rate.
    seasons: bool,
    house_limit: Option<u32>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let ages = prop_oneof![2 => Just(Vec::new()), 1 => proptest::collection::vec(0u8..18, 1..4)];
    let limit = option::weighted(0.6, prop_oneof![4 => 0u32..9, 1 => 20u32..60]);
    (-1i32..6, 1u32..9, 0u16..4, ages, any::<bool>(), limit).prop_map(
        |(from, nights, adults, children_ages, seasons, house_limit)| Asked {
            from,
            nights,
            adults,
            children_ages,
            seasons,
            house_limit,
        },
    )
}

/// The rows after the steps and the two changes.
fn rows_before(steps: &Steps, asked: &Asked) -> MemRows {
    let (mut script, mut rows) = (Script::new(steps.first_date), MemRows::new());
    let mut now = At::default();
    for (command, at) in script.prelude() {
        apply(&mut rows, &command, at).unwrap();
    }
    for step in &steps.list {
        let (command, at) = script.command(step);
        let outcome = apply(&mut rows, &command, at).unwrap();
        script.heard(&command, &outcome);
        now = at;
    }
    for number in [PropertyNumber(1), PropertyNumber(2)] {
        let hotel = property(&mut rows, number).unwrap();
        let details = PropertyDetails { house_limit: asked.house_limit, ..hotel.details.clone() };
        let (id, business_date, expected_revision) = (hotel.id.clone(), hotel.business_date, None);
        let mut changes = vec![Op::PutProperty { id, details, business_date, expected_revision }];
        if asked.seasons {
            changes.push(seasons(&hotel));
        }
        for op in changes {
            let reply = apply(&mut rows, &Command { property: number, request: None, by: None, op }, now).unwrap().reply;
            assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
        }
    }
    rows
}

/// Another rate for every night of every room type and plan; now and then a free night.
fn seasons(hotel: &Property) -> Op {
    let both = hotel.room_types.iter().flat_map(|kind| hotel.rate_plans.iter().map(move |plan| (kind, plan)));
    let of_night = |(place, (kind, plan)): (usize, (&RoomType, &RatePlan))| {
        let (kind, plan, first) = (kind.code, plan.code, hotel.business_date.0);
        (0..16u32).map(move |day| AriUpdate {
            room_type: kind,
            rate_plan: Some(plan),
            dates: DateRange::new(Night(first + day), Night(first + day)).unwrap(),
            rate: Some(u64::from(day * 1_009 % 16) * (100 + place as u64)),
            ..update("STD", None, "2026-01-01", "2026-01-01")
        })
    };
    Op::UpdateAri(both.enumerate().flat_map(of_night).collect())
}

/// Books rooms on a copy of the rows.
fn try_book(
    rows: &MemRows,
    number: PropertyNumber,
    stay: Stay,
    (kind, plan): (ShortCode, ShortCode),
    (quantity, asked): (u32, &Asked),
) -> Result<Booking, Reject> {
    let (adults, children_ages) = (asked.adults, asked.children_ages.clone());
    let room = RoomRequest { room_type: kind, rate_plan: plan, quantity, adults, children_ages, seller_nightly: Vec::new() };
    let (guest, channel_ref, payment_token) = (Sealed::default(), String::new(), String::new());
    let id = BookingId::new(number, 0, 0);
    let seeds = LeafSeeds::default();
    let op = Op::Book(BookRequest {
        id,
        stay,
        rooms: vec![room],
        guest,
        channel_ref,
        payment_token,
        seeds,
        number: None,
        expected_total: None,
        override_reason: None,
    });
    let command = Command { property: number, request: None, by: None, op };
    match apply(&mut rows.clone(), &command, 0).unwrap().reply {
        Reply::Booking(booking) => Ok(Booking::clone(&booking)),
        Reply::Rejected(reject) => Err(reject),
        other => panic!("neither booked nor refused: {other:?}"),
    }
}

/// Compares the offers of both properties with the bookings that follow. Returns what occurred.
fn compare(steps: &Steps, asked: &Asked) -> Result<Vec<&'static str>, String> {
    let mut rows = rows_before(steps, asked);
    let mut found = Vec::new();
    for number in [PropertyNumber(1), PropertyNumber(2)] {
        let hotel = property(&mut rows, number).unwrap();
        let arrival = Night(hotel.business_date.0.saturating_add_signed(asked.from));
        let stay = Stay::new(arrival, Night(arrival.0 + asked.nights)).unwrap();
        let guests = asked.adults + asked.children_ages.len() as u16;
        let offered = offers(&mut rows, number, &hotel, OfferQuery { stay, guests }).unwrap();
        let mut left = offered.clone();
        for (kind, plan) in hotel.room_types.iter().flat_map(|t| hotel.rate_plans.iter().map(move |p| (t, p))) {
            let both = (kind.code, plan.code);
            let of_both = |offer: &Offer| (offer.room_type, offer.rate_plan) == both;
            let offer = left.iter().position(of_both).map(|place| left.remove(place));
            let book = |quantity| try_book(&rows, number, stay, both, (quantity, asked));
            match (offer, book(1)) {
                (None, Err(_)) => found.push("nothing offered"),
                (None, Ok(_)) if !plan.priced => {}
                (Some(offer), Ok(booking)) => {
                    check(&offer, &booking, plan, stay)?;
                    found.extend(check_rooms(&offer, book, asked.house_limit)?);
                    found.extend(offer.nightly.windows(2).any(|pair| pair[0] != pair[1]).then_some("differing nights"));
                    found.extend(offer.nightly.contains(&0).then_some("free night"));
                    found.extend((!asked.children_ages.is_empty()).then_some("family"));
                }
                (offer, booked) => return Err(format!("{both:?} {stay:?} {asked:?}: {offer:?}, but {booked:?}")),
            }
        }
        if !left.is_empty() {
            return Err(format!("offered twice or unknown: {left:?}"));
        }
    }
    Ok(found)
}

/// The offer has the terms of the booking that follows.
fn check(offer: &Offer, booking: &Booking, plan: &RatePlan, stay: Stay) -> Result<(), String> {
    let room = &booking.rooms[0];
    let mut total = 0;
    offer.nightly.iter().for_each(|price| total += price);
    let offered = (&offer.nightly, Some(offer.total()), offer.currency, offer.policy);
    let booked = (&room.nightly, booking.total(), booking.currency, room.policy);
    let nights = (stay.departure().0 - stay.arrival().0) as usize;
    if offered != booked || offer.total() != total || offer.nightly.len() != nights || offer.policy != plan.policy {
        return Err(format!("{offer:?} was booked as {booking:?}"));
    }
    Ok(())
}

/// All sellable rooms can be booked together, and not one more.
fn check_rooms(
    offer: &Offer,
    book: impl Fn(u32) -> Result<Booking, Reject>,
    house_limit: Option<u32>,
) -> Result<Option<&'static str>, String> {
    let most = offer.sellable.min(MAX_ROOMS);
    let (all, more) = (book(most), book(most + 1));
    let too_many = match &more {
        Err(Reject::SoldOut(_)) => offer.sellable == most,
        Err(Reject::TooManyRooms) => most == MAX_ROOMS,
        _ => false,
    };
    if all.is_err() || !too_many {
        return Err(format!("{offer:?}: {most} rooms {all:?}, one more {more:?}"));
    }
    Ok((house_limit == Some(offer.sellable)).then_some("the house limit decides"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn offers_and_bookings_agree(steps in steps::steps(100), asked in asked()) {
        let compared = compare(&steps, &asked);
        prop_assert!(compared.is_ok(), "{}", compared.unwrap_err());
    }
}

/// The property test is only useful if random questions get all kinds of answers.
#[test]
fn random_questions_get_all_kinds_of_offers() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..100 {
        let (steps, asked) = (steps::steps(60), asked()).new_tree(&mut runner).unwrap().current();
        for kind in compare(&steps, &asked).unwrap() {
            *seen.entry(kind).or_default() += 1;
        }
    }
    for kind in ["nothing offered", "differing nights", "free night", "family", "the house limit decides"] {
        assert!(seen.get(kind).is_some_and(|times| *times >= 10), "{kind} occurred fewer than 10 times: {seen:?}");
    }
}

/// A stay over parts of three months. In another month, the day of the arrival is an ordinary night.
#[test]
fn a_restriction_on_any_night_of_a_long_stay_hides_only_what_cannot_be_booked() {
    let mut rows = key_inn();
    let rate = AriUpdate { rate: Some(100), ..update("DLX", Some("FLEX"), "2026-12-01", "2027-03-31") };
    run(&mut rows, Op::UpdateAri(vec![rate]), morning_ms());
    let stay = stay("2026-12-28", "2027-02-02");
    let restrictions: [fn(AriUpdate) -> AriUpdate; 6] = [
        |night| AriUpdate { stop_sell: Some(true), ..night },
        |night| AriUpdate { closed_to_arrival: Some(true), ..night },
        |night| AriUpdate { closed_to_departure: Some(true), ..night },
        |night| AriUpdate { min_stay_arrival: Some(40), ..night },
        |night| AriUpdate { min_stay_through: Some(40), ..night },
        |night| AriUpdate { max_stay: Some(30), ..night },
    ];
    let mut seen = [0, 0];
    for (kind, restrict) in restrictions.iter().enumerate() {
        for (plan, night) in
            [None, Some("FLEX")].into_iter().flat_map(|plan| (stay.arrival().0..=stay.departure().0).map(move |n| (plan, n)))
        {
            let mut rows = rows.clone();
            let date = DateRange::new(Night(night), Night(night)).unwrap();
            let closed = restrict(AriUpdate { dates: date, ..update("DLX", plan, "2026-12-01", "2026-12-01") });
            run(&mut rows, Op::UpdateAri(vec![closed]), morning_ms());
            let hotel = property(&mut rows, HOTEL).unwrap();
            let offered = offers(&mut rows, HOTEL, &hotel, OfferQuery { stay, guests: 2 }).unwrap().len();
            let booked = run(&mut rows, book(1, stay, vec![room("DLX", "FLEX", 1)]), morning_ms());
            let can_be_booked = matches!(booked, Reply::Booking(_));
            assert_eq!(offered == 1, can_be_booked, "restriction {kind} of {plan:?} on {:?}: {booked:?}", Night(night));
            seen[usize::from(can_be_booked)] += 1;
        }
    }
    assert!(seen.iter().all(|times| *times > 100), "refused and booked: {seen:?}");
}

/// Three nights of different prices, and different numbers of rooms left on them.
#[test]
fn an_offer_adds_its_own_nights_and_counts_the_scarcest() {
    let mut rows = key_inn();
    run(&mut rows, put_room_type(room_type("DLX", 9)), morning_ms());
    let rate = |at: &str, rate| AriUpdate { rate: Some(rate), ..update("DLX", Some("FLEX"), at, at) };
    let rates = vec![rate("2026-12-01", 101), rate("2026-12-02", 20), rate("2026-12-03", 3_000), rate("2026-12-04", 40_000)];
    run(&mut rows, Op::UpdateAri(rates), morning_ms());
    run(&mut rows, book(1, stay("2026-12-02", "2026-12-03"), vec![room("DLX", "FLEX", 4)]), morning_ms());
    run(&mut rows, place_hold(1, stay("2026-12-03", "2026-12-04"), vec![room("DLX", "FLEX", 7)], MAX_HOLD_MS), morning_ms());
    // Rooms of another type count for the house only.
    run(&mut rows, put_rate_plan(rate_plan("OTHER")), morning_ms());
    run(&mut rows, book(2, stay("2026-12-01", "2026-12-02"), vec![room("STD", "OTHER", 3)]), morning_ms());
    for (house_limit, nights, expected) in [
        (None, stay("2026-12-01", "2026-12-02"), Some((101, 9))),
        (None, stay("2026-12-01", "2026-12-03"), Some((121, 5))),
        (None, stay("2026-12-01", "2026-12-04"), Some((3_121, 2))),
        (None, stay("2026-12-02", "2026-12-05"), Some((43_020, 2))),
        (None, stay("2026-12-04", "2026-12-05"), Some((40_000, 9))),
        (None, stay("2026-12-04", "2026-12-06"), None),
        (Some(12), stay("2026-12-01", "2026-12-02"), Some((101, 9))),
        (Some(11), stay("2026-12-01", "2026-12-02"), Some((101, 8))),
        (Some(4), stay("2026-12-01", "2026-12-02"), Some((101, 1))),
        (Some(3), stay("2026-12-01", "2026-12-02"), None),
        (Some(8), stay("2026-12-01", "2026-12-03"), Some((121, 4))),
        (Some(8), stay("2026-12-01", "2026-12-04"), Some((3_121, 1))),
        (Some(8), stay("2026-12-04", "2026-12-05"), Some((40_000, 8))),
        (Some(0), stay("2026-12-04", "2026-12-05"), None),
    ] {
        run(&mut rows, put_property(PropertyDetails { house_limit, ..details() }), morning_ms());
        let hotel = property(&mut rows, HOTEL).unwrap();
        let offered = offers(&mut rows, HOTEL, &hotel, OfferQuery { stay: nights, guests: 2 }).unwrap();
        let found: Vec<(Minor, u32)> = offered.iter().map(|offer| (offer.total(), offer.sellable)).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{house_limit:?} {nights:?}");
    }
}
