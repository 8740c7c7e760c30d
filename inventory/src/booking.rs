//! A booking: rooms with the price and policy of the time it was made.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{
    BookingId, CancellationPolicy, ConfirmationNumber, Currency, FeeLedger, Minor, Night, RatePlanIx, RoomTypeIx, Sealed,
    ShortCode, Stay,
};

/// One booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Its id, which contains the property's number.
    pub id: BookingId,
    /// Its confirmation number; `None` if it was made before numbers were drawn.
    pub number: Option<ConfirmationNumber>,
    /// Its state.
    pub state: BookingState,
    /// The number of its current version, from 1.
    pub revision: u32,
    /// The nights. Every room has all of them, or [`BookedRoom::nights`].
    pub stay: Stay,
    /// At least one line. On every night there is a room.
    pub rooms: Vec<BookedRoom>,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The guest, encrypted; empty once erased.
    pub guest: Sealed,
    /// Whether the guest's data were erased.
    pub guest_erased: bool,
    /// The principal that made it; 0 if not made by a principal.
    pub seller: u32,
    /// The seller's own reference; may be empty.
    pub channel_ref: String,
    /// A payment token; never a card number.
    pub payment_token: String,
    /// When it was made, ms since 1970.
    pub created_at_ms: u64,
    /// When it last changed, ms since 1970.
    pub updated_at_ms: u64,
    /// What the guest owes for giving it up; only if it is cancelled or a no-show. Bookings of versions without [`Booking::fees`] have
    /// it only if they are cancelled.
    pub cancellation_fee: Option<Minor>,
    /// The fees for what was given up late.
    pub fees: FeeLedger,
    /// The business date of its check-in; only while the guest is in the house or after that. Bookings that were checked in by
    /// versions without it have none.
    pub checked_in_on: Option<Night>,
    /// When its arrival last changed, ms since 1970; 0 for never. A list by arrival finds with it what moved between two pages.
    pub moved_at_ms: u64,
    /// The index of its newest leaf in the receipts log. Bookings of the first version have none until they change.
    pub leaf: Option<u64>,
    /// The journal line that made it. Its other lines have a [`crate::Key::BookingLine`] each; if this is `None`, the first line too.
    pub line: Option<u64>,
}

/// Some rooms of one type under one rate plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedRoom {
    /// The type's place in the catalogue.
    pub room_type: RoomTypeIx,
    /// The plan's place in the catalogue.
    pub rate_plan: RatePlanIx,
    /// The type's code.
    pub room_type_code: ShortCode,
    /// The plan's code.
    pub rate_plan_code: ShortCode,
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
    /// The nights of these rooms; `None` for all nights of the stay. A change of the room type in the middle of a stay makes two lines.
    pub nights: Option<Stay>,
    /// Nights that the booking had when its arrival was moved at a time when the fee already applied. Giving them up costs the fee whatever the
    /// arrival is. If the fee is the price of the first night, this is one night: the dearest that was owed at an amendment.
    pub late: Option<Stay>,
    /// The seller's own price of one room, night by night, beside the hotel's; empty if the seller gave none. Nights that were added later
    /// may have none.
    pub seller_nightly: Vec<Option<Minor>>,
}

impl BookedRoom {
    fn without_guest(self) -> BookedRoom {
        let BookedRoom {
            room_type,
            rate_plan,
            room_type_code,
            rate_plan_code,
            quantity,
            adults,
            children_ages: _,
            nightly,
            policy,
            nights,
            late,
            seller_nightly,
        } = self;
        let children_ages = Vec::new();
        BookedRoom {
            room_type,
            rate_plan,
            room_type_code,
            rate_plan_code,
            quantity,
            adults,
            children_ages,
            nightly,
            policy,
            nights,
            late,
            seller_nightly,
        }
    }

    /// The nights of these rooms in a booking with this stay.
    pub fn span(&self, stay: Stay) -> Stay {
        self.nights.unwrap_or(stay)
    }

    /// These rooms with only those of their nights in `stay` that are in `window`; `None` if there are none. The new booking has the
    /// nights `becomes`.
    pub fn within(&self, stay: Stay, window: Stay, becomes: Stay) -> Option<BookedRoom> {
        let span = self.span(stay);
        let kept = span.common(window)?;
        let skipped = (kept.arrival().0 - span.arrival().0) as usize;
        let nights = kept.len() as usize;
        Some(BookedRoom {
            nightly: self.nightly.iter().skip(skipped).take(nights).copied().collect(),
            seller_nightly: self.seller_nightly.iter().skip(skipped).take(nights).copied().collect(),
            nights: (kept != becomes).then_some(kept),
            ..self.clone()
        })
    }

    /// These rooms and those of `next` as one line, if `next` has the following nights at the same terms.
    pub(crate) fn joined(&self, next: &BookedRoom, stay: Stay) -> Option<BookedRoom> {
        let (span, then) = (self.span(stay), next.span(stay));
        let terms = |room: &BookedRoom| (room.room_type, room.rate_plan, room.quantity, room.adults, room.policy);
        let is_alike = terms(self) == terms(next)
            && self.children_ages == next.children_ages
            && self.nightly.is_empty() == next.nightly.is_empty();
        let late = match (self.late, next.late) {
            (Some(late), Some(then)) => Some(late.joined(then)?),
            (late, then) => late.or(then),
        };
        if !is_alike || span.departure() != then.arrival() {
            return None;
        }
        let whole = span.joined(then)?;
        let seller_nightly = match (self.seller_nightly.is_empty(), next.seller_nightly.is_empty()) {
            (true, true) => Vec::new(),
            _ => [(self, span), (next, then)].into_iter().flat_map(|(room, span)| room.seller_prices(span)).collect(),
        };
        Some(BookedRoom {
            nightly: self.nightly.iter().chain(&next.nightly).copied().collect(),
            seller_nightly,
            late,
            nights: (whole != stay).then_some(whole),
            ..self.clone()
        })
    }

    /// The seller's price of each night.
    fn seller_prices(&self, span: Stay) -> impl Iterator<Item = Option<Minor>> {
        (0..span.len() as usize).map(|place| self.seller_nightly.get(place).copied().flatten())
    }
}

/// The state of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookingState {
    /// The guest is expected.
    Confirmed,
    /// The guest has arrived.
    CheckedIn,
    /// The guest has left.
    CheckedOut,
    /// The booking was cancelled before arrival.
    Cancelled,
    /// The guest did not arrive.
    NoShow,
}

impl BookingState {
    /// All states.
    pub const ALL: [BookingState; 5] = [Self::Confirmed, Self::CheckedIn, Self::CheckedOut, Self::Cancelled, Self::NoShow];

    /// The state's name, as callers read and write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::CheckedOut => "checked_out",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<BookingState> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a booking in this state counts as sold.
    pub fn holds_rooms(self) -> bool {
        matches!(self, Self::Confirmed | Self::CheckedIn | Self::CheckedOut)
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
    /// The booking without what is about its guest. The patterns name every field, so that a new one needs a line about what an
    /// erasure does to it.
    pub fn without_guest(self) -> Booking {
        let Booking {
            id,
            number,
            state,
            revision,
            stay,
            rooms,
            currency,
            guest: _,
            guest_erased: _,
            seller,
            // The seller's reference leads to the guest in the seller's own books.
            channel_ref: _,
            payment_token: _,
            created_at_ms,
            updated_at_ms,
            cancellation_fee,
            fees,
            checked_in_on,
            moved_at_ms,
            leaf,
            line,
        } = self;
        Booking {
            id,
            number,
            state,
            revision,
            stay,
            rooms: rooms.into_iter().map(BookedRoom::without_guest).collect(),
            currency,
            guest: Sealed::default(),
            guest_erased: true,
            seller,
            channel_ref: String::new(),
            payment_token: String::new(),
            created_at_ms,
            updated_at_ms,
            cancellation_fee,
            fees,
            checked_in_on,
            moved_at_ms,
            leaf,
            line,
        }
    }

    /// The number that the guest gives at the desk.
    pub fn confirmation_number(&self) -> ConfirmationNumber {
        self.number.unwrap_or_else(|| ConfirmationNumber::of_older(self.id))
    }

    /// The price of everything; `None` if any part of it has no price.
    pub fn total(&self) -> Option<Minor> {
        self.rooms.iter().map(BookedRoom::total).sum()
    }

    /// The fee for cancelling on `today` (a business date), by the frozen policies, rounded down for each line: the rule of
    /// [`crate::Rules`] before [`crate::Rules::HOTEL`].
    pub fn first_fee_on(&self, today: Night) -> Minor {
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
