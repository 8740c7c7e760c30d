//! Later states of a booking: checked in, checked out, no-show.

use super::shard::Shard;
use super::stop::Decision;
use crate::{Booking, BookingId, BookingState, JournalEvent, LeafKind, Reject, Reply, Rows};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn check_in(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        self.change_state(
            id,
            expected,
            (BookingState::Confirmed, BookingState::CheckedIn),
            (JournalEvent::CheckedIn, LeafKind::CheckIn),
        )
    }

    pub(super) fn check_out(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        self.change_state(
            id,
            expected,
            (BookingState::CheckedIn, BookingState::CheckedOut),
            (JournalEvent::CheckedOut, LeafKind::CheckOut),
        )
    }

    pub(super) fn no_show(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        self.change_state(id, expected, (BookingState::Confirmed, BookingState::NoShow), (JournalEvent::NoShow, LeafKind::NoShow))
    }

    /// Changes the state of a due booking.
    fn change_state(
        &mut self,
        id: BookingId,
        expected: Option<u32>,
        (from, to): (BookingState, BookingState),
        (happened, kind): (JournalEvent, LeafKind),
    ) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let booking = self.find_booking(id, expected)?;
        if booking.state != from {
            return Err(Reject::WrongState(booking.state).into());
        }
        if booking.stay.arrival() > property.business_date {
            return Err(Reject::NotDue { business_date: property.business_date }.into());
        }
        if !to.holds_rooms() {
            self.give_back_sold(&booking.rooms, booking.stay)?;
        }
        let mut changed = Booking::clone(&booking);
        changed.state = to;
        let booking = self.store_booking(&property, &booking, changed, kind)?;
        Ok((happened, Reply::Booking(booking)))
    }
}
