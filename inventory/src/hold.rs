//! A hold: rooms kept for a few minutes while the guest pays.

use alloc::vec::Vec;

use crate::{BookedRoom, BookingId, Currency, HoldId, Minor, Stay};

/// The longest time a hold may last.
pub const MAX_HOLD_MS: u64 = 600_000;

/// Rooms kept until a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id, which contains the property's number.
    pub id: HoldId,
    /// Its state.
    pub state: HoldState,
    /// The nights, the same for all its rooms.
    pub stay: Stay,
    /// At least one, priced when the hold was placed.
    pub rooms: Vec<BookedRoom>,
    /// The currency of its prices.
    pub currency: Currency,
    /// Its deadline, ms since 1970. From then on it cannot be confirmed.
    pub expires_at_ms: u64,
    /// The principal that placed it; 0 if not placed by a principal.
    pub seller: u32,
    /// Room-milliseconds charged to the seller's quota while it is open.
    pub charge_ms: u64,
}

/// The state of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    /// Its rooms are taken.
    Open,
    /// It became this booking.
    Confirmed(BookingId),
    /// Its owner released it.
    Released,
    /// It reached its deadline.
    Expired,
}

impl HoldState {
    /// The state's name, as callers read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed(_) => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

impl Hold {
    /// The price of everything; `None` if any part of it has no price.
    pub fn total(&self) -> Option<Minor> {
        self.rooms.iter().map(BookedRoom::total).sum()
    }
}
