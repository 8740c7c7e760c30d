//! Fees for what is given up late, and the nights that a booking keeps.

use std::collections::BTreeMap;

use super::said::sleeps;
use super::{Decided, Model};
use crate::almanac;
use keyrack_inventory::*;

impl Model {
    pub(super) fn booking(&self, id: BookingId) -> &Booking {
        self.bookings.iter().find(|b| b.id == id).unwrap()
    }

    /// The nights for which giving these rooms up today costs the fee: all that are late, or the dearest of the first nights.
    fn owed_nights(&self, room: &BookedRoom, stay: Stay, today: Night) -> Vec<Night> {
        let days_left = i64::from(stay.arrival().0) - i64::from(today.0);
        let is_free = days_left >= i64::from(room.policy.free_until_days) && days_left > 0;
        let mut owed = nights_of(room.late);
        match room.policy.fee {
            Fee::None => return vec![],
            Fee::BasisPoints(_) if !is_free => owed = almanac::nights(room.nights.unwrap_or(stay)).collect(),
            Fee::BasisPoints(_) => {}
            Fee::FirstNight => {
                owed.extend((!is_free).then_some(stay.arrival()));
                owed.retain(|night| sleeps(room, stay, *night));
                // The first one of the dearest.
                owed.reverse();
                owed = owed.into_iter().max_by_key(|night| price_of(room, stay, *night)).into_iter().collect();
            }
        }
        owed
    }

    /// The nights that stay late after a change.
    pub(super) fn late_after(&self, room: &BookedRoom, (old, new): (Stay, Stay), today: Night) -> Vec<Night> {
        match room.policy.fee {
            Fee::BasisPoints(_) if old.arrival() == new.arrival() => nights_of(room.late),
            Fee::FirstNight if old.arrival() == new.arrival() && room.late.is_none() => vec![],
            _ => self.owed_nights(room, old, today),
        }
    }

    /// What giving up each night of a booking costs today, in ten-thousandths of a minor unit. After a change a late first night keeps
    /// its cost, and the present first night only adds what it costs more.
    fn costs(&self, booking: &Booking, today: Night, is_changed: bool) -> BTreeMap<Night, u128> {
        let mut costs = BTreeMap::new();
        for room in &booking.rooms {
            let price = |night: Night| price_of(room, booking.stay, night);
            let late = nights_of(room.late).into_iter().find(|night| sleeps(room, booking.stay, *night));
            for night in self.owed_nights(room, booking.stay, today) {
                if !sleeps(room, booking.stay, night) {
                    continue;
                }
                match (room.policy.fee, late.filter(|_| is_changed)) {
                    (Fee::None, _) => {}
                    (Fee::BasisPoints(points), _) => *costs.entry(night).or_default() += price(night) * u128::from(points),
                    (Fee::FirstNight, Some(late)) if late != night => {
                        *costs.entry(late).or_default() += price(late) * 10_000;
                        *costs.entry(night).or_default() += (price(night) - price(late)) * 10_000;
                    }
                    (Fee::FirstNight, _) => *costs.entry(night).or_default() += price(night) * 10_000,
                }
            }
        }
        costs
    }

    /// What a change gave up: for each night that the booking had, by how much its cost fell.
    pub(super) fn given_up(&self, old: &Booking, new: &Booking, today: Night) -> u128 {
        let (before, after) = (self.costs(old, today, false), self.costs(new, today, true));
        before.iter().map(|(night, cost)| cost.saturating_sub(after.get(night).copied().unwrap_or(0))).sum()
    }

    /// The fee for everything, when the booking is cancelled or a no-show.
    pub(super) fn give_up(&mut self, place: usize, id: BookingId, today: Night, kind: FeeKind) -> Result<(), Reject> {
        let booking = self.booking(id).clone();
        let all: u128 = self.costs(&booking, today, false).values().sum();
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
        // A long ledger adds to the last line of the day and kind.
        match fees.lines.iter().rposition(|line| line.date == today && line.kind == kind).filter(|_| fees.lines.len() >= 100) {
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

    /// What is late in the lines that [`Model::keep_nights`] left.
    pub(super) fn keep_late(&mut self, place: usize, id: BookingId, old: &Booking, lines: Vec<usize>) -> Result<(), Reject> {
        let today = self.hotels[place].property.business_date;
        let now = self.booking(id).clone();
        for (line, was) in lines.into_iter().enumerate() {
            let own: Vec<Night> = almanac::nights(now.rooms[line].nights.unwrap_or(now.stay)).collect();
            let late = self.late_after(&old.rooms[was], (old.stay, now.stay), today);
            self.booking_in(place, id)?.rooms[line].late = common(&late, &own);
        }
        Ok(())
    }

    /// The answer of an amendment.
    pub(super) fn amended(&mut self, place: usize, id: BookingId) -> Decided {
        Ok((JournalEvent::Amended, Reply::Booking(self.tell(place, id, LeafKind::Amend))))
    }
}

/// The price of these rooms on a night that they have.
fn price_of(room: &BookedRoom, stay: Stay, night: Night) -> u128 {
    let place = almanac::nights(room.nights.unwrap_or(stay)).position(|own| own == night);
    u128::from(place.and_then(|place| room.nightly.get(place).copied()).unwrap_or(0)) * u128::from(room.quantity)
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
