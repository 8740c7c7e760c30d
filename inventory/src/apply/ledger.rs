//! The counters' double entry.
//!
//! `sold` and `held` of every night have to be what the bookings and holds say. Nobody can add them all up after each command;
//! but each command's changes can be written down twice: where a cell changes, and where a booking or hold is stored. Both
//! must come to the same, for every night of every room type.

use crate::{BookedRoom, Booking, Hold, HoldState, Night, PropertyNumber, RoomTypeIx, Stay};

/// What one command has changed so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    sold: Balance,
    held: Balance,
}

/// Cells minus rows. A room on a night counts with a number that belongs to this night of this room type alone, so that rooms
/// which are taken on one night and given back on another do not cancel out. Sums wrap.
#[derive(Debug, Default)]
struct Balance(u64);

/// Which counter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counter {
    /// Rooms of bookings.
    Sold,
    /// Rooms of open holds.
    Held,
}

impl Ledger {
    /// A cell changes by `rooms`; below zero when they are given back.
    pub(super) fn cell(&mut self, counter: Counter, room_type: RoomNights, night: Night, rooms: i64) {
        self.balance(counter).add(room_type.on(night), rooms);
    }

    /// A booking of `property` is stored in the place of `old`.
    pub(super) fn booking(&mut self, property: PropertyNumber, old: Option<&Booking>, new: &Booking) {
        for (booking, sign) in old.map(|old| (old, 1)).into_iter().chain([(new, -1)]) {
            if booking.state.holds_rooms() {
                self.sold.add_all(property, &booking.rooms, booking.stay, sign);
            }
        }
    }

    /// A hold of `property` is stored in the place of `old`.
    pub(super) fn hold(&mut self, property: PropertyNumber, old: Option<&Hold>, new: &Hold) {
        for (hold, sign) in old.map(|old| (old, 1)).into_iter().chain([(new, -1)]) {
            if hold.state == HoldState::Open {
                self.held.add_all(property, &hold.rooms, hold.stay, sign);
            }
        }
    }

    /// Asserts that the cells have changed as the bookings and holds did.
    pub(super) fn assert_balanced(&self) {
        assert_eq!(self.sold.0, 0, "`sold` of every night changes as the bookings do");
        assert_eq!(self.held.0, 0, "`held` of every night changes as the open holds do");
    }

    fn balance(&mut self, counter: Counter) -> &mut Balance {
        match counter {
            Counter::Sold => &mut self.sold,
            Counter::Held => &mut self.held,
        }
    }
}

impl Balance {
    fn add(&mut self, number: u64, rooms: i64) {
        self.0 = self.0.wrapping_add(number.wrapping_mul(rooms as u64));
    }

    fn add_all(&mut self, property: PropertyNumber, rooms: &[BookedRoom], stay: Stay, sign: i64) {
        for room in rooms {
            let numbers = RoomNights::of(property, room.room_type);
            stay.nights().for_each(|night| self.add(numbers.on(night), sign * i64::from(room.quantity)));
        }
    }
}

/// The numbers of one room type's nights.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomNights(u64);

impl RoomNights {
    pub(super) fn of(property: PropertyNumber, room_type: RoomTypeIx) -> RoomNights {
        RoomNights(mixed(u64::from(property.0) << 32 | u64::from(room_type.0)))
    }

    fn on(self, night: Night) -> u64 {
        mixed(self.0.wrapping_add(u64::from(night.0)))
    }
}

/// SplitMix64's finalizer, <https://prng.di.unimi.it/splitmix64.c>: near numbers become far ones.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
