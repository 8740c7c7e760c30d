//! A hotel's state, and how it changes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::counts::Counts;
use super::refusal::Refusal;
use super::rooms::has_rooms;
use crate::history::{Answer, Booking, Call, Day, Hotel, Night, Rooms, Stay};

/// A hotel's state.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub(super) room_types: Vec<(String, u32)>,
    pub(super) house_limit: Option<u32>,
    pub(super) counts: Counts,
    bookings: HashMap<String, Booking>,
    holds: HashMap<String, Hold>,
    /// The call and the answer of each idempotency key.
    pub(super) records: HashMap<String, (Call, Result<Answer, Refusal>)>,
    fingerprint: u64,
}

/// Rooms that are kept for a caller until a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hold {
    /// Its state.
    pub state: HoldState,
    /// The nights.
    pub stay: Stay,
    /// The rooms.
    pub rooms: Vec<Rooms>,
    /// Its deadline in ms since 1970, by log time.
    pub expires_at_ms: u64,
    /// The earliest time of the run, in ns, at which any node's clock can reach the deadline; 0 if this is not used.
    pub earliest_ns: u64,
}

/// The state of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// It has its rooms and can be confirmed.
    Open,
    /// It still has its rooms, but its deadline has passed.
    Due,
    /// It became a booking.
    Confirmed,
    /// It was released.
    Released,
    /// It expired and lost its rooms.
    Expired,
}

/// The new value of a booking or a hold; `None` removes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// By id.
    Booking(String, Option<Booking>),
    /// By id.
    Hold(String, Option<Hold>),
}

impl Model {
    /// The hotel without any booking.
    pub fn new(hotel: &Hotel) -> Model {
        let room_types = hotel.room_types.iter().map(|(room_type, limit)| (room_type.clone(), *limit)).collect();
        Model { room_types, house_limit: hotel.house_limit, ..Model::default() }
    }

    /// Applies a change and returns the change that undoes it.
    pub fn set(&mut self, change: Change) -> Change {
        match change {
            Change::Booking(id, booking) => {
                let before = match &booking {
                    Some(booking) => self.bookings.insert(id.clone(), booking.clone()),
                    None => self.bookings.remove(&id),
                };
                for (booking, sign) in [(&before, -1), (&booking, 1)] {
                    let Some(booking) = booking else { continue };
                    self.fingerprint ^= hash_of(&(&id, booking.revision, &booking.state, booking.stay, &booking.rooms));
                    if has_rooms(&booking.state) {
                        self.count(booking.stay, &booking.rooms, (sign, 0));
                    }
                }
                Change::Booking(id, before)
            }
            Change::Hold(id, hold) => {
                let before = match &hold {
                    Some(hold) => self.holds.insert(id.clone(), hold.clone()),
                    None => self.holds.remove(&id),
                };
                for (hold, sign) in [(&before, -1), (&hold, 1)] {
                    let Some(hold) = hold else { continue };
                    self.fingerprint ^= hash_of(&(&id, hold));
                    if matches!(hold.state, HoldState::Open | HoldState::Due) {
                        self.count(hold.stay, &hold.rooms, (0, sign));
                    }
                }
                Change::Hold(id, before)
            }
        }
    }

    /// A booking, in any state.
    pub fn booking(&self, id: &str) -> Option<&Booking> {
        self.bookings.get(id)
    }

    /// A hold, in any state.
    pub fn hold(&self, id: &str) -> Option<&Hold> {
        self.holds.get(id)
    }

    /// All bookings, in no order.
    pub fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values()
    }

    /// The change that expires a hold; `None` if it has no rooms.
    pub fn expiry(&self, id: &str) -> Option<Change> {
        let hold = self.holds.get(id)?;
        let open = matches!(hold.state, HoldState::Open | HoldState::Due);
        open.then(|| Change::Hold(id.to_owned(), Some(Hold { state: HoldState::Expired, ..hold.clone() })))
    }

    /// The counts of a night, as a read shows them.
    pub fn night(&self, room_type: &str, day: Day) -> Option<Night> {
        let place = self.place(room_type)?;
        let (sold, held) = self.counts.of(place, day);
        let limit = i64::from(self.room_types[place].1);
        Some(Night { day, limit, sold, held, available: limit - sold - held })
    }

    /// A fingerprint of the state. Two states of one hotel have different fingerprints, except for rare collisions.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(super) fn place(&self, room_type: &str) -> Option<usize> {
        self.room_types.iter().position(|(known, _)| known == room_type)
    }

    fn count(&mut self, stay: Stay, rooms: &[Rooms], (sold, held): (i64, i64)) {
        for Rooms { room_type, quantity } in rooms {
            if let Some(place) = self.place(room_type) {
                let quantity = i64::from(*quantity);
                self.counts.add(place, stay, (sold * quantity, held * quantity));
            }
        }
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
