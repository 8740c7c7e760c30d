//! Compares rooms and bookings without regard to the order of their lines.

use crate::history::{Booking, Rooms};

/// Whether two lists have the same number of rooms of each type.
pub fn same_rooms(one: &[Rooms], other: &[Rooms]) -> bool {
    one == other || by_type(one) == by_type(other)
}

/// The rooms with one line per type, sorted by type.
pub fn by_type(rooms: &[Rooms]) -> Vec<Rooms> {
    let mut sorted = rooms.to_vec();
    sorted.sort();
    sorted.dedup_by(|next, kept| {
        let same = next.room_type == kept.room_type;
        if same {
            kept.quantity += next.quantity;
        }
        same
    });
    sorted
}

/// Whether two bookings are the same. The order of their room lines does not matter.
pub fn same_booking(one: &Booking, other: &Booking) -> bool {
    let rest = |b: &Booking| (b.revision, b.stay);
    one.booking == other.booking && one.state == other.state && rest(one) == rest(other) && same_rooms(&one.rooms, &other.rooms)
}

/// Whether bookings of this state have rooms.
pub fn has_rooms(state: &str) -> bool {
    !matches!(state, "cancelled" | "no_show" | "noShow" | "no-show")
}
