//! Every verb in every state by every kind of caller, against a table written by hand.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;

use callers::*;
use fixture::*;
use keyrack_inventory::*;

/// What is done to the booking of this number.
type Step = fn(u64) -> Op;
/// The state after a verb; `None` if it is refused.
type After = Option<BookingState>;

/// The verbs, and the roles that have them: Operator, Manager, Channel, Desk, Auditor, Guest.
const VERBS: [(&str, Step, &str); 7] = [
    ("amend", |number| amend(number, None, Some(vec![room("DLX", "FLEX", 1)])), "OMCD  "),
    ("cancel", cancel, "OMCD G"),
    ("check in", check_in, "OM D  "),
    ("revert check-in", revert_check_in, "OM D  "),
    ("check out", check_out, "OM D  "),
    ("no-show", no_show, "OM D  "),
    ("reinstate", reinstate, "OM D  "),
];

/// For each state, how a booking comes into it, and the state after each of [`VERBS`].
const STATES: [(BookingState, &[Step], [After; 7]); 5] = {
    use BookingState::{Cancelled, CheckedIn, CheckedOut, Confirmed, NoShow};
    [
        (Confirmed, &[], [Some(Confirmed), Some(Cancelled), Some(CheckedIn), None, None, Some(NoShow), None]),
        (CheckedIn, &[check_in], [Some(CheckedIn), None, None, Some(Confirmed), Some(CheckedOut), None, None]),
        (CheckedOut, &[check_in, check_out], [None; 7]),
        // A second cancel gets the booking as it is.
        (Cancelled, &[cancel], [None, Some(Cancelled), None, None, None, None, Some(Confirmed)]),
        (NoShow, &[no_show], [None, None, None, None, None, None, Some(Confirmed)]),
    ]
};

const ROLES: [(Role, char); 6] = [
    (Role::Operator, 'O'),
    (Role::Manager, 'M'),
    (Role::Channel, 'C'),
    (Role::Desk, 'D'),
    (Role::Auditor, 'A'),
    (Role::Guest, 'G'),
];

/// A booking for tonight in the state that these steps lead to.
fn hotel(steps: &[Step]) -> MemRows {
    let mut rows = key_inn();
    let made = book(1, stay("2026-11-26", "2026-11-28"), vec![room("STD", "FLEX", 1)]);
    for op in [made].into_iter().chain(steps.iter().map(|step| step(1))) {
        assert!(matches!(run(&mut rows, op, morning_ms()), Reply::Booking(_)));
    }
    rows
}

fn stored(rows: &MemRows) -> Booking {
    match rows.clone().get(&Key::Booking(booking_id(1))).unwrap() {
        Some(Row::Booking(booking)) => Booking::clone(booking),
        other => panic!("a booking, not {other:?}"),
    }
}

fn callers() -> Vec<(char, Who)> {
    let role = |(role, letter): (Role, char)| match role {
        Role::Guest => (letter, Who::Guest(booking_id(1))),
        role => (letter, trusted(role)),
    };
    ROLES.into_iter().map(role).chain([(' ', Who::Guest(booking_id(2)))]).collect()
}

#[test]
fn every_verb_in_every_state_by_every_role() {
    let mut done = 0;
    for (state, steps, after) in STATES {
        let before = hotel(steps);
        assert_eq!(stored(&before).state, state);
        for ((verb, op, may), next) in VERBS.into_iter().zip(after) {
            for (letter, who) in callers() {
                let case = format!("{verb} in state {state:?} by '{letter}'");
                let mut rows = before.clone();
                let command = asked(who, op(1));
                let reply = apply(&mut rows, &command, morning_ms()).unwrap().reply;
                let allowed = letter != ' ' && may.contains(letter);
                match next {
                    _ if !allowed => {
                        assert!(matches!(reply, Reply::Rejected(Reject::Forbidden | Reject::NotFound)), "{case}: {reply:?}");
                        assert_only_recorded(&before, &rows, &command, &reply, false);
                    }
                    None => {
                        assert_eq!(reply, Reply::Rejected(Reject::WrongState(state)), "{case}");
                        assert_only_recorded(&before, &rows, &command, &reply, false);
                    }
                    Some(next) => {
                        let (old, new) = (stored(&before), stored(&rows));
                        assert_eq!((reply, new.state), (Reply::Booking(new.clone().into()), next), "{case}");
                        let again = (state, verb) == (BookingState::Cancelled, "cancel");
                        assert_eq!(new.revision, if again { old.revision } else { old.revision + 1 }, "{case}");
                        done += 1;
                    }
                }
            }
        }
    }
    // Two states allow amending, two cancelling, one each of the next four verbs, and two reinstating.
    assert_eq!(done, 2 * 4 + 2 * 5 + 4 * 3 + 2 * 3);
}

#[test]
fn the_table_of_the_core_is_this_one() {
    for (state, _, after) in STATES {
        for (verb, expected) in Verb::ALL.into_iter().zip(after) {
            let again = (state, verb) == (BookingState::Cancelled, Verb::Cancel);
            assert_eq!(state.after(verb), expected.filter(|_| !again), "{verb:?} in state {state:?}");
        }
    }
}
