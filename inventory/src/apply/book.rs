//! Taking, changing and giving up bookings.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::rooms::Wanted;
use super::{Decision, Shard, check_revision, decided, refuse};
use crate::rows;
use crate::{
    BookRequest, BookedRoom, Booking, BookingId, BookingState, DateError, Fault, GuestSecrets, Happened, Key, LeafKind,
    LeafSeeds, Night, Property, Reject, Reply, RoomRequest, Row, Rows, Sealed, Stay,
};

/// What a new booking is besides nights and rooms.
pub(super) struct Order<'c> {
    pub guest: &'c Sealed,
    pub channel_ref: &'c str,
    pub payment_token: &'c str,
    pub seeds: &'c LeafSeeds,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn book(&mut self, request: &BookRequest) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let wanted = decided!(self.want(&property, request.stay, &request.rooms));
        self.sell(&wanted.rooms, request.stay)?;
        let BookRequest { guest, channel_ref, payment_token, seeds, .. } = request;
        let order = Order { guest, channel_ref, payment_token, seeds };
        let booking = self.open_booking(&property, request.id, request.stay, wanted, order)?;
        Ok(Ok((Happened::Booked, Reply::Booking(booking))))
    }

    /// Writes a new booking, its index entries and its first leaf.
    pub(super) fn open_booking(
        &mut self,
        property: &Property,
        id: BookingId,
        stay: Stay,
        wanted: Wanted,
        order: Order<'_>,
    ) -> Result<Arc<Booking>, Fault> {
        let Order { guest, channel_ref, payment_token, seeds } = order;
        let wrapped_key = guest.wrapped_key.clone();
        let secrets = Arc::new(GuestSecrets { wrapped_key, digests: seeds.guest.clone(), salts: seeds.salts });
        let mut booking = Booking {
            id,
            state: BookingState::Confirmed,
            revision: 1,
            stay,
            rooms: wanted.rooms,
            currency: wanted.currency,
            guest: without_key(guest),
            guest_erased: false,
            seller: self.seller,
            channel_ref: String::from(channel_ref),
            payment_token: String::from(payment_token),
            created_at_ms: self.meta.last_at_ms,
            updated_at_ms: self.meta.last_at_ms,
            cancellation_fee: None,
            leaf: None,
        };
        self.append_leaf(property, &mut booking, LeafKind::Book, Some(&secrets))?;
        self.rows.put(Key::Guest(id), Row::Guest(secrets));
        self.rows.put(Key::Arrival(self.property, stay.arrival(), id), Row::Present);
        if !channel_ref.is_empty() {
            self.rows.put(Key::channel_ref(self.property, channel_ref, id), Row::Present);
        }
        let booking = Arc::new(booking);
        self.rows.put(Key::Booking(id), Row::Booking(booking.clone()));
        Ok(booking)
    }

    pub(super) fn amend(
        &mut self,
        id: BookingId,
        (arrival, departure): (Option<Night>, Option<Night>),
        rooms: Option<&[RoomRequest]>,
        (guest, seeds): (Option<&Sealed>, &LeafSeeds),
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
        self.amend_guest(&mut amended, guest, seeds)?;
        if amended.stay.arrival() != old.stay.arrival() {
            self.rows.delete(&Key::Arrival(self.property, old.stay.arrival(), id));
            self.rows.put(Key::Arrival(self.property, amended.stay.arrival(), id), Row::Present);
        }
        let booking = self.store_booking(&property, amended, LeafKind::Amend)?;
        Ok(Ok((Happened::Amended, Reply::Booking(booking))))
    }

    /// Another guest has other secrets; other terms keep them, since each leaf has salts of its own all the same.
    fn amend_guest(&mut self, booking: &mut Booking, guest: Option<&Sealed>, seeds: &LeafSeeds) -> Result<(), Fault> {
        let known = rows::guest(self.rows, booking.id)?.cloned();
        if guest.is_none() && booking.guest_erased {
            return Ok(());
        }
        // A row of the first version has the key inside.
        let inside = core::mem::take(&mut booking.guest.wrapped_key);
        let fresh = || GuestSecrets { wrapped_key: inside, digests: Vec::new(), salts: seeds.salts };
        let mut secrets = known.map_or_else(fresh, Arc::unwrap_or_clone);
        if let Some(guest) = guest {
            secrets.wrapped_key = guest.wrapped_key.clone();
            secrets.digests = seeds.guest.clone();
            secrets.salts = seeds.salts;
            booking.guest = without_key(guest);
            booking.guest_erased = false;
        }
        self.rows.put(Key::Guest(booking.id), Row::Guest(Arc::new(secrets)));
        Ok(())
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
            Some(booking)
                if booking.state == BookingState::Cancelled
                    && id.property() == self.property
                    && self.scope.sees(booking.seller, Some(id)) =>
            {
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
        let booking = self.store_booking(&property, cancelled, LeafKind::Cancel)?;
        Ok(Ok((Happened::Cancelled, Reply::Booking(booking))))
    }

    pub(super) fn find_booking(&mut self, id: BookingId, expected: Option<u32>) -> Decision<Arc<Booking>> {
        if id.property() != self.property {
            refuse!(Reject::NotFound);
        }
        let booking = rows::booking(self.rows, id)?.filter(|booking| self.scope.sees(booking.seller, Some(id)));
        let Some(booking) = booking.cloned() else {
            refuse!(Reject::NotFound);
        };
        Ok(check_revision(expected, booking.revision).map(|()| booking))
    }

    /// Writes a changed booking with its next revision, and its leaf.
    pub(super) fn store_booking(
        &mut self,
        property: &Property,
        mut booking: Booking,
        kind: LeafKind,
    ) -> Result<Arc<Booking>, Fault> {
        booking.revision += 1;
        booking.updated_at_ms = self.meta.last_at_ms;
        let secrets = rows::guest(self.rows, booking.id)?.cloned();
        self.append_leaf(property, &mut booking, kind, secrets.as_deref())?;
        let booking = Arc::new(booking);
        self.rows.put(Key::Booking(booking.id), Row::Booking(booking.clone()));
        Ok(booking)
    }
}

/// The key is kept apart from what it opens.
fn without_key(guest: &Sealed) -> Sealed {
    Sealed { ciphertext: guest.ciphertext.clone(), wrapped_key: Vec::new() }
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
