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
    /// The nights for which giving these rooms up on `today` costs the fee, in a booking with this stay.
    fn late_nights(&self, today: Night, stay: Stay) -> Option<Stay> {
        let applies = self.policy.applies(today, stay.arrival());
        match self.policy.fee {
            Fee::None => None,
            Fee::BasisPoints(_) if applies => Some(self.span(stay)),
            Fee::BasisPoints(_) => self.late,
            Fee::FirstNight => self.late.or_else(|| Stay::new(stay.arrival(), stay.arrival().next()).ok().filter(|_| applies)),
        }
    }

    /// The fee for giving up one night of these rooms on `today`, in a booking with this stay.
    fn fee_of_night(&self, today: Night, stay: Stay, night: Night) -> Exact {
        let span = self.span(stay);
        if !span.contains(night) || !self.late_nights(today, stay).is_some_and(|late| late.contains(night)) {
            return 0;
        }
        let price = self.nightly.get((night.0 - span.arrival().0) as usize).copied().unwrap_or(0);
        let price = Exact::from(price) * Exact::from(self.quantity);
        match self.policy.fee {
            Fee::None => 0,
            Fee::FirstNight => price * WHOLE,
            Fee::BasisPoints(points) => price * Exact::from(points),
        }
    }
}

fn fee_of_night(rooms: &[BookedRoom], today: Night, stay: Stay, night: Night) -> Exact {
    rooms.iter().map(|room| room.fee_of_night(today, stay, night)).sum()
}

/// The exact fee for giving up all these rooms on `today`.
pub(crate) fn fee_of_all(rooms: &[BookedRoom], today: Night, stay: Stay) -> Exact {
    stay.nights().map(|night| fee_of_night(rooms, today, stay, night)).sum()
}

/// The exact fee for what a change on `today` gives up: for each night, by how much its fee falls.
pub(crate) fn fee_of_change(today: Night, (old, had): (&[BookedRoom], Stay), (new, has): (&[BookedRoom], Stay)) -> Exact {
    let falls = |night| fee_of_night(old, today, had, night).saturating_sub(fee_of_night(new, today, has, night));
    had.nights().map(falls).sum()
}

/// Marks the nights that rooms keep of a late line after the arrival was moved: they stay late. Other nights have the fee of the new arrival.
pub(crate) fn stay_late(kept: &mut BookedRoom, old: &BookedRoom, (today, had, has): (Night, Stay, Stay)) {
    let late = if had.arrival() == has.arrival() { old.late } else { old.late_nights(today, had) };
    kept.late = late.and_then(|late| late.common(kept.span(has)));
}

impl Booking {
    /// The fee for giving up the whole booking on `today`, rounded, without the fees in its ledger.
    pub fn fee_on(&self, today: Night) -> Minor {
        rounded(fee_of_all(&self.rooms, today, self.stay)) as Minor
    }
}
