//! The holder of the salts, and only the holder, can disclose a leaf's claims one by one.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;
mod guests;

use fixture::*;
use guests::*;
use keyrack_inventory::*;

/// All claims that a holder may disclose of a booking made for guest `seed`.
fn shown(rows: &mut MemRows, number: u64, seed: u8) -> Vec<Disclosure> {
    let mut shown = ada(seed);
    shown.extend(salts(seed).claims(&stored(rows, number)));
    shown
}

fn priced_inn() -> MemRows {
    let mut rows = key_inn();
    let rates = AriUpdate { rate: Some(12_000), ..update("DLX", Some("FLEX"), "2026-12-01", "2026-12-31") };
    assert!(!matches!(run(&mut rows, Op::UpdateAri(vec![rates]), morning_ms()), Reply::Rejected(_)));
    rows
}

/// Digests computed by hand: `sha256(83 50 <salt> <text> <text>)`, for texts with each length of CBOR head.
#[test]
fn a_claim_is_a_digest_that_anyone_can_compute() {
    let salt: Salt = core::array::from_fn(|place| place as u8);
    for (value, name, digest) in [
        ("Ada Lovelace", "guest.name", "f3fa808c321c40a478c5e163afd4279befbb10b0e0e91b9c5dacda2a5aaa1203"),
        ("360.00 EUR", "price", "90ebfb2c5658a807cc7f57b728884db61f3c9fd1e1dcf93da96fc67478d8951e"),
        ("", "unit", "f67d42adf584c632454ab7647e58a1c1213f814467c44e1717b968b6a41a4619"),
        (&"Zoë ".repeat(60), "guest.name", "596790918d56d69dc5ab6426667952fe4131da5ccea11e5a3d06b393e78fa1c1"),
    ] {
        let disclosure = Disclosure { salt, value: value.to_owned(), name: name.to_owned() };
        let hex: String = disclosure.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, digest, "{value}");
        assert_eq!(disclosure.digest(), claim_digest(&salt, value, name));
    }
    // The boundary between the fields matters.
    assert_ne!(claim_digest(&salt, "ab", "c"), claim_digest(&salt, "a", "bc"));
}

#[test]
fn every_claim_of_a_booking_is_in_its_leaf() {
    let mut rows = priced_inn();
    run(&mut rows, book_for(1, stay("2026-12-01", "2026-12-04"), vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    let leaf = newest_leaf(&mut rows, 1);
    let shown = shown(&mut rows, 1, 1);
    let told: Vec<(&str, &str)> = shown.iter().map(|d| (d.name.as_str(), d.value.as_str())).collect();
    let expected = [
        ("guest.name", "Ada Lovelace"),
        ("guest.email", "ada@example.org"),
        ("guest.phone", "+44 20 7946 0000"),
        ("price", "360.00 EUR"),
        ("channelRef", "ref-1"),
        ("unit", ""),
    ];
    assert_eq!(told, expected);
    for disclosure in &shown {
        assert!(leaf.holds(disclosure), "{disclosure:?}");
        let mut salt = disclosure.salt;
        salt[15] ^= 1;
        let (value, name) = (format!("{} ", disclosure.value), format!("{}s", disclosure.name));
        let wrong = [
            Disclosure { salt, ..disclosure.clone() },
            Disclosure { value, ..disclosure.clone() },
            Disclosure { name, ..disclosure.clone() },
        ];
        assert!(wrong.iter().all(|wrong| !leaf.holds(wrong)), "{disclosure:?}");
    }
    // A claim does not match with the salt of another.
    let salts: Vec<Salt> = shown.iter().map(|d| d.salt).collect();
    for (disclosure, salt) in shown.iter().zip(salts.iter().cycle().skip(1)) {
        assert!(!leaf.holds(&Disclosure { salt: *salt, ..disclosure.clone() }), "{disclosure:?}");
    }
}

/// The leaf of a confirmed hold has the same claims as that of a booking.
#[test]
fn a_confirmed_hold_makes_the_same_claims() {
    let mut rows = priced_inn();
    run(&mut rows, place_hold(1, stay("2026-12-01", "2026-12-04"), vec![room("DLX", "FLEX", 1)], 9_000), morning_ms());
    let Op::Book(BookRequest { guest, channel_ref, payment_token, seeds, .. }) =
        book_for(1, stay("2026-12-01", "2026-12-04"), Vec::new(), 1)
    else {
        unreachable!()
    };
    let (hold, booking) = (hold_id(1), booking_id(1));
    let (number, expected_total, guests) = (None, None, Vec::new());
    let op = Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, seeds, number, expected_total, guests };
    let reply = run(&mut rows, op, morning_ms());
    assert!(matches!(reply, Reply::Booking(_)), "{reply:?}");
    let leaf = newest_leaf(&mut rows, 1);
    assert!(shown(&mut rows, 1, 1).iter().all(|disclosure| leaf.holds(disclosure)));
}

/// The price as a person reads it, with the currency's digits; empty if it was agreed elsewhere.
#[test]
fn the_price_is_claimed_in_its_currency() {
    for (plan_currency, rate, claimed) in
        [("EUR", Some(5), "0.10 EUR"), ("JPY", Some(9_800), "19600 JPY"), ("KWD", Some(1_234), "2.468 KWD"), ("EUR", None, "")]
    {
        let mut rows = key_inn();
        run(&mut rows, put_rate_plan(RatePlan { currency: currency(plan_currency), ..rate_plan("PLAN") }), morning_ms());
        let rates = AriUpdate { rate, ..update("DLX", Some("PLAN"), "2026-12-01", "2026-12-31") };
        run(&mut rows, Op::UpdateAri(vec![rates]), morning_ms());
        run(&mut rows, book_for(1, stay("2026-12-01", "2026-12-02"), vec![room("DLX", "PLAN", 2)], 1), morning_ms());
        let [price, ..] = salts(1).claims(&stored(&mut rows, 1));
        assert_eq!((price.value.as_str(), price.name.as_str()), (claimed, "price"));
        assert_ne!(price.salt, salts(1).price, "a disclosed salt is not the secret of all salts");
        assert!(newest_leaf(&mut rows, 1).holds(&price), "{claimed}");
    }
}

#[test]
fn every_leaf_has_eight_sorted_digests() {
    let mut rows = priced_inn();
    let nights = stay("2026-12-01", "2026-12-03");
    for op in [
        book_for(1, nights, vec![room("DLX", "FLEX", 1)], 1),
        // This booking has no guest, so there are no claims about one.
        book(2, nights, vec![room("DLX", "FLEX", 1)]),
        amend(2, Some(stay("2026-12-02", "2026-12-03")), None),
        amend_terms(1, None, 2),
        cancel(2),
        erase(1),
        erase(2),
        cancel(1),
    ] {
        assert!(matches!(run(&mut rows, op, morning_ms()), Reply::Booking(_)));
    }
    let leaves = leaves(&rows);
    assert_eq!(leaves.len(), 8);
    for leaf in leaves {
        assert!(leaf.digests.windows(2).all(|pair| pair[0] < pair[1]), "{leaf:?}");
        assert_eq!(leaf.digests.len(), LEAF_DIGESTS);
    }
}

#[test]
fn two_bookings_of_one_guest_share_no_digest() {
    let mut rows = priced_inn();
    for number in [1, 2] {
        let nights = stay("2026-12-01", "2026-12-03");
        run(&mut rows, book_for(number, nights, vec![room("DLX", "FLEX", 1)], number as u8), morning_ms());
    }
    let (one, two) = (newest_leaf(&mut rows, 1), newest_leaf(&mut rows, 2));
    assert_eq!(stored(&mut rows, 1).total(), stored(&mut rows, 2).total());
    assert!(one.digests.iter().all(|digest| !two.digests.contains(digest)), "{one:?} {two:?}");
}

/// A change of state makes the claims about terms again, with the new leaf's salts. Claims about the guest are in the leaf of a new
/// guest only: the same digests in two leaves would show that there is a guest and that it did not change.
#[test]
fn a_change_of_state_repeats_no_claim_of_the_guest() {
    let mut rows = priced_inn();
    let tonight = stay("2026-11-26", "2026-11-28");
    let rates = AriUpdate { rate: Some(1), ..update("DLX", Some("FLEX"), "2026-11-26", "2026-11-30") };
    run(&mut rows, Op::UpdateAri(vec![rates]), morning_ms());
    run(&mut rows, book_for(1, tonight, vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    for op in [check_in(1), revert_check_in(1)] {
        let before = shown(&mut rows, 1, 1);
        run(&mut rows, op, morning_ms());
        let (now, leaf) = (shown(&mut rows, 1, 1), newest_leaf(&mut rows, 1));
        assert!(now.iter().all(|claim| leaf.holds(claim) != claim.name.starts_with("guest.")), "{leaf:?}");
        assert!(before.iter().zip(&now).all(|(old, new)| old.value == new.value && old.name == new.name));
        assert!(before.iter().all(|claim| !leaf.holds(claim)), "{leaf:?}");
    }
}

/// Each leaf has its own salts, even for an unchanged value, so an old disclosure reveals nothing about a new leaf.
#[test]
fn an_amended_booking_makes_new_claims_about_its_terms() {
    let mut rows = priced_inn();
    run(&mut rows, book_for(1, stay("2026-12-01", "2026-12-04"), vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    let old = shown(&mut rows, 1, 1);
    run(&mut rows, amend_terms(1, Some(stay("2026-12-02", "2026-12-06")), 2), morning_ms());
    let leaf = newest_leaf(&mut rows, 1);
    let new = salts(1).claims(&stored(&mut rows, 1));
    assert_eq!(new[0].value, "480.00 EUR");
    assert!(new.iter().all(|disclosure| leaf.holds(disclosure)), "{leaf:?}");
    for disclosure in &old {
        assert!(!leaf.holds(disclosure), "{disclosure:?}");
    }
    // The previous leaf still has its old claims.
    let before = &leaves(&rows)[0];
    assert!(old.iter().all(|disclosure| before.holds(disclosure)));
}

#[test]
fn a_new_guest_replaces_all_claims() {
    let mut rows = priced_inn();
    run(&mut rows, book_for(1, stay("2026-12-01", "2026-12-04"), vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    let old = shown(&mut rows, 1, 1);
    run(&mut rows, amend_to(1, 2), morning_ms());
    let (leaf, new) = (newest_leaf(&mut rows, 1), shown(&mut rows, 1, 2));
    assert!(new.iter().all(|disclosure| leaf.holds(disclosure)), "{leaf:?}");
    assert!(old.iter().all(|disclosure| !leaf.holds(disclosure)), "{leaf:?}");
}

/// The refused command carries new salts, which must not be used.
#[test]
fn a_refused_change_keeps_the_claims() {
    let mut rows = priced_inn();
    run(&mut rows, book_for(1, stay("2026-12-01", "2026-12-04"), vec![room("DLX", "FLEX", 1)], 1), morning_ms());
    let before = (stored_secrets(&mut rows, 1), leaves(&rows).len());
    for op in [
        amend_terms(1, Some(stay("2026-12-30", "2027-01-03")), 2),
        Op::Amend {
            booking: booking_id(1),
            arrival: None,
            departure: None,
            rooms: Some(vec![room("DLX", "FLEX", 3)]),
            guest: Some(sealed(2)),
            guest_of: None,
            seeds: seeds(2),
            expected_revision: None,
            override_reason: None,
        },
    ] {
        assert!(matches!(run(&mut rows, op, morning_ms()), Reply::Rejected(_)));
        assert_eq!((stored_secrets(&mut rows, 1), leaves(&rows).len()), before);
    }
}
