//! Fees for what is given up late, by the policies that were frozen with the price.
//!
//! Giving up a night inside its fee period costs what the policy says about that night. A change of a booking charges each night that
//! it gives up at once, and what it keeps stays in the fee period. So no order of amendments and a cancellation costs less than
//! cancelling at once.

use crate::money::{WHOLE, rounded};
use crate::{BookedRoom, Booking, Fee, Minor, Night, Stay};

/// An exact amount, in ten-thousandths of a minor unit.
type Exact = u128;

impl BookedRoom {
    /// The price of these rooms on one night; 0 if they do not have it.
    fn price_of(&self, stay: Stay, night: Night) -> Exact {
        let place = night.0.checked_sub(self.span(stay).arrival().0);
        let price = place.and_then(|place| self.nightly.get(place as usize).copied()).unwrap_or(0);
        Exact::from(price) * Exact::from(self.quantity)
    }

    /// The nights that are given up late if the fee is a share of each night.
    fn late_nights(&self, today: Night, stay: Stay) -> Option<Stay> {
        if self.policy.applies(today, stay.arrival()) { Some(self.span(stay)) } else { self.late }
    }

    /// The first night of the stay, if these rooms have it and its price is owed on `today`.
    fn first_night(&self, today: Night, stay: Stay) -> Option<Night> {
        let has_it = self.span(stay).contains(stay.arrival());
        (has_it && self.policy.applies(today, stay.arrival())).then_some(stay.arrival())
    }

    /// The night that stays owed after the arrival was moved, if the fee is the price of the first night.
    fn late_night(&self, stay: Stay) -> Option<Night> {
        self.late.map(Stay::arrival).filter(|night| self.span(stay).contains(*night))
    }

    /// The one night that is owed on `today` if the fee is the price of the first night: the dearer one of the late night and the
    /// present first night.
    fn owed_night(&self, today: Night, stay: Stay) -> Option<Night> {
        match (self.late_night(stay), self.first_night(today, stay)) {
            (Some(late), Some(first)) if self.price_of(stay, first) > self.price_of(stay, late) => Some(first),
            (Some(late), _) => Some(late),
            (None, first) => first,
        }
    }

    /// The fee for giving up one night of these rooms on `today`, in a booking with this stay. The sum over all nights is the fee for
    /// giving up these rooms.
    fn fee_of_night(&self, today: Night, stay: Stay, night: Night) -> Exact {
        match self.policy.fee {
            Fee::None => 0,
            Fee::FirstNight if self.owed_night(today, stay) == Some(night) => self.price_of(stay, night) * WHOLE,
            Fee::BasisPoints(points) if is_in(self.late_nights(today, stay), self.span(stay), night) => {
                self.price_of(stay, night) * Exact::from(points)
            }
            Fee::FirstNight | Fee::BasisPoints(_) => 0,
        }
    }

    /// The same sum, after a change: the fee of a late night stays on that night, and a dearer first night adds the rest. So nothing falls
    /// on a night that the booking still has.
    fn fee_of_night_after(&self, today: Night, stay: Stay, night: Night) -> Exact {
        match (self.policy.fee, self.late_night(stay), self.first_night(today, stay)) {
            (Fee::FirstNight, Some(late), _) if night == late => self.price_of(stay, night) * WHOLE,
            (Fee::FirstNight, Some(late), Some(first)) if night == first => {
                self.price_of(stay, first).saturating_sub(self.price_of(stay, late)) * WHOLE
            }
            _ => self.fee_of_night(today, stay, night),
        }
    }
}

fn is_in(late: Option<Stay>, span: Stay, night: Night) -> bool {
    span.contains(night) && late.is_some_and(|late| late.contains(night))
}

/// The exact fee for giving up all these rooms on `today`.
pub(crate) fn fee_of_all(rooms: &[BookedRoom], today: Night, stay: Stay) -> Exact {
    let of_room = |room: &BookedRoom| stay.nights().map(|night| room.fee_of_night(today, stay, night)).sum::<Exact>();
    rooms.iter().map(of_room).sum()
}

/// The exact fee for what a change on `today` gives up: for each night, by how much its fee falls. The rooms that the booking keeps went
/// through [`stay_late`].
pub(crate) fn fee_of_change(today: Night, (old, had): (&[BookedRoom], Stay), (new, has): (&[BookedRoom], Stay)) -> Exact {
    let before = |night| old.iter().map(|room| room.fee_of_night(today, had, night)).sum::<Exact>();
    let after = |night| new.iter().map(|room| room.fee_of_night_after(today, has, night)).sum::<Exact>();
    had.nights().map(|night| before(night).saturating_sub(after(night))).sum()
}

/// Marks the nights that rooms keep of a late line: they stay late when the arrival moves. Other nights have the fee of the new arrival.
pub(crate) fn stay_late(kept: &mut BookedRoom, old: &BookedRoom, (today, had, has): (Night, Stay, Stay)) {
    let late = match old.policy.fee {
        Fee::FirstNight if had.arrival() == has.arrival() && old.late.is_none() => None,
        Fee::FirstNight => old.owed_night(today, had).and_then(|night| Stay::new(night, night.next()).ok()),
        Fee::BasisPoints(_) if had.arrival() != has.arrival() => old.late_nights(today, had),
        Fee::BasisPoints(_) => old.late,
        Fee::None => None,
    };
    kept.late = late.and_then(|late| late.common(kept.span(has)));
}

impl Booking {
    /// The fee for giving up the whole booking on `today`, rounded, without the fees in its ledger.
    pub fn fee_on(&self, today: Night) -> Minor {
        rounded(fee_of_all(&self.rooms, today, self.stay)) as Minor
    }
}
