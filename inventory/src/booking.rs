//! A confirmed order: rooms, price and policy as they stood when it was taken.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{BookingId, CancellationPolicy, Code, Currency, Minor, Night, RatePlanIx, RoomTypeIx, Sealed, Stay};

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Its identity; names the property too.
    pub id: BookingId,
    /// Where it is in its life.
    pub state: BookingState,
    /// Counts its changes, from 1.
    pub revision: u32,
    /// The nights, the same for all its rooms.
    pub stay: Stay,
    /// At least one.
    pub rooms: Vec<BookedRoom>,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The guest, encrypted; empty once erased.
    pub guest: Sealed,
    /// Whether the guest's data were erased.
    pub guest_erased: bool,
    /// The principal that took it; 0 for none in particular.
    pub seller: u32,
    /// The seller's own reference; may be empty.
    pub channel_ref: String,
    /// A payment token; never a card number.
    pub payment_token: String,
    /// When it was taken, ms since 1970.
    pub created_at_ms: u64,
    /// When it last changed, ms since 1970.
    pub updated_at_ms: u64,
    /// What cancelling cost; present once cancelled.
    pub cancellation_fee: Option<Minor>,
    /// The index of its newest leaf in the receipts' log; bookings of the first version have none at first.
    pub leaf: Option<u64>,
}

/// Some rooms of one type under one rate plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedRoom {
    /// The type's place in the catalogue.
    pub room_type: RoomTypeIx,
    /// The plan's place in the catalogue.
    pub rate_plan: RatePlanIx,
    /// The type's code.
    pub room_type_code: Code,
    /// The plan's code.
    pub rate_plan_code: Code,
    /// How many rooms.
    pub quantity: u32,
    /// Adults in each room.
    pub adults: u16,
    /// Ages of the children in each room.
    pub children_ages: Vec<u8>,
    /// The price of one room, night by night; empty where the plan has no rates.
    pub nightly: Vec<Minor>,
    /// What cancelling costs, frozen with the price.
    pub policy: CancellationPolicy,
}

/// Where a booking is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookingState {
    /// Expected.
    Confirmed,
    /// In house.
    CheckedIn,
    /// Left.
    CheckedOut,
    /// Given up before arrival.
    Cancelled,
    /// Never came.
    NoShow,
}

impl BookingState {
    /// All of them.
    pub const ALL: [BookingState; 5] = [Self::Confirmed, Self::CheckedIn, Self::CheckedOut, Self::Cancelled, Self::NoShow];

    /// Its name, as callers read and write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::CheckedOut => "checked_out",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<BookingState> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a booking in this state counts as sold.
    pub fn holds_rooms(self) -> bool {
        matches!(self, Self::Confirmed | Self::CheckedIn | Self::CheckedOut)
    }

    /// Whether a booking in this state can come to be in that one, in one step.
    pub fn leads_to(self, next: BookingState) -> bool {
        match self {
            Self::Confirmed => matches!(next, Self::CheckedIn | Self::Cancelled | Self::NoShow),
            Self::CheckedIn => next == Self::CheckedOut,
            Self::CheckedOut | Self::Cancelled | Self::NoShow => false,
        }
    }
}

impl BookedRoom {
    /// The price of all these rooms; `None` where the plan has no rates.
    pub fn total(&self) -> Option<Minor> {
        let priced = !self.nightly.is_empty();
        priced.then(|| self.nightly.iter().sum::<Minor>() * u64::from(self.quantity))
    }
}

impl Booking {
    /// The price of everything; `None` if any part of it has no price.
    pub fn total(&self) -> Option<Minor> {
        self.rooms.iter().map(BookedRoom::total).sum()
    }

    /// What cancelling on `today` (a business date) costs by the frozen policies.
    pub fn fee_on(&self, today: Night) -> Minor {
        let fee = |room: &BookedRoom| {
            let quantity = u64::from(room.quantity);
            let first_night = room.nightly.first().copied().unwrap_or(0) * quantity;
            room.policy.fee_on(today, self.stay.arrival(), first_night, room.total().unwrap_or(0))
        };
        self.rooms.iter().map(fee).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back_from_its_name() {
        for state in BookingState::ALL {
            assert_eq!(BookingState::from_name(state.name()), Some(state));
        }
        assert_eq!(BookingState::from_name("checked in"), None);
    }
}
