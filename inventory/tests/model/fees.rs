//! Fees for what is given up late, and the nights that a booking keeps.

use super::said::sleeps;
use super::{Decided, Model};
use crate::almanac;
use keyrack_inventory::*;

impl Model {
    pub(super) fn booking(&self, id: BookingId) -> &Booking {
        self.bookings.iter().find(|b| b.id == id).unwrap()
    }

    /// The nights for which giving these rooms up today costs the fee.
    pub(super) fn late_nights(&self, room: &BookedRoom, stay: Stay, today: Night) -> Vec<Night> {
        let days_left = i64::from(stay.arrival().0) - i64::from(today.0);
        let is_free = days_left >= i64::from(room.policy.free_until_days) && days_left > 0;
        let still_late = nights_of(room.late);
        match room.policy.fee {
            Fee::None => vec![],
            Fee::FirstNight if still_late.is_empty() && !is_free => vec![stay.arrival()],
            Fee::BasisPoints(_) if !is_free => almanac::nights(room.nights.unwrap_or(stay)).collect(),
            Fee::FirstNight | Fee::BasisPoints(_) => still_late,
        }
    }

    /// What giving up a night of a booking costs today, in ten-thousandths of a minor unit.
    fn cost(&self, booking: &Booking, night: Night, today: Night) -> u128 {
        let mut cost = 0;
        for room in booking.rooms.iter().filter(|room| sleeps(room, booking.stay, night)) {
            if !self.late_nights(room, booking.stay, today).contains(&night) {
                continue;
            }
            let own: Vec<Night> = almanac::nights(room.nights.unwrap_or(booking.stay)).collect();
            let place = own.iter().position(|n| *n == night).unwrap();
            let price = u128::from(room.nightly.get(place).copied().unwrap_or(0)) * u128::from(room.quantity);
            cost += match room.policy.fee {
                Fee::None => 0,
                Fee::BasisPoints(points) => price * u128::from(points),
                Fee::FirstNight => price * 10_000,
            };
        }
        cost
    }

    /// What a change gave up: for each night that the booking had, by how much its cost fell.
    pub(super) fn given_up(&self, old: &Booking, new: &Booking, today: Night) -> u128 {
        let mut fee = 0;
        for night in almanac::nights(old.stay) {
            let (before, after) = (self.cost(old, night, today), self.cost(new, night, today));
            fee += before.saturating_sub(after);
        }
        fee
    }

    /// The fee for everything, when the booking is cancelled or a no-show.
    pub(super) fn give_up(&mut self, place: usize, id: BookingId, today: Night, kind: FeeKind) -> Result<(), Reject> {
        let booking = self.booking(id).clone();
        let all: u128 = almanac::nights(booking.stay).map(|night| self.cost(&booking, night, today)).sum();
        self.owe(place, id, today, kind, all as i128)?;
        self.owed.entry(id).or_default().1 = all as i128;
        let booking = self.booking_in(place, id)?;
        booking.fees.given_up_on = Some(today);
        booking.cancellation_fee = Some(booking.fees.lines.iter().map(|line| line.amount).sum::<i64>() as u64);
        Ok(())
    }

    /// Adds an exact fee. The lines show the rounded sum of all fees; a half is rounded up.
    pub(super) fn owe(&mut self, place: usize, id: BookingId, today: Night, kind: FeeKind, added: i128) -> Result<(), Reject> {
        if added == 0 {
            return Ok(());
        }
        let owed = self.owed.entry(id).or_default();
        let shown = |exact: i128| (2 * exact + 10_000).div_euclid(20_000);
        let before = shown(owed.0);
        owed.0 = (owed.0 + added).max(0);
        let (after, exact) = (shown(owed.0), owed.0);
        let fees = &mut self.booking_in(place, id)?.fees;
        let amount = (after - before) as i64;
        match fees.lines.iter().position(|line| line.date == today && line.kind == kind) {
            Some(known) => fees.lines[known].amount += amount,
            None => fees.lines.push(FeeLine { date: today, kind, amount }),
        }
        fees.rest = (exact - after * 10_000) as i32;
        Ok(())
    }

    /// Cuts a booking down to some of its nights, which follow each other. Returns the old line of each line that is left.
    pub(super) fn keep_nights(&mut self, place: usize, id: BookingId, kept: &[Night]) -> Result<Vec<usize>, Reject> {
        let booking = self.booking_in(place, id)?;
        let old = booking.clone();
        booking.stay = Stay::new(kept[0], Night(kept[kept.len() - 1].0 + 1)).unwrap();
        let whole: Vec<Night> = kept.to_vec();
        let mut lines = Vec::new();
        booking.rooms.clear();
        for (line, room) in old.rooms.iter().enumerate() {
            let own: Vec<Night> = almanac::nights(room.nights.unwrap_or(old.stay)).collect();
            let left: Vec<usize> = (0..own.len()).filter(|place| kept.contains(&own[*place])).collect();
            let Some((first, last)) = left.first().zip(left.last()) else { continue };
            let nights: Vec<Night> = left.iter().map(|place| own[*place]).collect();
            let span = Stay::new(own[*first], Night(own[*last].0 + 1)).unwrap();
            booking.rooms.push(BookedRoom {
                nightly: left.iter().filter_map(|place| room.nightly.get(*place).copied()).collect(),
                seller_nightly: left.iter().filter_map(|place| room.seller_nightly.get(*place).copied()).collect(),
                nights: (nights != whole).then_some(span),
                ..room.clone()
            });
            lines.push(line);
        }
        Ok(lines)
    }

    /// The answer of an amendment.
    pub(super) fn amended(&mut self, place: usize, id: BookingId) -> Decided {
        Ok((JournalEvent::Amended, Reply::Booking(self.tell(place, id, LeafKind::Amend))))
    }
}

/// The nights of a stay, or none.
pub(super) fn nights_of(stay: Option<Stay>) -> Vec<Night> {
    stay.map_or_else(Vec::new, |stay| almanac::nights(stay).collect())
}

/// The nights in both lists as a stay.
pub(super) fn common(late: &[Night], own: &[Night]) -> Option<Stay> {
    let kept: Vec<Night> = own.iter().copied().filter(|night| late.contains(night)).collect();
    Stay::new(*kept.first()?, kept.last()?.next()).ok()
}
