//! The edge draws the ids of bookings and holds. A hostile node can send others: one that exists, or one of another property.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use fixture::*;
use keyrack_inventory::*;

fn nights() -> Stay {
    stay("2026-11-26", "2026-11-28")
}

fn rooms() -> Vec<RoomRequest> {
    vec![room("STD", "FLEX", 1)]
}

/// Everything but the journal, which records the refusal.
fn assert_refused(rows: &mut MemRows, op: Op, at_ms: u64) {
    let before = lasting(rows);
    let reply = run(rows, op, at_ms);
    assert!(matches!(reply, Reply::Rejected(Reject::NotFound)), "{reply:?}");
    assert_eq!(lasting(rows), before);
}

#[test]
fn a_booking_or_hold_never_gets_an_id_that_exists() {
    let mut rows = key_inn();
    let at_ms = morning_ms();
    run(&mut rows, book(1, nights(), rooms()), at_ms);
    run(&mut rows, place_hold(1, nights(), rooms(), 60_000), at_ms);
    run(&mut rows, place_hold(2, nights(), rooms(), 60_000), at_ms);
    assert_refused(&mut rows, book(1, stay("2026-12-01", "2026-12-02"), rooms()), at_ms);
    assert_refused(&mut rows, place_hold(1, nights(), rooms(), 120_000), at_ms);
    assert_refused(&mut rows, confirm_hold(2, 1), at_ms);
    run(&mut rows, cancel(1), at_ms);
    assert_refused(&mut rows, book(1, nights(), rooms()), at_ms);
    // The deadlines are those of the holds: two deadlines of one hold stopped every replica.
    run(&mut rows, Op::Tick, at_ms + 60_000);
    run(&mut rows, Op::Tick, at_ms + 120_000);
    assert_eq!(count(&mut rows, "STD", "2026-11-26").held, 0);
}

#[test]
fn an_id_belongs_to_the_property_of_its_command() {
    let mut rows = key_inn();
    let elsewhere = |number: u64| BookingId::new(PropertyNumber(99), morning_ms(), number);
    let Op::Book(request) = book(1, nights(), rooms()) else { panic!("a booking") };
    assert_refused(&mut rows, Op::Book(BookRequest { id: elsewhere(1), ..request }), morning_ms());
    let id = HoldId::new(PropertyNumber(99), morning_ms(), 1);
    assert_refused(&mut rows, Op::PlaceHold { id, stay: nights(), rooms: rooms(), ttl_ms: 60_000 }, morning_ms());
}
