//! Double-entry bookkeeping for the counters.
//!
//! `sold` and `held` of every night must equal the rooms of the bookings and holds. Adding them all up after each
//! command costs too much. Instead, each command's changes are recorded twice: where a cell changes, and where a
//! booking or hold is stored. Both sums must be equal for every night of every room type.

use crate::{BookedRoom, Booking, Hold, HoldState, Night, PropertyNumber, RoomTypeIx, Stay};

/// The changes of one command so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    sold: Balance,
    held: Balance,
}

/// The changes of cells minus the changes of rows. Each night of each room type has its own random-looking factor, so
/// that rooms taken on one night and given back on another do not cancel out. Sums wrap.
#[derive(Debug, Default)]
struct Balance(u64);

/// Which counter of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counter {
    /// Rooms of bookings.
    Sold,
    /// Rooms of open holds.
    Held,
}

impl Ledger {
    /// Records that a cell changed by `rooms`; negative when rooms are given back.
    pub(super) fn cell(&mut self, counter: Counter, room_type: RoomNights, night: Night, rooms: i64) {
        self.balance(counter).add(room_type.on(night), rooms);
    }

    /// Records that a booking of `property` replaces `old`.
    pub(super) fn booking(&mut self, property: PropertyNumber, old: Option<&Booking>, new: &Booking) {
        for (booking, sign) in old.map(|old| (old, 1)).into_iter().chain([(new, -1)]) {
            if booking.state.holds_rooms() {
                self.sold.add_all(property, &booking.rooms, booking.stay, sign);
            }
        }
    }

    /// Records that a hold of `property` replaces `old`.
    pub(super) fn hold(&mut self, property: PropertyNumber, old: Option<&Hold>, new: &Hold) {
        for (hold, sign) in old.map(|old| (old, 1)).into_iter().chain([(new, -1)]) {
            if hold.state == HoldState::Open {
                self.held.add_all(property, &hold.rooms, hold.stay, sign);
            }
        }
    }

    /// Asserts that cells changed by the same rooms as bookings and holds.
    pub(super) fn assert_balanced(&self) {
        assert_eq!(self.sold.0, 0, "`sold` of every night changes by the rooms of the bookings");
        assert_eq!(self.held.0, 0, "`held` of every night changes by the rooms of the open holds");
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
            room.span(stay).nights().for_each(|night| self.add(numbers.on(night), sign * i64::from(room.quantity)));
        }
    }
}

/// The factors of one room type's nights.
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

/// SplitMix64's finalizer, <https://prng.di.unimi.it/splitmix64.c>: it maps close numbers to distant ones.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
