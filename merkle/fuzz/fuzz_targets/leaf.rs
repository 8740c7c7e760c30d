//! A leaf: each leaf has one encoding, and an accepted leaf satisfies the invariants of its type.
#![no_main]

use keyrack_inventory::{Leaf, LeafBody, MAX_LEAF_CELLS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(leaf) = Leaf::decode(bytes) else { return };
    assert_eq!(leaf.encode(), bytes);
    let LeafBody::Booking(booking) = &leaf.body else { return };
    assert!(booking.digests.is_sorted() && !booking.rooms.is_empty());
    let nights = booking.nights() as usize;
    let told = if nights * booking.rooms.len() > MAX_LEAF_CELLS { 0 } else { nights };
    for (place, line) in booking.rooms.iter().enumerate() {
        assert!(line.quantity > 0 && line.nights.len() == told);
        assert!(booking.rooms[..place].iter().all(|other| other.room_type != line.room_type));
    }
});
