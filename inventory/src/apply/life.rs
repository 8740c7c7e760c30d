//! The rest of a booking's life: arriving, leaving, not coming.

use super::{Decision, Shard, decided, refuse};
use crate::{Booking, BookingId, BookingState, Happened, Reject, Reply, Rows};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn check_in(&mut self, id: BookingId) -> Decision<(Happened, Reply)> {
        self.step(id, BookingState::Confirmed, BookingState::CheckedIn, Happened::CheckedIn)
    }

    pub(super) fn check_out(&mut self, id: BookingId) -> Decision<(Happened, Reply)> {
        self.step(id, BookingState::CheckedIn, BookingState::CheckedOut, Happened::CheckedOut)
    }

    pub(super) fn no_show(&mut self, id: BookingId) -> Decision<(Happened, Reply)> {
        self.step(id, BookingState::Confirmed, BookingState::NoShow, Happened::NoShow)
    }

    /// One step of the life cycle; repeating a step that was taken answers the same.
    fn step(&mut self, id: BookingId, from: BookingState, to: BookingState, happened: Happened) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let booking = decided!(self.find_booking(id, None));
        if booking.state == to {
            return Ok(Ok((Happened::Nothing, Reply::Booking(booking))));
        }
        if booking.state != from {
            refuse!(Reject::WrongState(booking.state));
        }
        if booking.stay.arrival() > property.business_date {
            refuse!(Reject::NotDue { business_date: property.business_date });
        }
        if !to.holds_rooms() {
            self.unsell(&booking.rooms, booking.stay)?;
        }
        let mut changed = Booking::clone(&booking);
        changed.state = to;
        let booking = self.store_booking(changed);
        Ok(Ok((happened, Reply::Booking(booking))))
    }
}
