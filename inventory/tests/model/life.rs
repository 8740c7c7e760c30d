//! Later states of a booking, and closing the business date.

use std::sync::Arc;

use super::{Decided, Model, Sight};
use crate::almanac;
use keyrack_inventory::*;

impl Model {
    pub(super) fn booking_in(&mut self, place: usize, id: BookingId) -> Result<&mut Booking, Reject> {
        let (number, sight) = (self.hotels[place].number, self.sight);
        let found = self.bookings.iter_mut().find(|b| b.id == id && id.property() == number && sight.finds_booking(b));
        found.ok_or(Reject::NotFound)
    }

    /// Rule 8: a second cancel gets the same answer.
    pub(super) fn cancel(&mut self, place: usize, id: BookingId, expected_revision: Option<u32>) -> Decided {
        let today = self.hotels[place].property.business_date;
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        if booking.state == BookingState::Cancelled {
            return Ok((JournalEvent::Nothing, Reply::Booking(Arc::new(booking.clone()))));
        }
        if expected_revision.is_some_and(|r| r != booking.revision) {
            return Err(Reject::RevisionMismatch { current: booking.revision });
        }
        if booking.state != BookingState::Confirmed {
            return Err(Reject::WrongState(booking.state));
        }
        booking.state = BookingState::Cancelled;
        booking.revision += 1;
        booking.updated_at_ms = now_ms;
        self.give_up(place, id, today, FeeKind::Cancelled)?;
        Ok((JournalEvent::Cancelled, Reply::Booking(self.tell(place, id, LeafKind::Cancel))))
    }

    /// Rule 13: a second erasure gets the same answer.
    pub(super) fn erase(&mut self, place: usize, id: BookingId) -> Decided {
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        if booking.guest_erased {
            return Ok((JournalEvent::Nothing, Reply::Booking(Arc::new(booking.clone()))));
        }
        forget_guest(booking);
        booking.revision += 1;
        booking.updated_at_ms = now_ms;
        self.secrets.remove(&id);
        for line in &mut self.lines {
            if let Reply::Booking(told) = &mut line.reply
                && told.id == id
            {
                forget_guest(Arc::make_mut(told));
            }
        }
        for answer in &mut self.answers {
            if let Reply::Booking(told) = &mut answer.reply
                && told.id == id
            {
                forget_guest(Arc::make_mut(told));
            }
        }
        Ok((JournalEvent::GuestErased, Reply::Booking(self.tell(place, id, LeafKind::Erase))))
    }

    /// Only within the stay.
    pub(super) fn check_in(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        let today = self.due(place, (id, expected), BookingState::Confirmed)?;
        let booking = self.booking_in(place, id)?;
        if booking.stay.departure() <= today {
            return Err(Reject::StayOver { business_date: today });
        }
        booking.checked_in_on = Some(today);
        self.step(place, id, BookingState::CheckedIn, (JournalEvent::CheckedIn, LeafKind::CheckIn))
    }

    /// Only on the day of the check-in.
    pub(super) fn revert_check_in(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        let today = self.due(place, (id, expected), BookingState::CheckedIn)?;
        let booking = self.booking_in(place, id)?;
        if booking.checked_in_on != Some(today) {
            return Err(Reject::TooLateToRevert { business_date: today });
        }
        booking.checked_in_on = None;
        self.step(place, id, BookingState::Confirmed, (JournalEvent::CheckInReverted, LeafKind::RevertCheckIn))
    }

    /// The nights from today on are given back, but never the first one.
    pub(super) fn check_out(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        let today = self.due(place, (id, expected), BookingState::CheckedIn)?;
        let old = self.booking_in(place, id)?.clone();
        let slept: Vec<Night> =
            almanac::nights(old.stay).filter(|night| *night < today || *night == old.stay.arrival()).collect();
        let lines = self.keep_nights(place, id, &slept)?;
        if slept.len() < almanac::nights(old.stay).count() {
            self.keep_late(place, id, &old, lines)?;
        }
        let lost = self.given_up(&old, self.booking(id), today);
        self.owe(place, id, today, FeeKind::LeftEarly, lost as i128)?;
        self.step(place, id, BookingState::CheckedOut, (JournalEvent::CheckedOut, LeafKind::CheckOut))
    }

    pub(super) fn no_show(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        let today = self.due(place, (id, expected), BookingState::Confirmed)?;
        self.give_up(place, id, today, FeeKind::NoShow)?;
        self.step(place, id, BookingState::NoShow, (JournalEvent::NoShow, LeafKind::NoShow))
    }

    /// The nights from today on are taken again, or nothing changes. Restrictions do not matter.
    pub(super) fn reinstate(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        let today = self.hotels[place].property.business_date;
        let old = self.booking_in(place, id)?.clone();
        if expected.is_some_and(|r| r != old.revision) {
            return Err(Reject::RevisionMismatch { current: old.revision });
        }
        if !matches!(old.state, BookingState::Cancelled | BookingState::NoShow) {
            return Err(Reject::WrongState(old.state));
        }
        let left: Vec<Night> = almanac::nights(old.stay).filter(|night| *night >= today).collect();
        if left.is_empty() {
            return Err(Reject::StayOver { business_date: today });
        }
        let lines = self.keep_nights(place, id, &left)?;
        self.keep_late(place, id, &old, lines)?;
        let again = self.booking(id).clone();
        let lacking = self.lacking(&self.hotels[place], &again, &left, None);
        if !lacking.is_empty() {
            *self.booking_in(place, id)? = old;
            return Err(Reject::SoldOut(lacking.into_iter().take(RefusedNight::MOST).collect()));
        }
        let lost = self.given_up(&old, &again, today) as i128;
        let back = self.owed.get(&id).map_or(0, |owed| owed.1);
        self.owe(place, id, today, FeeKind::Reinstated, lost - back)?;
        self.owed.entry(id).or_default().1 = 0;
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        booking.fees.given_up_on = None;
        booking.cancellation_fee = None;
        if booking.stay.arrival() != old.stay.arrival() {
            booking.moved_at_ms = now_ms;
        }
        self.step(place, id, BookingState::Confirmed, (JournalEvent::Reinstated, LeafKind::Reinstate))
    }

    /// The business date, if the booking is in the right state and its arrival is not in the future. A second step of the same kind is
    /// refused, because it may be for another person.
    fn due(&mut self, place: usize, (id, expected): (BookingId, Option<u32>), state: BookingState) -> Result<Night, Reject> {
        let today = self.hotels[place].property.business_date;
        let booking = self.booking_in(place, id)?;
        if expected.is_some_and(|r| r != booking.revision) {
            return Err(Reject::RevisionMismatch { current: booking.revision });
        }
        if booking.state != state {
            return Err(Reject::WrongState(booking.state));
        }
        if booking.stay.arrival() > today {
            return Err(Reject::NotDue { business_date: today });
        }
        Ok(today)
    }

    fn step(&mut self, place: usize, id: BookingId, to: BookingState, (happened, kind): (JournalEvent, LeafKind)) -> Decided {
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        booking.state = to;
        booking.revision += 1;
        booking.updated_at_ms = now_ms;
        Ok((happened, Reply::Booking(self.tell(place, id, kind))))
    }

    /// Rule 10.
    pub(super) fn close_business_date(&mut self, place: usize, expected_from: Night) -> Decided {
        let number = self.hotels[place].number;
        let property = &self.hotels[place].property;
        if property.business_date != expected_from {
            return Err(Reject::WrongBusinessDate { business_date: property.business_date });
        }
        if property.details.no_show_on_close {
            let missing = |b: &&Booking| {
                b.id.property() == number && b.state == BookingState::Confirmed && b.stay.arrival() == expected_from
            };
            let mut missing: Vec<(Night, BookingId)> =
                self.bookings.iter().filter(missing).map(|b| (b.stay.arrival(), b.id)).collect();
            missing.sort();
            // The day ends for the bookings of all sellers.
            self.sight = Sight::All;
            for (_, id) in missing {
                let (happened, reply) = self.no_show(place, id, None)?;
                self.line(number, None, happened, reply);
            }
        }
        // The no-shows are of the day that ends.
        self.hotels[place].property.business_date = Night(expected_from.0 + 1);
        Ok((JournalEvent::BusinessDateClosed, Reply::BusinessDate(Night(expected_from.0 + 1))))
    }
}

/// Rule 13: what an erasure removes from a booking.
fn forget_guest(booking: &mut Booking) {
    booking.guest = Sealed::default();
    booking.guest_erased = true;
    booking.channel_ref.clear();
    booking.payment_token.clear();
    booking.rooms.iter_mut().for_each(|room| room.children_ages.clear());
}
