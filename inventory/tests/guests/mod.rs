//! Guests as the edge sends them: encrypted data, and salted digests for the leaves.
#![allow(dead_code, reason = "every test file uses some of these")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use keyrack_inventory::*;

use crate::fixture::*;

/// The claims about the guest Ada, with salts derived from `seed`.
pub fn ada(seed: u8) -> Vec<Disclosure> {
    let claim = |place: u8, name: &str, value: &str| {
        let salt = core::array::from_fn(|byte| seed ^ (place * 16 + byte as u8));
        Disclosure { salt, value: value.to_owned(), name: name.to_owned() }
    };
    vec![
        claim(1, "guest.name", "Ada Lovelace"),
        claim(2, "guest.email", "ada@example.org"),
        claim(3, "guest.phone", "+44 20 7946 0000"),
    ]
}

/// Each seed gives other bytes and another key.
pub fn sealed(seed: u8) -> Sealed {
    Sealed { ciphertext: vec![seed; 40], wrapped_key: wrapped_key(seed) }
}

pub fn wrapped_key(seed: u8) -> Vec<u8> {
    vec![0x80 | seed; 60]
}

pub fn salts(seed: u8) -> TermSalts {
    let salt = |place: u8| core::array::from_fn(|byte| seed.wrapping_mul(31).wrapping_add(place * 64 + byte as u8));
    TermSalts { price: salt(0), channel_ref: salt(1), unit: salt(2) }
}

/// Three claims and two decoys.
pub fn seeds(seed: u8) -> LeafSeeds {
    let decoys = [[0x40 | seed; 32], [0xc0 | seed; 32]];
    let guest = ada(seed).iter().map(Disclosure::digest).chain(decoys).collect();
    LeafSeeds { guest, salts: salts(seed), lookups: Vec::new() }
}

pub fn book_for(number: u64, stay: Stay, rooms: Vec<RoomRequest>, seed: u8) -> Op {
    let (channel_ref, payment_token) = (format!("ref-{seed}"), String::new());
    let (id, guest, seeds) = (booking_id(number), sealed(seed), seeds(seed));
    let (number, expected_total, override_reason) = (None, None, None);
    Op::Book(BookRequest { id, stay, rooms, guest, channel_ref, payment_token, seeds, number, expected_total, override_reason })
}

/// Sets new dates, or the same dates with `None`; the guest stays.
pub fn amend_terms(number: u64, stay: Option<Stay>, seed: u8) -> Op {
    with_seeds(amend(number, stay, None), None, LeafSeeds { guest: Vec::new(), ..seeds(seed) })
}

/// Replaces the guest.
pub fn amend_to(number: u64, seed: u8) -> Op {
    with_seeds(amend(number, None, None), Some(sealed(seed)), seeds(seed))
}

fn with_seeds(mut op: Op, sealed: Option<Sealed>, drawn: LeafSeeds) -> Op {
    if let Op::Amend { guest, seeds, .. } = &mut op {
        (*guest, *seeds) = (sealed, drawn);
    }
    op
}

pub fn stored(rows: &mut MemRows, number: u64) -> Arc<Booking> {
    match rows.get(&Key::Booking(booking_id(number))).unwrap() {
        Some(Row::Booking(booking)) => booking.clone(),
        other => panic!("booking {number} is missing: {other:?}"),
    }
}

pub fn stored_secrets(rows: &mut MemRows, number: u64) -> Option<GuestSecrets> {
    match rows.get(&Key::Guest(booking_id(number))).unwrap() {
        Some(Row::Guest(secrets)) => Some(GuestSecrets::clone(secrets)),
        _ => None,
    }
}

/// The leaves of bookings, oldest first.
pub fn leaves(rows: &MemRows) -> Vec<BookingLeaf> {
    let body = |row: &Row| match row {
        Row::Leaf(bytes) => Some(Leaf::decode(bytes).unwrap().body),
        _ => None,
    };
    let of_booking = |body| if let LeafBody::Booking(leaf) = body { Some(leaf) } else { None };
    rows.iter().filter_map(|(_, row)| body(row)).filter_map(of_booking).collect()
}

/// The newest leaf of a booking.
pub fn newest_leaf(rows: &mut MemRows, number: u64) -> BookingLeaf {
    let index = stored(rows, number).leaf.unwrap();
    match rows.get(&Key::Leaf(index)).unwrap() {
        Some(Row::Leaf(bytes)) => match Leaf::decode(bytes).unwrap().body {
            LeafBody::Booking(leaf) => leaf,
            other => panic!("leaf {index} is {other:?}"),
        },
        other => panic!("leaf {index} is {other:?}"),
    }
}
