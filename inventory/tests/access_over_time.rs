//! Rights change: a refused request may succeed later, and a stored answer may later be refused.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;
mod guests;

use callers::*;
use fixture::*;
use guests::{book_for, stored, wrapped_key};
use keyrack_inventory::*;

fn nights() -> Stay {
    stay("2026-11-26", "2026-11-28")
}

fn rooms() -> Vec<RoomRequest> {
    vec![room("STD", "FLEX", 1)]
}

fn ask(rows: &mut MemRows, command: &Command) -> Outcome {
    let at_ms = clock(rows).last_at_ms;
    apply(rows, command, at_ms).unwrap()
}

fn refused(outcome: &Outcome) -> Option<&Reject> {
    if let Reply::Rejected(reject) = &outcome.reply { Some(reject) } else { None }
}

#[test]
fn a_key_of_a_refused_caller_stays_unused() {
    let mut rows = two_properties();
    let wish = keyed(1, asked(principal(SELF), book_for(9, nights(), rooms(), 1)));
    know(&mut rows, SELF, Grant { revoked: true, ..grant(Role::Channel) });
    for _ in 0..2 {
        let before = rows.clone();
        let outcome = ask(&mut rows, &wish);
        assert_eq!(refused(&outcome), Some(&Reject::Forbidden));
        assert_only_recorded(&before, &rows, &wish, &outcome.reply, false);
    }
    know(&mut rows, SELF, grant(Role::Channel));
    let first = ask(&mut rows, &wish);
    assert!(matches!(first.reply, Reply::Booking(_)) && !first.replayed);
    let second = ask(&mut rows, &wish);
    assert_eq!((&second.reply, second.replayed), (&first.reply, true));
    assert_eq!(second.guest_key, Some(wrapped_key(1)));
}

/// The refusal does not reveal that a stored answer exists.
#[test]
fn a_caller_that_lost_its_right_gets_no_stored_answer() {
    let kept = keyed(1, asked(principal(SELF), book_for(9, nights(), rooms(), 1)));
    let fresh = keyed(2, asked(principal(SELF), book_for(9, nights(), rooms(), 1)));
    let mut rows = two_properties();
    assert!(matches!(ask(&mut rows, &kept).reply, Reply::Booking(_)));
    for withdrawn in [
        Grant { revoked: true, ..grant(Role::Channel) },
        Grant { credentials: Vec::new(), ..grant(Role::Channel) },
        Grant { properties: vec!["far-inn".to_owned()], ..grant(Role::Channel) },
        grant(Role::Auditor),
    ] {
        know(&mut rows, SELF, withdrawn);
        let before = rows.clone();
        let outcome = ask(&mut rows, &kept);
        assert_eq!(refused(&outcome), Some(&Reject::Forbidden));
        assert!(!outcome.replayed && outcome.guest_key.is_none());
        assert_only_recorded(&before, &rows, &kept, &outcome.reply, false);
        assert_eq!(ask(&mut rows, &fresh), outcome);
    }
    know(&mut rows, SELF, grant(Role::Channel));
    assert!(ask(&mut rows, &kept).replayed, "the answer was still stored");
}

/// The stored answer is about a booking outside the caller's new scope.
#[test]
fn a_caller_whose_scope_shrank_gets_no_stored_answer() {
    let mut rows = two_properties();
    let foreign = keyed(1, asked(principal(SELF), amend(2, None, None)));
    let own = keyed(2, asked(principal(SELF), amend(1, None, None)));
    let hold = keyed(3, asked(principal(SELF), Op::ReleaseHold(hold_id(2))));
    for command in [&foreign, &own, &hold] {
        assert_eq!(refused(&ask(&mut rows, command)), None);
    }
    know(&mut rows, SELF, Grant { own_only: true, ..grant(Role::Channel) });
    for command in [&foreign, &hold] {
        let before = rows.clone();
        let outcome = ask(&mut rows, command);
        assert_eq!((refused(&outcome), outcome.replayed), (Some(&Reject::NotFound), false));
        assert_only_recorded(&before, &rows, command, &outcome.reply, false);
    }
    assert!(ask(&mut rows, &own).replayed);
}

#[test]
fn a_reused_key_is_in_the_audit_trail() {
    let mut rows = two_properties();
    let wish = keyed(1, asked(principal(SELF), cancel(1)));
    assert_eq!(refused(&ask(&mut rows, &wish)), None);
    let other = Command { request: Some(key(1, 2)), ..asked(principal(SELF), cancel(2)) };
    let before = rows.clone();
    let outcome = ask(&mut rows, &other);
    assert_eq!(refused(&outcome), Some(&Reject::KeyReused));
    assert_only_recorded(&before, &rows, &other, &outcome.reply, false);
    // The cluster's own commands leave no audit record.
    let before = rows.clone();
    let outcome = ask(&mut rows, &Command { by: None, ..other });
    assert_eq!((refused(&outcome), rows), (Some(&Reject::KeyReused), before));
}

/// For an own-only principal, another seller's booking and an unknown booking differ only by id: in the answer, in the
/// rows and in the audit record.
#[test]
fn bookings_of_other_sellers_look_like_unknown_ones() {
    let mut house = two_properties();
    know(&mut house, SELF, Grant { own_only: true, ..grant(Role::Operator) });
    let far = |id: [u8; 16]| [&FAR.0.to_be_bytes()[..], &id[4..]].concat().try_into().unwrap();
    let bookings = [booking_id(2), booking_id(99), BookingId(far(booking_id(2).0))];
    let holds = [hold_id(2), hold_id(99), HoldId(far(hold_id(2).0))];
    let on = |place: usize| {
        let (booking, expected_revision) = (bookings[place], Some(1));
        let mut amended = amend(1, None, None);
        if let Op::Amend { booking: id, .. } = &mut amended {
            *id = booking;
        }
        let mut confirmed = confirm_hold(1, 90);
        if let Op::ConfirmHold { hold, .. } = &mut confirmed {
            *hold = holds[place];
        }
        [
            amended,
            confirmed,
            Op::ReleaseHold(holds[place]),
            // This includes a revision that is wrong for the other seller's booking.
            Op::Cancel { booking, expected_revision: Some(7) },
            Op::Cancel { booking, expected_revision },
            Op::CheckIn { booking, expected_revision },
            Op::CheckOut { booking, expected_revision },
            Op::NoShow { booking, expected_revision },
            Op::EraseGuest { booking },
        ]
    };
    // The same holds for a cancelled booking and a closed hold.
    let mut given_up = house.clone();
    for op in [cancel(2), Op::ReleaseHold(hold_id(2))] {
        assert_eq!(refused(&ask(&mut given_up, &asked(principal(OTHER), op))), None);
    }
    for rows in [house, given_up] {
        for place in 0..on(0).len() {
            let seen = [0, 1, 2].map(|which| {
                let mut after = rows.clone();
                let outcome = ask(&mut after, &keyed(1, asked(principal(SELF), on(which)[place].clone())));
                let mut line = newest_line(&mut after);
                line.mark = None;
                (outcome, changed(&rows, &after), line)
            });
            assert_eq!(refused(&seen[0].0), Some(&Reject::NotFound), "{:?}", on(0)[place]);
            assert_eq!(seen[0], seen[1], "{:?}", on(0)[place]);
            assert_eq!(seen[0], seen[2], "{:?}", on(0)[place]);
        }
    }
}

#[test]
fn a_credential_expires_by_log_time() {
    let mut rows = two_properties();
    let end_ms = morning_ms() + 1_000;
    let credentials = vec![Credential { number: 1, expires_at_ms: end_ms }];
    know(&mut rows, SELF, Grant { credentials, ..grant(Role::Desk) });
    let wish = |number| asked(principal(SELF), book(number, nights(), rooms()));
    let verdict = |rows: &mut MemRows, number, at_ms| refused(&apply(rows, &wish(number), at_ms).unwrap()).cloned();
    assert_eq!(verdict(&mut rows, 91, end_ms - 1), None);
    assert_eq!(verdict(&mut rows, 92, end_ms), Some(Reject::Forbidden));
    // A leader whose clock is behind does not make it valid again.
    assert_eq!(verdict(&mut rows, 93, morning_ms()), Some(Reject::Forbidden));
    assert_eq!(verdict(&mut rows, 94, u64::MAX), Some(Reject::Forbidden));
}

/// Grants from the directory may arrive late or twice. The newest revision stays.
#[test]
fn an_older_grant_never_replaces_a_newer_one() {
    let mut rows = two_properties();
    let newer = Grant { revision: 20, revoked: true, ..grant(Role::Channel) };
    run(&mut rows, Op::PutGrant { number: SELF, grant: newer.clone() }, morning_ms());
    for revision in [0, 19, 20] {
        let before = rows.clone();
        assert_eq!(
            run(&mut rows, Op::PutGrant { number: SELF, grant: Grant { revision, ..grant(Role::Operator) } }, morning_ms()),
            Reply::Done
        );
        assert_eq!(rows, before, "{revision}");
    }
    let newest = Grant { revision: 21, ..grant(Role::Desk) };
    run(&mut rows, Op::PutGrant { number: SELF, grant: newest.clone() }, morning_ms());
    assert_eq!(rows.get(&Key::Grant(SELF)).unwrap(), Some(&Row::Grant(newest.into())));
}

/// Closing the day is for the whole property, even if the caller sees only its own bookings.
#[test]
fn closing_the_day_marks_no_shows_of_all_sellers() {
    let mut rows = two_properties();
    know(&mut rows, SELF, Grant { own_only: true, ..grant(Role::Manager) });
    let close = asked(principal(SELF), Op::CloseBusinessDate { expected_from: first_date() });
    assert!(matches!(ask(&mut rows, &close).reply, Reply::BusinessDate(_)));
    let states = [1, 2, 3, 4].map(|number| stored(&mut rows, number).state);
    assert_eq!(states, [BookingState::NoShow, BookingState::NoShow, BookingState::CheckedIn, BookingState::CheckedIn]);
    assert_eq!(
        refused(&ask(&mut rows, &asked(principal(SELF), check_out(4)))),
        Some(&Reject::NotFound),
        "closing the day does not widen the caller's scope"
    );
}

/// A booking belongs to the principal that made it, also if another seller amends it. A confirmed hold belongs to the
/// principal that confirms it.
#[test]
fn a_booking_belongs_to_the_principal_that_made_it() {
    let mut rows = two_properties();
    let seller = |rows: &mut MemRows, number| stored(rows, number).seller;
    assert_eq!([1, 2, 3, 4].map(|number| seller(&mut rows, number)), [SELF, OTHER, SELF, OTHER]);
    for op in [amend(2, None, None), check_in(2), erase(2)] {
        assert_eq!(refused(&ask(&mut rows, &asked(principal(SELF), op))), None);
        assert_eq!(seller(&mut rows, 2), OTHER);
    }
    ask(&mut rows, &asked(principal(SELF), confirm_hold(2, 9)));
    assert_eq!(seller(&mut rows, 9), SELF);
    for who in [trusted(Role::Desk), Who::Unauthenticated] {
        ask(&mut rows, &Command { by: Some(actor(who)), ..command(book(10, nights(), rooms())) });
    }
    assert_eq!(seller(&mut rows, 10), 0);
}
