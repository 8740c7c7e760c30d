//! Rows that no command can have written, as from a damaged disk or after tampering. Each is a fault, which stops the
//! replica, and never an answer or a panic.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;

use std::sync::Arc;

use fixture::*;
use keyrack_inventory::*;

/// A property with booking 1, cancelled booking 2 and open hold 1, all for the same night.
fn house() -> MemRows {
    let mut rows = key_inn();
    let one = || (stay("2026-12-01", "2026-12-02"), vec![room("DLX", "FLEX", 1)]);
    let (night, rooms) = one();
    for op in [book(1, night, rooms.clone()), book(2, night, rooms.clone()), cancel(2), place_hold(1, night, rooms, 600_000)] {
        let reply = run(&mut rows, op, morning_ms());
        assert!(!matches!(reply, Reply::Rejected(_)), "{reply:?}");
    }
    rows
}

fn meta(rows: &mut MemRows) -> Meta {
    let Some(Row::Meta(meta)) = rows.get(&Key::Meta).unwrap() else { panic!("the clock row is missing") };
    *meta
}

fn stored_booking(rows: &mut MemRows, number: u64) -> Booking {
    let Some(Row::Booking(booking)) = rows.get(&Key::Booking(booking_id(number))).unwrap() else {
        panic!("the booking is missing")
    };
    Booking::clone(booking)
}

fn stored_hold(rows: &mut MemRows) -> Hold {
    let Some(Row::Hold(hold)) = rows.get(&Key::Hold(hold_id(1))).unwrap() else { panic!("the hold is missing") };
    Hold::clone(hold)
}

fn december() -> Key {
    Key::Page(HOTEL, RoomTypeIx(0), night("2026-12-01").in_month().0)
}

fn with_first_of_december(rows: &mut MemRows, change: fn(&mut Cell)) {
    let Row::Page(page) = rows.get_mut(&december(), || panic!("the page is missing")).unwrap() else { panic!("not a page") };
    change(&mut page.cells[0]);
}

fn fault(rows: &mut MemRows, op: Op, at_ms: u64) -> Fault {
    let outcome = apply(rows, &command(op.clone()), at_ms);
    outcome.expect_err(&format!("{op:?} must be a fault"))
}

fn corrupt(key: Key) -> impl Fn(&Fault) -> bool {
    move |fault| matches!(fault, Fault::Corrupt(found, _) if *found == key)
}

#[test]
fn cursors_that_contradict_each_other_are_a_fault() {
    let whole = meta(&mut house());
    for broken in [
        Meta { expiry_cursor: whole.next_sequence + 1, ..whole },
        Meta { audit_sealed: whole.audit_count + 1, ..whole },
        Meta { last_checkpoint: whole.next_leaf + 1, ..whole },
        Meta { first_checkpoint: 1, last_checkpoint: 0, ..whole },
    ] {
        let mut rows = house();
        rows.put(Key::Meta, Row::Meta(broken));
        let fault = fault(&mut rows, Op::Tick, morning_ms());
        assert!(corrupt(Key::Meta)(&fault), "{fault}");
    }
}

#[test]
fn counters_below_zero_are_a_fault() {
    for (unsold, op) in [
        (true, cancel(1)),
        (false, Op::ReleaseHold(hold_id(1))),
        // The same during an amendment that would be refused.
        (true, amend(1, None, Some(vec![room("DLX", "FLEX", 50)]))),
    ] {
        let mut rows = house();
        with_first_of_december(&mut rows, if unsold { |cell| cell.sold = 0 } else { |cell| cell.held = 0 });
        assert_eq!(fault(&mut rows, op, morning_ms()), Fault::Counter(december()));
    }
}

#[test]
fn a_deadline_that_contradicts_its_hold_is_a_fault() {
    let open = stored_hold(&mut house());
    let due = open.expires_at_ms;
    for broken in
        [Hold { state: HoldState::Released, ..open.clone() }, Hold { state: HoldState::Confirmed(booking_id(1)), ..open.clone() }]
    {
        let mut rows = house();
        rows.put(Key::Hold(open.id), Row::Hold(Arc::new(broken)));
        let fault = fault(&mut rows, Op::Tick, due);
        assert!(corrupt(Key::Hold(open.id))(&fault), "{fault}");
    }
    let mut rows = house();
    rows.put(Key::Hold(open.id), Row::Hold(Arc::new(Hold { expires_at_ms: due + 1, ..open.clone() })));
    let other = fault(&mut rows, Op::Tick, due);
    assert!(corrupt(Key::Deadline(due, open.id))(&other), "{other}");
    let mut rows = house();
    rows.delete(&Key::Hold(open.id));
    let missing = fault(&mut rows, Op::Tick, due);
    assert!(corrupt(Key::Hold(open.id))(&missing), "{missing}");
}

#[test]
fn a_room_type_that_the_property_lacks_is_a_fault() {
    let mut rows = house();
    let mut cancelled = stored_booking(&mut rows, 2);
    cancelled.rooms[0].room_type = RoomTypeIx(99);
    rows.put(Key::Booking(cancelled.id), Row::Booking(Arc::new(cancelled)));
    let fault = fault(&mut rows, Op::EraseGuest { booking: booking_id(2) }, morning_ms());
    assert!(corrupt(Key::Property(HOTEL))(&fault), "{fault}");
}

/// The ledger compares numbers of the same row. Whatever the row contains, nothing panics.
#[test]
fn impossible_room_numbers_are_a_fault_or_an_answer() {
    for quantity in [0, 1_000, u32::MAX] {
        let mut rows = house();
        let mut booking = stored_booking(&mut rows, 1);
        booking.rooms[0].quantity = quantity;
        rows.put(Key::Booking(booking.id), Row::Booking(Arc::new(booking)));
        let outcome = apply(&mut rows, &command(cancel(1)), morning_ms());
        match quantity {
            0 => assert!(matches!(outcome.unwrap().reply, Reply::Booking(_))),
            _ => assert_eq!(outcome, Err(Fault::Counter(december()))),
        }
    }
}

#[test]
fn a_row_of_the_wrong_kind_is_a_fault() {
    for key in [Key::Meta, Key::Property(HOTEL), Key::Booking(booking_id(1)), december()] {
        let mut rows = house();
        rows.put(key, Row::Present);
        let fault = fault(&mut rows, cancel(1), morning_ms());
        assert!(corrupt(key)(&fault), "{fault}");
    }
}
