//! Later states of a booking: checked in, checked out, no-show, and the ways back.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::fees::{fee_of_all, fee_of_change, stay_late};
use crate::{
    BookedRoom, Booking, BookingId, BookingState, FeeKind, JournalEvent, LeafKind, Night, Property, Reject, Reply, Rows, Stay,
    Verb,
};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn check_in(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let (property, old) = self.due(id, expected, Verb::CheckIn)?;
        if self.at.rules >= Rules::HOTEL && old.stay.departure() <= property.business_date {
            return Err(Reject::StayOver { business_date: property.business_date }.into());
        }
        let mut arrived = in_state(&old, BookingState::CheckedIn);
        arrived.checked_in_on = (self.at.rules >= Rules::HOTEL).then_some(property.business_date);
        let booking = self.store_booking(&property, &old, arrived, LeafKind::CheckIn)?;
        Ok((JournalEvent::CheckedIn, Reply::Booking(booking)))
    }

    /// Undoes a check-in of the same business date.
    pub(super) fn revert_check_in(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let (property, old) = self.due(id, expected, Verb::RevertCheckIn)?;
        let today = property.business_date;
        if old.checked_in_on.unwrap_or(old.stay.arrival()) != today {
            return Err(Reject::TooLateToRevert { business_date: today }.into());
        }
        let mut reverted = in_state(&old, BookingState::Confirmed);
        reverted.checked_in_on = None;
        let booking = self.store_booking(&property, &old, reverted, LeafKind::RevertCheckIn)?;
        Ok((JournalEvent::CheckInReverted, Reply::Booking(booking)))
    }

    /// A guest who leaves early gives the remaining nights back, except for the first night.
    pub(super) fn check_out(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let (property, old) = self.due(id, expected, Verb::CheckOut)?;
        let mut left = in_state(&old, BookingState::CheckedOut);
        let today = property.business_date;
        let departure = today.max(old.stay.arrival().next());
        if self.at.rules >= Rules::HOTEL && departure < old.stay.departure() {
            let Ok(stay) = Stay::new(old.stay.arrival(), departure) else {
                return Err(Reject::InvalidStay.into());
            };
            left.rooms = within(&old, (today, stay));
            left.stay = stay;
            let fee = fee_of_change(today, (&old.rooms, old.stay), (&left.rooms, stay));
            left.fees.post(today, FeeKind::LeftEarly, fee as i128);
            self.give_back_sold(&old.rooms, old.stay)?;
            self.sell_kept(&left.rooms, stay)?;
        }
        let booking = self.store_booking(&property, &old, left, LeafKind::CheckOut)?;
        Ok((JournalEvent::CheckedOut, Reply::Booking(booking)))
    }

    pub(super) fn no_show(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let (property, old) = self.due(id, expected, Verb::NoShow)?;
        self.give_back_sold(&old.rooms, old.stay)?;
        let mut missing = in_state(&old, BookingState::NoShow);
        self.charge_all(&mut missing, property.business_date, FeeKind::NoShow);
        let booking = self.store_booking(&property, &old, missing, LeafKind::NoShow)?;
        Ok((JournalEvent::NoShow, Reply::Booking(booking)))
    }

    /// Confirms a cancelled booking or a no-show again. Its rooms are taken again from the business date on, at their old price; nights
    /// that are over are lost. Restrictions do not bind what was sold before.
    pub(super) fn reinstate(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let old = self.find_booking(id, expected)?;
        let today = property.business_date;
        if old.state.after(Verb::Reinstate).is_none() {
            return Err(Reject::WrongState(old.state).into());
        }
        let Ok(stay) = Stay::new(old.stay.arrival().max(today), old.stay.departure()) else {
            return Err(Reject::StayOver { business_date: today }.into());
        };
        let mut again = in_state(&old, BookingState::Confirmed);
        again.rooms = within(&old, (today, stay));
        again.stay = stay;
        if stay.arrival() != old.stay.arrival() {
            again.moved_at_ms = self.meta.last_at_ms;
        }
        again.cancellation_fee = None;
        let lost = fee_of_change(today, (&old.rooms, old.stay), (&again.rooms, stay));
        again.fees.post(today, FeeKind::Reinstated, lost as i128 - fee_of_giving_up(&old));
        again.fees.given_up_on = None;
        self.check_free(&property, (stay, stay), &again.rooms, None)?;
        self.sell(&property, &again.rooms, stay, None)?;
        let booking = self.store_booking(&property, &old, again, LeafKind::Reinstate)?;
        Ok((JournalEvent::Reinstated, Reply::Booking(booking)))
    }

    /// Finds a booking that is in the right state for `verb`, and whose arrival is not in the future.
    fn due(&mut self, id: BookingId, expected: Option<u32>, verb: Verb) -> Decision<(Arc<Property>, Arc<Booking>)> {
        let property = self.property_row()?;
        let booking = self.find_booking(id, expected)?;
        if booking.state.after(verb).is_none() {
            return Err(Reject::WrongState(booking.state).into());
        }
        if booking.stay.arrival() > property.business_date {
            return Err(Reject::NotDue { business_date: property.business_date }.into());
        }
        Ok((property, booking))
    }
}

fn in_state(booking: &Booking, state: BookingState) -> Booking {
    Booking { state, ..booking.clone() }
}

/// The rooms on the nights that are left on `today`.
fn within(booking: &Booking, (today, left): (Night, Stay)) -> Vec<BookedRoom> {
    let cut = |room: &BookedRoom| {
        let mut kept = room.within(booking.stay, left, left)?;
        stay_late(&mut kept, room, (today, booking.stay, left));
        Some(kept)
    };
    booking.rooms.iter().filter_map(cut).collect()
}

/// The exact fee that giving up the whole booking cost; 0 if it was given up under rules without a ledger.
fn fee_of_giving_up(booking: &Booking) -> i128 {
    booking.fees.given_up_on.map_or(0, |date| fee_of_all(&booking.rooms, date, booking.stay) as i128)
}
