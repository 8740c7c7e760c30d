//! Every offer can be booked at its price, and everything that can be booked at a price is offered.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;
mod steps;

use fixture::*;
use keyrack_inventory::*;
use proptest::prelude::*;
use steps::Script;

/// Books one room on a copy of the rows. Returns its nightly prices, or `None` if it was refused.
fn try_book(rows: &MemRows, number: PropertyNumber, stay: Stay, kind: ShortCode, plan: ShortCode) -> Option<Vec<Minor>> {
    let room = RoomRequest { room_type: kind, rate_plan: plan, quantity: 1, adults: 2, children_ages: Vec::new() };
    let (guest, channel_ref, payment_token) = (Sealed::default(), String::new(), String::new());
    let id = BookingId::new(number, 0, 0);
    let seeds = LeafSeeds::default();
    let op = Op::Book(BookRequest { id, stay, rooms: vec![room], guest, channel_ref, payment_token, seeds });
    let command = Command { property: number, request: None, by: None, op };
    match apply(&mut rows.clone(), &command, 0).unwrap().reply {
        Reply::Booking(booking) => Some(booking.rooms[0].nightly.clone()),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn offers_and_bookings_agree(steps in steps::steps(100), from in -1i32..6, nights in 1u32..4) {
        let (mut script, mut rows) = (Script::new(steps.first_date), MemRows::new());
        for (command, at) in script.prelude() {
            apply(&mut rows, &command, at).unwrap();
        }
        for step in &steps.list {
            let (command, at) = script.command(step);
            let outcome = apply(&mut rows, &command, at).unwrap();
            script.heard(&command, &outcome);
        }
        for number in [PropertyNumber(1), PropertyNumber(2)] {
            let hotel = property(&mut rows, number).unwrap();
            let arrival = Night(hotel.business_date.0.saturating_add_signed(from));
            let stay = Stay::new(arrival, Night(arrival.0 + nights)).unwrap();
            let offered = offers(&mut rows, number, &hotel, OfferQuery { stay, guests: 2 }).unwrap();
            for (kind, plan) in hotel.room_types.iter().flat_map(|t| hotel.rate_plans.iter().map(move |p| (t, p))) {
                let offer = offered.iter().find(|o| (o.room_type, o.rate_plan) == (kind.code, plan.code));
                let booked = try_book(&rows, number, stay, kind.code, plan.code).filter(|_| plan.priced);
                let offer = offer.map(|o| o.nightly.clone());
                prop_assert_eq!(offer, booked, "{} {} {:?} {:?}", kind.code, plan.code, stay, &hotel.details);
            }
        }
    }
}
