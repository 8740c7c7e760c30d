//! Amending a booking: the new rooms are taken and the old ones given back in one step, or nothing changes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::booking_rows::without_key;
use super::pricing::PricedRooms;
use super::shard::Shard;
use super::stop::{Decision, Stop};
use crate::rows;
use crate::{
    BookedRoom, Booking, BookingId, BookingState, DateError, Fault, GuestSecrets, JournalEvent, Key, LeafKind, LeafSeeds, Night,
    Property, Reject, Reply, RoomRequest, Row, Rows, Sealed, Stay,
};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn amend(
        &mut self,
        id: BookingId,
        (arrival, departure): (Option<Night>, Option<Night>),
        rooms: Option<&[RoomRequest]>,
        (guest, seeds): (Option<&Sealed>, &LeafSeeds),
        expected: Option<u32>,
    ) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let old = self.find_booking(id, expected)?;
        if !matches!(old.state, BookingState::Confirmed | BookingState::CheckedIn) {
            return Err(Reject::WrongState(old.state).into());
        }
        let mut amended = Booking::clone(&old);
        let changes_stay = arrival.is_some() || departure.is_some();
        if changes_stay || rooms.is_some() {
            // A missing date keeps its current value. Only the applied row has that value for certain.
            let stay = match Stay::new(arrival.unwrap_or(old.stay.arrival()), departure.unwrap_or(old.stay.departure())) {
                Ok(stay) => stay,
                Err(DateError::TooLong) => return Err(Reject::StayTooLong.into()),
                Err(DateError::Empty | DateError::Invalid) => return Err(Reject::InvalidStay.into()),
            };
            let kept = same_rooms(&old);
            let priced = self.exchange_rooms(&property, &old, stay, rooms.unwrap_or(&kept))?;
            amended.stay = stay;
            amended.rooms = priced.rooms;
            amended.currency = priced.currency;
        }
        self.amend_guest(&mut amended, guest, seeds)?;
        if amended.stay.arrival() != old.stay.arrival() {
            self.rows.delete(&Key::Arrival(self.property, old.stay.arrival(), id));
            self.rows.put(Key::Arrival(self.property, amended.stay.arrival(), id), Row::Present);
        }
        let booking = self.store_booking(&property, &old, amended, LeafKind::Amend)?;
        Ok((JournalEvent::Amended, Reply::Booking(booking)))
    }

    /// A new guest gets new secrets. Other changes keep the secrets, because each leaf derives its own salts from them.
    fn amend_guest(&mut self, booking: &mut Booking, guest: Option<&Sealed>, seeds: &LeafSeeds) -> Result<(), Fault> {
        let known = rows::guest(&mut self.rows, booking.id)?.cloned();
        if guest.is_none() && booking.guest_erased {
            return Ok(());
        }
        // A row of the first version has the key in the booking.
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

    /// Gives the old rooms back and takes the new ones. If the new ones are not free, the booking keeps the old ones.
    fn exchange_rooms(&mut self, property: &Property, old: &Booking, stay: Stay, rooms: &[RoomRequest]) -> Decision<PricedRooms> {
        if stay.arrival() != old.stay.arrival() {
            let moves_in_house = old.state == BookingState::CheckedIn;
            if stay.arrival() < property.business_date || moves_in_house {
                return Err(Reject::ArrivalInPast { business_date: property.business_date }.into());
            }
        }
        let mut priced = self.price_rooms(property, stay, rooms)?;
        keep_prices(old, stay, &mut priced);
        self.give_back_sold(&old.rooms, old.stay)?;
        match self.check_free(property, stay, &priced.rooms, Some(old)) {
            Ok(()) => {
                self.sell(property, &priced.rooms, stay, Some(old))?;
                Ok(priced)
            }
            Err(Stop::Reject(reject)) => {
                self.sell_kept(&old.rooms, old.stay)?;
                Err(reject.into())
            }
            Err(Stop::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// The booking's current rooms, as a request.
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

/// Keeps frozen prices and the policy for rooms and nights that stay in the booking. Added rooms and nights cost
/// today's rate, so a line that grows is split in two.
fn keep_prices(old: &Booking, stay: Stay, priced: &mut PricedRooms) {
    if old.currency != priced.currency {
        return;
    }
    let mut left: Vec<(&BookedRoom, u32)> = old.rooms.iter().map(|room| (room, room.quantity)).collect();
    let asked: u32 = priced.rooms.iter().map(|room| room.quantity).sum();
    let mut rooms = Vec::with_capacity(priced.rooms.len());
    for mut room in core::mem::take(&mut priced.rooms) {
        for (before, quantity) in &mut left {
            let same = before.room_type == room.room_type && before.rate_plan == room.rate_plan;
            let kept = if same { room.quantity.min(*quantity) } else { 0 };
            if kept > 0 {
                *quantity -= kept;
                room.quantity -= kept;
                rooms.push(with_kept_prices(before, old.stay, stay, BookedRoom { quantity: kept, ..room.clone() }));
            }
        }
        if room.quantity > 0 {
            rooms.push(room);
        }
    }
    let split: u32 = rooms.iter().map(|room: &BookedRoom| room.quantity).sum();
    assert_eq!(split, asked, "splitting a line keeps its number of rooms");
    priced.rooms = rooms;
}

fn with_kept_prices(before: &BookedRoom, old: Stay, stay: Stay, mut room: BookedRoom) -> BookedRoom {
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
