//! A newer key of the keyring wraps the guest's key. It replaces the older wrapping, and callers see no change.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;
mod guests;

use callers::{changed, clock};
use fixture::*;
use guests::*;
use keyrack_inventory::*;

fn ada_at_the_inn() -> MemRows {
    let mut rows = key_inn();
    run(&mut rows, book_for(1, stay("2026-11-26", "2026-11-28"), vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    rows
}

fn rewrap(number: u64, from: Vec<u8>, to: Vec<u8>) -> Op {
    Op::RewrapGuest { booking: booking_id(number), from, to, lookups: Vec::new() }
}

fn at(index: u64) -> At {
    At { ms: morning_ms(), term: 1, index, rules: Rules::PRESENT }
}

#[test]
fn rewrapping_replaces_the_wrapped_key_and_changes_nothing_else() {
    let mut rows = ada_at_the_inn();
    let (before, secrets) = (rows.clone(), stored_secrets(&mut rows, 1).unwrap());
    let outcome = apply(&mut rows, &command(rewrap(1, wrapped_key(1), wrapped_key(2))), at(77)).unwrap();
    assert_eq!(outcome, Outcome { reply: Reply::Done, replayed: false, guest_key: None });
    // There is no journal line and no leaf, and the booking is unchanged. Only the secrets and the erasure index
    // changed.
    assert_eq!(changed(&before, &rows), [Key::Meta, Key::Guest(booking_id(1))]);
    assert_eq!(stored_secrets(&mut rows, 1), Some(GuestSecrets { wrapped_key: wrapped_key(2), ..secrets }));
    assert_eq!(clock(&mut rows), Meta { last_erasure: 77, ..clock(&mut before.clone()) });
    // The caller of a later change receives the new wrapping.
    let outcome = apply(&mut rows, &command(check_in(1)), at(78)).unwrap();
    assert_eq!(outcome.guest_key, Some(wrapped_key(2)));
}

/// The guest was replaced, erased or rewrapped first, or never existed.
#[test]
fn an_unexpected_wrapped_key_is_not_replaced() {
    let longer = [wrapped_key(1), vec![1]].concat();
    for (first, op) in [
        (None, rewrap(1, wrapped_key(3), wrapped_key(2))),
        (None, rewrap(1, Vec::new(), wrapped_key(2))),
        (None, rewrap(1, wrapped_key(1)[1..].to_vec(), wrapped_key(2))),
        (None, rewrap(1, longer, wrapped_key(2))),
        (None, rewrap(9, wrapped_key(1), wrapped_key(2))),
        (None, rewrap(9, Vec::new(), wrapped_key(2))),
        (Some(amend_to(1, 4)), rewrap(1, wrapped_key(1), wrapped_key(2))),
        (Some(erase(1)), rewrap(1, wrapped_key(1), wrapped_key(2))),
        (Some(erase(1)), rewrap(1, Vec::new(), wrapped_key(2))),
        (Some(rewrap(1, wrapped_key(1), wrapped_key(2))), rewrap(1, wrapped_key(1), wrapped_key(2))),
    ] {
        let mut rows = ada_at_the_inn();
        if let Some(first) = first {
            apply(&mut rows, &command(first), at(70)).unwrap();
        }
        let before = rows.clone();
        assert_eq!(apply(&mut rows, &command(op.clone()), at(77)).unwrap().reply, Reply::Done);
        assert_eq!(rows, before, "{op:?}");
    }
}
