//! Amending a booking: the new rooms are taken and the old ones given back in one step, or nothing changes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::booking_rows::without_key;
use super::pricing::PricedRooms;
use super::shard::{Rules, Shard};
use super::stop::{Decision, Stop};
use crate::rows;
use crate::{
    BookedRoom, Booking, BookingId, BookingState, DateError, Fault, FeeKind, GuestSecrets, JournalEvent, Key, LeafKind,
    LeafSeeds, Night, Property, Reject, Reply, RoomRequest, Row, Rows, Sealed, Stay, Verb,
};

/// What an amendment changes; what is `None` stays.
#[derive(Clone, Copy)]
pub(super) struct Changes<'c> {
    pub arrival: Option<Night>,
    pub departure: Option<Night>,
    pub rooms: Option<&'c [RoomRequest]>,
}

/// The guest after an amendment; without `sealed` the guest stays.
#[derive(Clone, Copy)]
pub(super) struct NewGuest<'c> {
    pub sealed: Option<&'c Sealed>,
    /// The revision whose guest it continues.
    pub of: Option<u32>,
    pub seeds: &'c LeafSeeds,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn amend(
        &mut self,
        id: BookingId,
        changes: Changes<'_>,
        guest: NewGuest<'_>,
        expected: Option<u32>,
        override_reason: Option<&str>,
    ) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let overrides = self.overrides(override_reason)?;
        let old = self.find_booking(id, expected)?;
        if old.state.after(Verb::Amend).is_none() {
            return Err(Reject::WrongState(old.state).into());
        }
        let is_over = property.business_date >= old.stay.departure();
        if self.at.rules >= Rules::HOTEL && is_over && !self.is_staff() {
            return Err(Reject::StayOver { business_date: property.business_date }.into());
        }
        if guest.of.is_some_and(|revision| revision != old.revision) {
            return Err(Reject::GuestChanged.into());
        }
        let mut amended = Booking::clone(&old);
        if changes.arrival.is_some() || changes.departure.is_some() || changes.rooms.is_some() {
            let stay = changed_stay(&old, changes)?;
            if self.at.rules >= Rules::HOTEL {
                let exchanged = self.exchange(&property, &old, (stay, changes.rooms), overrides)?;
                amended.rooms = exchanged.rooms;
                amended.currency = exchanged.currency;
                amended.fees.post(property.business_date, FeeKind::Amended, exchanged.fee as i128);
            } else {
                let kept = same_rooms(&old);
                let priced = self.first_exchange(&property, &old, stay, changes.rooms.unwrap_or(&kept))?;
                amended.rooms = priced.rooms;
                amended.currency = priced.currency;
            }
            if self.at.rules >= Rules::HOTEL && stay.arrival() != old.stay.arrival() {
                amended.moved_at_ms = self.meta.last_at_ms;
            }
            amended.stay = stay;
        }
        self.amend_guest(&mut amended, guest)?;
        let booking = self.store_booking(&property, &old, amended, LeafKind::Amend)?;
        Ok((JournalEvent::Amended, Reply::Booking(booking)))
    }

    /// A new guest gets new secrets. Other changes keep the secrets, because each leaf derives its own salts from them.
    fn amend_guest(&mut self, booking: &mut Booking, guest: NewGuest<'_>) -> Result<(), Fault> {
        let NewGuest { sealed: guest, seeds, .. } = guest;
        let known = rows::guest(&mut self.rows, booking.id)?.cloned();
        if guest.is_none() && booking.guest_erased {
            return Ok(());
        }
        // A row of the first version has the key in the booking.
        let inside = core::mem::take(&mut booking.guest.wrapped_key);
        let fresh = || GuestSecrets { wrapped_key: inside, digests: Vec::new(), salts: seeds.salts, lookups: Vec::new() };
        let mut secrets = known.map_or_else(fresh, Arc::unwrap_or_clone);
        if let Some(guest) = guest {
            secrets.wrapped_key = guest.wrapped_key.clone();
            secrets.digests = seeds.guest.clone();
            secrets.salts = seeds.salts;
            self.index_guest(booking.id, &secrets.lookups, &seeds.lookups);
            secrets.lookups = seeds.lookups.clone();
            booking.guest = without_key(guest);
            booking.guest_erased = false;
        }
        self.rows.put(Key::Guest(booking.id), Row::Guest(Arc::new(secrets)));
        Ok(())
    }

    /// Gives the old rooms back and takes the new ones. If the new ones are not free, the booking keeps the old ones. Decides entries of
    /// rules before [`Rules::HOTEL`].
    fn first_exchange(&mut self, property: &Property, old: &Booking, stay: Stay, rooms: &[RoomRequest]) -> Decision<PricedRooms> {
        if stay.arrival() != old.stay.arrival() {
            let moves_in_house = old.state == BookingState::CheckedIn;
            if stay.arrival() < property.business_date || moves_in_house {
                return Err(Reject::ArrivalInPast { business_date: property.business_date }.into());
            }
        }
        let mut priced = self.price_rooms(property, stay, rooms, false)?;
        keep_prices(old, stay, &mut priced);
        self.give_back_sold(&old.rooms, old.stay)?;
        match self.check_free(property, (stay, stay), &priced.rooms, Some(old)) {
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

/// The nights after the change. Only the applied row has the kept date for certain.
fn changed_stay(old: &Booking, changes: Changes<'_>) -> Result<Stay, Reject> {
    let (arrival, departure) = (changes.arrival.unwrap_or(old.stay.arrival()), changes.departure.unwrap_or(old.stay.departure()));
    Stay::new(arrival, departure).map_err(|error| match error {
        DateError::TooLong => Reject::StayTooLong,
        DateError::Empty | DateError::Invalid => Reject::InvalidStay,
    })
}

/// The booking's current rooms, as a request.
fn same_rooms(booking: &Booking) -> Vec<RoomRequest> {
    let request = |room: &BookedRoom| RoomRequest {
        room_type: room.room_type_code,
        rate_plan: room.rate_plan_code,
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
        seller_nightly: Vec::new(),
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
