//! Taking, changing and giving up bookings.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::rooms::Wanted;
use super::{Decision, Shard, check_revision, decided, refuse};
use crate::rows;
use crate::{
    BookRequest, BookedRoom, Booking, BookingId, BookingState, DateError, Happened, Key, Night, Property, Reject, Reply,
    RoomRequest, Row, Rows, Sealed, Stay,
};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn book(&mut self, request: &BookRequest) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let wanted = decided!(self.want(&property, request.stay, &request.rooms));
        self.sell(&wanted.rooms, request.stay)?;
        let booking =
            self.open_booking(request.id, request.stay, wanted, &request.guest, &request.channel_ref, &request.payment_token);
        Ok(Ok((Happened::Booked, Reply::Booking(booking))))
    }

    /// Writes a new booking and its index entries.
    pub(super) fn open_booking(
        &mut self,
        id: BookingId,
        stay: Stay,
        wanted: Wanted,
        guest: &Sealed,
        channel_ref: &str,
        payment_token: &str,
    ) -> Arc<Booking> {
        let booking = Arc::new(Booking {
            id,
            state: BookingState::Confirmed,
            revision: 1,
            stay,
            rooms: wanted.rooms,
            currency: wanted.currency,
            guest: guest.clone(),
            channel_ref: String::from(channel_ref),
            payment_token: String::from(payment_token),
            created_at_ms: self.meta.last_at_ms,
            updated_at_ms: self.meta.last_at_ms,
            cancellation_fee: None,
        });
        self.rows.put(Key::Arrival(self.property, stay.arrival(), id), Row::Present);
        if !channel_ref.is_empty() {
            self.rows.put(Key::channel_ref(self.property, channel_ref, id), Row::Present);
        }
        self.rows.put(Key::Booking(id), Row::Booking(booking.clone()));
        booking
    }

    pub(super) fn amend(
        &mut self,
        id: BookingId,
        (arrival, departure): (Option<Night>, Option<Night>),
        rooms: Option<&[RoomRequest]>,
        guest: Option<&Sealed>,
        expected: Option<u32>,
    ) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let old = decided!(self.find_booking(id, expected));
        if !matches!(old.state, BookingState::Confirmed | BookingState::CheckedIn) {
            refuse!(Reject::WrongState(old.state));
        }
        let mut amended = Booking::clone(&old);
        let changes_stay = arrival.is_some() || departure.is_some();
        if changes_stay || rooms.is_some() {
            // One date alone keeps the other as it is now, which only this place knows for certain.
            let stay = match Stay::new(arrival.unwrap_or(old.stay.arrival()), departure.unwrap_or(old.stay.departure())) {
                Ok(stay) => stay,
                Err(DateError::TooLong) => refuse!(Reject::StayTooLong),
                Err(DateError::Empty | DateError::Invalid) => refuse!(Reject::InvalidStay),
            };
            let kept = same_rooms(&old);
            let wanted = decided!(self.exchange(&property, &old, stay, rooms.unwrap_or(&kept)));
            amended.stay = stay;
            amended.rooms = wanted.rooms;
            amended.currency = wanted.currency;
        }
        if let Some(guest) = guest {
            amended.guest = guest.clone();
        }
        if amended.stay.arrival() != old.stay.arrival() {
            self.rows.delete(&Key::Arrival(self.property, old.stay.arrival(), id));
            self.rows.put(Key::Arrival(self.property, amended.stay.arrival(), id), Row::Present);
        }
        let booking = self.store_booking(amended);
        Ok(Ok((Happened::Amended, Reply::Booking(booking))))
    }

    /// Gives the old rooms back and takes the new ones; if those are not to be had, the old ones stand.
    fn exchange(&mut self, property: &Property, old: &Booking, stay: Stay, rooms: &[RoomRequest]) -> Decision<Wanted> {
        if stay.arrival() != old.stay.arrival() {
            let moves_in_house = old.state == BookingState::CheckedIn;
            if stay.arrival() < property.business_date || moves_in_house {
                refuse!(Reject::ArrivalInPast { business_date: property.business_date });
            }
        }
        let mut wanted = decided!(self.resolve(property, stay, rooms));
        keep_prices(old, stay, &mut wanted);
        self.unsell(&old.rooms, old.stay)?;
        match self.check_free(property, stay, &wanted.rooms, Some(old))? {
            Ok(()) => {
                self.sell(&wanted.rooms, stay)?;
                Ok(Ok(wanted))
            }
            Err(reject) => {
                self.sell(&old.rooms, old.stay)?;
                Ok(Err(reject))
            }
        }
    }

    pub(super) fn cancel(&mut self, id: BookingId, expected: Option<u32>) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let old = match rows::booking(self.rows, id)?.cloned() {
            // A second cancel answers the same, whatever revision the caller knew.
            Some(booking) if booking.state == BookingState::Cancelled && id.property() == self.property => {
                return Ok(Ok((Happened::Nothing, Reply::Booking(booking))));
            }
            _ => decided!(self.find_booking(id, expected)),
        };
        if old.state != BookingState::Confirmed {
            refuse!(Reject::WrongState(old.state));
        }
        self.unsell(&old.rooms, old.stay)?;
        let mut cancelled = Booking::clone(&old);
        cancelled.state = BookingState::Cancelled;
        cancelled.cancellation_fee = Some(old.fee_on(property.business_date));
        let booking = self.store_booking(cancelled);
        Ok(Ok((Happened::Cancelled, Reply::Booking(booking))))
    }

    pub(super) fn find_booking(&mut self, id: BookingId, expected: Option<u32>) -> Decision<Arc<Booking>> {
        if id.property() != self.property {
            refuse!(Reject::NotFound);
        }
        let Some(booking) = rows::booking(self.rows, id)?.cloned() else {
            refuse!(Reject::NotFound);
        };
        Ok(check_revision(expected, booking.revision).map(|()| booking))
    }

    /// Writes a changed booking with its next revision.
    pub(super) fn store_booking(&mut self, mut booking: Booking) -> Arc<Booking> {
        booking.revision += 1;
        booking.updated_at_ms = self.meta.last_at_ms;
        let booking = Arc::new(booking);
        self.rows.put(Key::Booking(booking.id), Row::Booking(booking.clone()));
        booking
    }
}

/// What the booking has now, as a request.
fn same_rooms(booking: &Booking) -> Vec<RoomRequest> {
    let request = |room: &BookedRoom| RoomRequest {
        room_type: room.room_type_code,
        rate_plan: room.rate_plan_code,
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
    };
    booking.rooms.iter().map(request).collect()
}

/// Rooms that stay in the booking keep their frozen price on the nights that stay, and their policy; what
/// is added costs today's rate. A line that grows is therefore split in two.
fn keep_prices(old: &Booking, stay: Stay, wanted: &mut Wanted) {
    if old.currency != wanted.currency {
        return;
    }
    let mut left: Vec<(&BookedRoom, u32)> = old.rooms.iter().map(|room| (room, room.quantity)).collect();
    let mut rooms = Vec::with_capacity(wanted.rooms.len());
    for mut room in core::mem::take(&mut wanted.rooms) {
        for (before, quantity) in &mut left {
            let same = before.room_type == room.room_type && before.rate_plan == room.rate_plan;
            let kept = if same { room.quantity.min(*quantity) } else { 0 };
            if kept > 0 {
                *quantity -= kept;
                room.quantity -= kept;
                rooms.push(at_old_price(before, old.stay, stay, BookedRoom { quantity: kept, ..room.clone() }));
            }
        }
        if room.quantity > 0 {
            rooms.push(room);
        }
    }
    wanted.rooms = rooms;
}

fn at_old_price(before: &BookedRoom, old: Stay, stay: Stay, mut room: BookedRoom) -> BookedRoom {
    room.policy = before.policy;
    if !room.nightly.is_empty() {
        for (night, price) in old.nights().zip(&before.nightly) {
            if night >= stay.arrival() && night < stay.departure() {
                room.nightly[(night.0 - stay.arrival().0) as usize] = *price;
            }
        }
    }
    room
}
