//! Making and cancelling bookings.

use super::booking_rows::NewBooking;
use super::shard::Shard;
use super::stop::Decision;
use crate::rows;
use crate::{BookRequest, Booking, BookingId, BookingState, FeeKind, JournalEvent, LeafKind, Reject, Reply, Rows, Verb};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn book(&mut self, request: &BookRequest) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        self.check_new_booking(request.id)?;
        let overrides = self.overrides(request.override_reason.as_deref())?;
        self.check_reference(&request.channel_ref)?;
        let priced = self.price_free_rooms(&property, request.stay, &request.rooms, overrides)?;
        priced.check_price(request.expected_total)?;
        self.sell(&property, &priced.rooms, request.stay, None)?;
        let BookRequest { id, guest, channel_ref, payment_token, seeds, number, .. } = request;
        let new = NewBooking { id: *id, guest, channel_ref, payment_token, seeds, number: *number };
        let booking = self.open_booking(&property, request.stay, priced, new)?;
        Ok((JournalEvent::Booked, Reply::Booking(booking)))
    }

    pub(super) fn cancel(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let old = match rows::booking(&mut self.rows, id)?.cloned() {
            // A second cancel gets the same answer, whichever revision the caller expected.
            Some(booking)
                if booking.state == BookingState::Cancelled
                    && id.property() == self.property
                    && self.scope.sees(booking.seller, Some(id)) =>
            {
                return Ok((JournalEvent::Nothing, Reply::Booking(booking)));
            }
            _ => self.find_booking(id, expected)?,
        };
        if old.state.after(Verb::Cancel).is_none() {
            return Err(Reject::WrongState(old.state).into());
        }
        self.give_back_sold(&old.rooms, old.stay)?;
        let mut cancelled = Booking::clone(&old);
        cancelled.state = BookingState::Cancelled;
        self.charge_all(&mut cancelled, property.business_date, FeeKind::Cancelled);
        let booking = self.store_booking(&property, &old, cancelled, LeafKind::Cancel)?;
        Ok((JournalEvent::Cancelled, Reply::Booking(booking)))
    }
}
