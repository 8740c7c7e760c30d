//! Erasing a guest destroys the key of the data and the salts of the claims. The booking stays. Also: who receives the
//! guest's key before that, and bookings of the version before leaves.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;
mod guests;

use fixture::*;
use guests::*;
use keyrack_inventory::*;

fn nights() -> Stay {
    stay("2026-11-26", "2026-11-28")
}

/// The key inn with Ada in booking 1.
fn ada_at_the_inn() -> MemRows {
    let mut rows = key_inn();
    run(&mut rows, book_for(1, nights(), vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    rows
}

fn said(rows: &mut MemRows, op: Op) -> Outcome {
    apply(rows, &command(op), morning_ms() + 1).unwrap()
}

fn booking_of(outcome: &Outcome) -> &Booking {
    match &outcome.reply {
        Reply::Booking(booking) => booking,
        other => panic!("no booking: {other:?}"),
    }
}

/// Whether any row contains these bytes, searched in its debug output.
fn anywhere(rows: &MemRows, secret: &[u8]) -> bool {
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    rows.iter().any(|(_, row)| format!("{row:?}").contains(&list.join(", ")))
}

#[test]
fn an_erased_guest_leaves_a_booking() {
    let mut rows = ada_at_the_inn();
    let before = stored(&mut rows, 1);
    let outcome = said(&mut rows, erase(1));
    let expected = Booking {
        guest: Sealed::default(),
        guest_erased: true,
        channel_ref: String::new(),
        revision: 2,
        leaf: Some(1),
        updated_at_ms: morning_ms() + 1,
        ..Booking::clone(&before)
    };
    assert_eq!(*booking_of(&outcome), expected);
    assert_eq!((outcome.guest_key, stored(&mut rows, 1).as_ref()), (None, &expected));
    assert_eq!(count(&mut rows, "DLX", "2026-11-26").sold, 1);
}

#[test]
fn no_row_contains_the_secrets_of_an_erased_guest() {
    let mut rows = ada_at_the_inn();
    said(&mut rows, amend_terms(1, None, 2));
    let secrets = stored_secrets(&mut rows, 1).unwrap();
    let all = [secrets.wrapped_key.as_slice(), &secrets.salts.price, &secrets.salts.channel_ref, &secrets.salts.unit];
    assert!(all.iter().all(|secret| anywhere(&rows, secret)), "the search finds the secrets");
    said(&mut rows, erase(1));
    assert!(all.iter().all(|secret| !anywhere(&rows, secret)));
}

#[test]
fn a_guest_is_erased_once() {
    let mut rows = ada_at_the_inn();
    let first = said(&mut rows, erase(1));
    let before: Vec<(Key, Row)> = rows.iter().map(|(key, row)| (*key, row.clone())).collect();
    let second = apply(&mut rows, &command(erase(1)), morning_ms() + 1).unwrap();
    assert_eq!(second, first);
    let after: Vec<(Key, Row)> = rows.iter().map(|(key, row)| (*key, row.clone())).collect();
    assert_eq!(after, before, "a second erasure adds no leaf and no journal line");
}

/// A guest can be erased in every state of the booking, and the booking's later steps still work.
#[test]
fn a_guest_is_erased_in_any_state() {
    let close = Op::CloseBusinessDate { expected_from: first_date() };
    for (before, after, state) in [
        (vec![], vec![check_in(1), check_out(1)], BookingState::CheckedOut),
        (vec![check_in(1)], vec![check_out(1)], BookingState::CheckedOut),
        (vec![check_in(1), check_out(1)], vec![close.clone()], BookingState::CheckedOut),
        (vec![cancel(1)], vec![close.clone()], BookingState::Cancelled),
        (vec![no_show(1)], vec![close], BookingState::NoShow),
        (vec![], vec![cancel(1)], BookingState::Cancelled),
    ] {
        let mut rows = ada_at_the_inn();
        let op_count = before.len() + after.len() + 1;
        for op in before.into_iter().chain([erase(1)]).chain(after) {
            let outcome = said(&mut rows, op);
            assert!(!matches!(outcome.reply, Reply::Rejected(_)), "{outcome:?}");
        }
        let booking = stored(&mut rows, 1);
        assert_eq!((booking.state, booking.guest_erased), (state, true), "after {op_count}");
        assert_eq!(stored_secrets(&mut rows, 1), None);
    }
}

/// Digests after the erasure are new and never repeat.
#[test]
fn no_digest_repeats_after_an_erasure() {
    let mut rows = ada_at_the_inn();
    for op in [amend_terms(1, None, 2), erase(1), amend_terms(1, None, 3), check_in(1), check_out(1)] {
        assert!(matches!(said(&mut rows, op).reply, Reply::Booking(_)));
    }
    let leaves = leaves(&rows);
    assert_eq!(leaves.len(), 6);
    for (place, leaf) in leaves.iter().enumerate().skip(2) {
        let known = |digest: &Digest| leaves[..place].iter().any(|old| old.digests.contains(digest));
        assert!(!leaf.digests.iter().any(known), "leaf {place}");
        let claims: Vec<Disclosure> = [1, 2, 3]
            .iter()
            .flat_map(|seed| [ada(*seed), salts(*seed).claims(&stored(&mut rows, 1)).to_vec()].concat())
            .collect();
        assert!(!claims.iter().any(|claim| leaf.holds(claim)), "leaf {place}");
    }
}

#[test]
fn a_booking_may_get_a_new_guest_after_an_erasure() {
    let mut rows = ada_at_the_inn();
    said(&mut rows, erase(1));
    let outcome = said(&mut rows, amend_terms(1, Some(stay("2026-11-26", "2026-11-29")), 2));
    assert!(booking_of(&outcome).guest_erased, "new dates do not restore the guest");
    assert_eq!((outcome.guest_key, stored_secrets(&mut rows, 1)), (None, None));

    let outcome = said(&mut rows, amend_to(1, 3));
    let booking = booking_of(&outcome);
    assert_eq!((booking.guest_erased, &booking.guest.ciphertext), (false, &sealed(3).ciphertext));
    assert_eq!(outcome.guest_key, Some(wrapped_key(3)));
    let LeafSeeds { guest: digests, salts, lookups } = seeds(3);
    assert_eq!(stored_secrets(&mut rows, 1), Some(GuestSecrets { wrapped_key: wrapped_key(3), digests, salts, lookups }));
    let leaf = newest_leaf(&mut rows, 1);
    assert!(ada(3).iter().chain(&salts.claims(&stored(&mut rows, 1))).all(|claim| leaf.holds(claim)));
    assert!(!ada(1).iter().any(|claim| leaf.holds(claim)));

    // The new guest can be erased too.
    said(&mut rows, erase(1));
    assert_eq!((stored(&mut rows, 1).guest_erased, stored_secrets(&mut rows, 1)), (true, None));
}

/// The caller that makes a booking has the guest's key already. Callers of later changes and retries receive it.
#[test]
fn the_guest_key_comes_with_the_booking() {
    let mut rows = key_inn();
    let keyed = |digest, op| Command { request: Some(key(digest, digest)), ..command(op) };
    let book = keyed(1, book_for(1, nights(), vec![room("DLX", "FLEX", 1)], 1));
    let known = Some(wrapped_key(1));
    for (asked, guest_key) in [
        (book.clone(), None),
        (book, known.clone()),
        (command(amend_terms(1, None, 2)), known.clone()),
        (command(cancel(9)), None),
        (keyed(2, check_out(1)), None),
        (keyed(2, check_out(1)), None),
        (keyed(3, amend_to(1, 4)), Some(wrapped_key(4))),
        (keyed(4, check_in(1)), Some(wrapped_key(4))),
        (keyed(4, check_in(1)), Some(wrapped_key(4))),
        (keyed(5, check_in(1)), None),
        (command(Op::Tick), None),
        (command(check_out(1)), Some(wrapped_key(4))),
        (command(erase(1)), None),
        (command(erase(1)), None),
        // Old answers lose the key too.
        (keyed(4, check_in(1)), None),
    ] {
        let outcome = apply(&mut rows, &asked, morning_ms()).unwrap();
        assert_eq!(outcome.guest_key, guest_key, "{asked:?}: {outcome:?}");
        if let Reply::Booking(booking) = &outcome.reply {
            assert_eq!(booking.guest.wrapped_key, Vec::<u8>::new(), "the key is not in the booking");
        }
    }
}

#[test]
fn a_booking_without_a_guest_has_no_key() {
    let mut rows = key_inn();
    run(&mut rows, book(1, nights(), vec![room("DLX", "FLEX", 1)]), morning_ms());
    assert_eq!(said(&mut rows, cancel(1)).guest_key, None);
}

/// Booking 1 as the first version stored it: with the key inside, without secrets and leaf.
fn first_version() -> MemRows {
    let mut rows = ada_at_the_inn();
    let old = Booking { guest: sealed(1), leaf: None, ..Booking::clone(&stored(&mut rows, 1)) };
    rows.put(Key::Booking(booking_id(1)), Row::Booking(old.into()));
    rows.delete(&Key::Guest(booking_id(1)));
    rows.delete(&Key::Leaf(0));
    let Some(Row::Meta(meta)) = rows.get(&Key::Meta).unwrap().cloned() else { panic!("the clock row is missing") };
    rows.put(Key::Meta, Row::Meta(Meta { next_leaf: 0, ..meta }));
    rows
}

/// Its first leaf is that of its next change.
#[test]
fn a_booking_of_the_first_version_begins_its_leaves_later() {
    for (op, kind) in [
        (cancel(1), LeafKind::Cancel),
        (check_in(1), LeafKind::CheckIn),
        (no_show(1), LeafKind::NoShow),
        (erase(1), LeafKind::Erase),
        (amend_terms(1, None, 2), LeafKind::Amend),
    ] {
        let mut rows = first_version();
        let outcome = said(&mut rows, op);
        assert_eq!(booking_of(&outcome).leaf, Some(0));
        let leaf = newest_leaf(&mut rows, 1);
        assert_eq!((leaf.kind, leaf.previous), (kind, None));
        assert_eq!((leaf.arrival, leaf.departure, leaf.rooms[0].quantity), (nights().arrival(), nights().departure(), 1));
    }
}

/// The key is either in the booking or in the secrets, until the guest is erased.
#[test]
fn a_guest_of_the_first_version_keeps_the_key_until_erased() {
    let mut rows = first_version();
    for op in [amend_terms(1, None, 2), check_in(1), amend_terms(1, Some(stay("2026-11-26", "2026-11-29")), 3), check_out(1)] {
        let outcome = said(&mut rows, op);
        let booking = booking_of(&outcome);
        let key = outcome.guest_key.clone().unwrap_or_else(|| booking.guest.wrapped_key.clone());
        assert_eq!(key, wrapped_key(1), "{outcome:?}");
    }
    said(&mut rows, erase(1));
    assert_eq!((stored(&mut rows, 1).guest.clone(), stored_secrets(&mut rows, 1)), (Sealed::default(), None));
}

/// The journal lines with a booking, as an erasure finds them: the first one by the booking's row, unless an older version made it.
#[test]
fn an_erasure_finds_every_journal_line_of_a_booking() {
    for (rules, has_line) in [(Rules::BOUNDED, false), (Rules::BOOKING_HAS_LINE, true)] {
        let mut rows = key_inn();
        let at = |ms| At { rules, ..At::from(ms) };
        for number in [1, 2] {
            let op = book_for(number, nights(), vec![room("DLX", "FLEX", 1)], 1);
            apply(&mut rows, &command(op), at(morning_ms())).unwrap();
        }
        let booking = stored(&mut rows, 1);
        assert_eq!(booking.line.is_some(), has_line);
        let lines_of = |rows: &MemRows, id: BookingId| -> Vec<u64> {
            let line = |(key, row): (&Key, &Row)| match (key, row) {
                (Key::Journal(line), Row::Journal(entry)) => match &entry.reply {
                    Reply::Booking(booking) if booking.id == id => Some(*line),
                    _ => None,
                },
                _ => None,
            };
            rows.iter().filter_map(line).collect()
        };
        let indexed = rows.iter().filter(|(key, _)| matches!(key, Key::BookingLine(..))).count();
        assert_eq!(indexed, if has_line { 0 } else { 2 });
        assert_eq!(lines_of(&rows, booking.id).first().copied(), booking.line.or(lines_of(&rows, booking.id).first().copied()));
        let other = stored(&mut rows, 2);
        said(&mut rows, erase(1));
        let lines = lines_of(&rows, booking.id);
        assert_eq!(lines.len(), 2, "the line that made it, and the erasure's");
        for line in lines {
            let Some(Row::Journal(entry)) = rows.iter().find(|(key, _)| **key == Key::Journal(line)).map(|(_, row)| row) else {
                panic!("a line")
            };
            assert!(matches!(&entry.reply, Reply::Booking(booking) if booking.guest_erased && booking.channel_ref.is_empty()));
        }
        assert_eq!(*stored(&mut rows, 2), *other, "the other booking keeps its guest");
    }
}
