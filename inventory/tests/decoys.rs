//! Digests of claims and decoys look alike: nobody without the salts can tell which places of a leaf have a claim,
//! whether the booking has a guest, or which bookings belong together.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixture;
mod guests;

use std::collections::{BTreeMap, BTreeSet};

use fixture::*;
use guests::*;
use keyrack_inventory::*;
use sha2::{Digest as _, Sha256};

const BOOKINGS: u64 = 400;

fn nights() -> Stay {
    stay("2026-11-26", "2026-11-28")
}

/// Salts without a pattern, other ones for each booking.
fn random_salts(number: u64) -> TermSalts {
    let salt = |name: &str| {
        let sum = Sha256::digest([name.as_bytes(), &number.to_be_bytes()].concat());
        sum[..16].try_into().unwrap()
    };
    TermSalts { price: salt("price"), channel_ref: salt("channel ref"), unit: salt("unit") }
}

/// A booking without a guest: the edge sends salts and no digests.
fn book_nobody(number: u64, salts: TermSalts) -> Op {
    let mut op = book(number, nights(), vec![room("STD", "FLEX", 1)]);
    if let Op::Book(request) = &mut op {
        request.seeds = LeafSeeds { salts, ..LeafSeeds::default() };
    }
    op
}

/// An inn with room for all bookings.
fn large_inn() -> MemRows {
    let mut rows = key_inn();
    run(&mut rows, put_room_type(room_type("STD", 2_000)), morning_ms());
    rows
}

/// Some bookings without a guest, some of them from holds. Most change afterwards, so that a booking has up to three
/// leaves.
fn bookings_of_nobody() -> Vec<BookingLeaf> {
    let mut rows = large_inn();
    for number in 0..BOOKINGS {
        let later = match number % 5 {
            0 => vec![check_in(number), check_out(number)],
            1 => vec![amend(number, Some(stay("2026-11-26", "2026-11-27")), None), cancel(number)],
            2 => vec![erase(number), no_show(number)],
            _ => Vec::new(),
        };
        let seeds = LeafSeeds { salts: random_salts(number), ..LeafSeeds::default() };
        if number % 2 == 0 {
            run(&mut rows, book_nobody(number, seeds.salts), morning_ms());
        } else {
            run(&mut rows, place_hold(number, nights(), vec![room("STD", "FLEX", 1)], 1), morning_ms());
            let Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, .. } = confirm_hold(number, number) else {
                unreachable!()
            };
            let (number, expected_total, guests) = (None, None, Vec::new());
            let confirm =
                Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, seeds, number, expected_total, guests };
            assert!(matches!(run(&mut rows, confirm, morning_ms()), Reply::Booking(_)));
        }
        for op in later {
            assert!(matches!(run(&mut rows, op, morning_ms()), Reply::Booking(_)));
        }
    }
    leaves(&rows)
}

#[test]
fn bookings_without_a_guest_share_no_digest() {
    let told = bookings_of_nobody();
    assert_eq!(told.len() as u64, BOOKINGS / 5 * (3 + 3 + 3 + 1 + 1));
    let mut seen: BTreeMap<Digest, usize> = BTreeMap::new();
    for (place, leaf) in told.iter().enumerate() {
        for digest in leaf.digests {
            assert_eq!(seen.insert(digest, place), None, "leaf {place} repeats a digest: {leaf:?}");
        }
    }
}

/// One different salt is enough to make the digests that depend on it differ; equal terms do not show.
#[test]
fn each_salt_hides_its_own_claim() {
    let mut rows = large_inn();
    let one = random_salts(1);
    let other = random_salts(2);
    let digests = |rows: &mut MemRows, number, salts| -> BTreeSet<Digest> {
        run(rows, book_nobody(number, salts), morning_ms());
        newest_leaf(rows, number).digests.into_iter().collect()
    };
    let first = digests(&mut rows, 1, one);
    for (number, salts, shared) in [
        (2, other, 0),
        // The unit and the channel's reference differ; price and decoys come from the same salt.
        (3, TermSalts { price: one.price, ..other }, 6),
        (4, TermSalts { channel_ref: one.channel_ref, ..other }, 1),
        (5, TermSalts { unit: one.unit, ..other }, 1),
    ] {
        let second = digests(&mut rows, number, salts);
        assert_eq!(first.intersection(&second).count(), shared, "booking {number}");
    }
}

/// Nothing that a leaf shows is enough to compute a decoy: neither the booking, nor its place, nor missing salts.
#[test]
fn a_decoy_needs_the_salt() {
    let told = bookings_of_nobody();
    let kept = |(_, leaf): &(usize, &BookingLeaf)| !told.iter().any(|l| l.kind == LeafKind::Erase && l.booking == leaf.booking);
    for (index, leaf) in told.iter().enumerate().filter(kept).step_by(5) {
        let index = index as u64;
        let public = [
            Vec::new(),
            leaf.booking.0.to_vec(),
            leaf.property.as_bytes().to_vec(),
            leaf.arrival.0.to_be_bytes().to_vec(),
            vec![0; 16],
            b"keyrack filler".to_vec(),
            [&b"keyrack filler"[..], &leaf.booking.0].concat(),
            [&b"keyrack filler"[..], &leaf.booking.0, &index.to_be_bytes()].concat(),
        ];
        for (prefix, revision, place) in public
            .iter()
            .flat_map(|prefix| (0..5u32).flat_map(move |revision| (0..8u8).map(move |place| (prefix, revision, place))))
        {
            let revision = revision.to_be_bytes();
            for guess in [[&prefix[..], &[place]].concat(), [&prefix[..], &revision, &[place]].concat()] {
                let guess: Digest = Sha256::digest(guess).into();
                assert!(!leaf.digests.contains(&guess), "a decoy can be computed from {prefix:?}");
            }
        }
        for name in ["guest.name", "guest.email", "guest.phone", "price", "channelRef", "unit", "decoy", ""] {
            assert!(!leaf.digests.contains(&claim_digest(&Salt::default(), "", name)), "{name} has no salt");
        }
    }
}

/// The digests of a booking's claims about its terms, computed from its salts.
fn claims_of(salts: &TermSalts, rows: &mut MemRows, number: u64) -> BTreeSet<Digest> {
    salts.claims(&stored(rows, number)).iter().map(Disclosure::digest).collect()
}

/// Over many bookings, decoys have each sorted place as often as chance makes them, and no bit tells them apart.
#[test]
fn decoys_cannot_be_told_from_claims() {
    let mut rows = large_inn();
    let mut decoys_at = [0u32; LEAF_DIGESTS];
    let mut ones = [[0u32; 256]; 2];
    for number in 0..BOOKINGS {
        let salts = random_salts(number);
        run(&mut rows, book_nobody(number, salts), morning_ms());
        let (leaf, claims) = (newest_leaf(&mut rows, number), claims_of(&salts, &mut rows, number));
        assert_eq!(leaf.digests.iter().filter(|digest| claims.contains(*digest)).count(), 3);
        for (place, digest) in leaf.digests.iter().enumerate() {
            let decoy = !claims.contains(digest);
            decoys_at[place] += u32::from(decoy);
            for bit in 0..256 {
                ones[usize::from(decoy)][bit] += u32::from(digest[bit / 8] >> (bit % 8) & 1);
            }
        }
    }
    // Five of eight places have a decoy. In 400 bookings that is 250 times each, and 190 to 310 with near certainty.
    assert!(decoys_at.iter().all(|times| (190..=310).contains(times)), "{decoys_at:?}");
    for (which, ones) in ["claims", "decoys"].iter().zip(&ones) {
        let digests = if *which == "claims" { 3 } else { 5 } * BOOKINGS as u32;
        let fair = digests * 2 / 5..=digests * 3 / 5;
        assert!(ones.iter().all(|times| fair.contains(times)), "a bit of {which} is not random: {ones:?}");
    }
}

/// With a guest, all eight digests have a claim or a decoy of the edge; the leaf has the same form as without.
#[test]
fn a_leaf_does_not_show_whether_there_is_a_guest() {
    let mut rows = large_inn();
    run(&mut rows, book_for(1, nights(), vec![room("STD", "FLEX", 1)], 1), morning_ms());
    run(&mut rows, book_nobody(2, random_salts(2)), morning_ms());
    // Fewer digests of the guest than places: the others get decoys too.
    let mut few = book_nobody(3, random_salts(3));
    if let Op::Book(request) = &mut few {
        request.seeds.guest = seeds(3).guest[..2].to_vec();
    }
    run(&mut rows, few, morning_ms());
    let told = [1, 2, 3].map(|number| newest_leaf(&mut rows, number));
    for leaf in &told {
        assert!(leaf.digests.windows(2).all(|pair| pair[0] < pair[1]), "sorted, and none twice: {leaf:?}");
    }
    let all: BTreeSet<Digest> = told.iter().flat_map(|leaf| leaf.digests).collect();
    assert_eq!(all.len(), 3 * LEAF_DIGESTS);
    assert_eq!(told[2].digests.iter().filter(|digest| seeds(3).guest.contains(digest)).count(), 2);
}

/// An auditor sees neither whether there is a guest nor whether it changed: no two leaves of a booking have a digest in common, with a
/// guest, without one, and when the guest changes.
#[test]
fn the_leaves_of_a_booking_have_no_digest_in_common() {
    let mut rows = large_inn();
    run(&mut rows, book_for(1, nights(), vec![room("STD", "FLEX", 1)], 1), morning_ms());
    run(&mut rows, book_nobody(2, random_salts(2)), morning_ms());
    for number in [1, 2] {
        let mut seen: BTreeSet<Digest> = newest_leaf(&mut rows, number).digests.into();
        let later = [amend_terms(number, Some(stay("2026-12-02", "2026-12-05")), 9), amend_to(number, 10), cancel(number)];
        for (place, op) in later.into_iter().enumerate() {
            run(&mut rows, op, morning_ms());
            seen.extend(newest_leaf(&mut rows, number).digests);
            assert_eq!(seen.len(), (place + 2) * LEAF_DIGESTS, "booking {number}, step {place}");
        }
    }
}
