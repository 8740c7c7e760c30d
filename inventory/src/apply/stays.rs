//! The rest of a booking's life: arriving, leaving, not coming.

use super::shard::Shard;
use super::stop::Decision;
use crate::{Booking, BookingId, BookingState, Happened, LeafKind, Reject, Reply, Rows};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn check_in(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(Happened, Reply)> {
        self.change_state(
            id,
            expected,
            (BookingState::Confirmed, BookingState::CheckedIn),
            (Happened::CheckedIn, LeafKind::CheckIn),
        )
    }

    pub(super) fn check_out(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(Happened, Reply)> {
        self.change_state(
            id,
            expected,
            (BookingState::CheckedIn, BookingState::CheckedOut),
            (Happened::CheckedOut, LeafKind::CheckOut),
        )
    }

    pub(super) fn no_show(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(Happened, Reply)> {
        self.change_state(id, expected, (BookingState::Confirmed, BookingState::NoShow), (Happened::NoShow, LeafKind::NoShow))
    }

    /// One step of the life cycle.
    fn change_state(
        &mut self,
        id: BookingId,
        expected: Option<u32>,
        (from, to): (BookingState, BookingState),
        (happened, kind): (Happened, LeafKind),
    ) -> Decision<(Happened, Reply)> {
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
