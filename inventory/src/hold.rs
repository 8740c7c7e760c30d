//! A hold: rooms taken for a few minutes while the guest pays.

use alloc::vec::Vec;

use crate::{BookedRoom, BookingId, Currency, HoldId, Minor, Stay};

/// The longest a hold may last.
pub const MAX_HOLD_MS: u64 = 600_000;

/// Rooms taken for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its identity; names the property too.
    pub id: HoldId,
    /// Where it is in its life.
    pub state: HoldState,
    /// The nights, the same for all its rooms.
    pub stay: Stay,
    /// At least one, priced when the hold was placed.
    pub rooms: Vec<BookedRoom>,
    /// The currency of its prices.
    pub currency: Currency,
    /// From this time (ms since 1970) on it can no longer be confirmed.
    pub expires_at_ms: u64,
    /// The principal that placed it; 0 for none in particular.
    pub seller: u32,
    /// Room-milliseconds that count against the seller's quota while it is open.
    pub charge_ms: u64,
}

/// Where a hold is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    /// Its rooms are taken.
    Open,
    /// It became this booking.
    Confirmed(BookingId),
    /// Given back by its owner.
    Released,
    /// Ran out.
    Expired,
}

impl HoldState {
    /// Its name, as callers read it.
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
