//! Holds: place, confirm, release. Log time alone decides whether a hold is confirmed or expires first.

use alloc::sync::Arc;

use super::booking_rows::NewBooking;
use super::pricing::{PricedRooms, check_occupancy};
use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::rows;
use crate::{
    BookedRoom, Hold, HoldId, HoldState, JournalEvent, Key, MAX_HOLD_MS, Price, Property, Reject, Reply, RoomGuests, RoomRequest,
    Row, Rows, Stay,
};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn place_hold(
        &mut self,
        id: HoldId,
        stay: Stay,
        rooms: &[RoomRequest],
        ttl_ms: u64,
    ) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        self.check_new(id.property(), |rows| rows::hold(rows, id).map(|hold| hold.is_some()))?;
        let priced = self.price_free_rooms(&property, stay, rooms, false)?;
        let ttl_ms = ttl_ms.clamp(1, MAX_HOLD_MS);
        let quantity: u64 = priced.rooms.iter().map(|room| u64::from(room.quantity)).sum();
        let charge_ms = self.take_quota(quantity * ttl_ms)?;
        self.hold(&property, &priced.rooms, stay)?;
        let expires_at_ms = self.meta.last_at_ms.saturating_add(ttl_ms);
        let hold = Arc::new(Hold {
            id,
            state: HoldState::Open,
            stay,
            rooms: priced.rooms,
            currency: priced.currency,
            expires_at_ms,
            seller: self.seller,
            charge_ms,
        });
        self.ledger.hold(self.property, None, &hold);
        self.rows.put(Key::Hold(id), Row::Hold(hold.clone()));
        self.rows.put(Key::Deadline(expires_at_ms, id), Row::Present);
        let next = self.meta.next_deadline_ms;
        self.meta.next_deadline_ms = if next == 0 { expires_at_ms } else { next.min(expires_at_ms) };
        assert!(self.meta.next_deadline_ms <= expires_at_ms, "no open hold is due before `next_deadline_ms`");
        Ok((JournalEvent::HoldPlaced, Reply::Hold(hold)))
    }

    pub(super) fn confirm_hold(
        &mut self,
        id: HoldId,
        new: NewBooking<'_>,
        (expected, guests): (Option<Price>, &[RoomGuests]),
    ) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        self.check_new_booking(new.id)?;
        let hold = self.find_hold(id)?;
        match hold.state {
            HoldState::Open if hold.expires_at_ms > self.meta.last_at_ms => {}
            // This includes a hold that is due but not yet expired by the bounded expiry.
            HoldState::Open | HoldState::Expired => return Err(Reject::HoldExpired.into()),
            HoldState::Confirmed(_) | HoldState::Released => return Err(Reject::HoldClosed.into()),
        }
        // The business date may have moved since the hold was placed. A booking cannot arrive before it.
        if hold.stay.arrival() < property.business_date {
            return Err(Reject::ArrivalInPast { business_date: property.business_date }.into());
        }
        let mut priced = PricedRooms { rooms: hold.rooms.clone(), currency: hold.currency };
        if self.at.rules >= Rules::HOTEL {
            seat(&property, &mut priced.rooms, guests)?;
        }
        priced.check_price(expected)?;
        self.check_reference(new.channel_ref)?;
        let closed = self.close_hold(id, HoldState::Confirmed(new.id))?;
        self.sell_kept(&hold.rooms, hold.stay)?;
        self.journal(None, JournalEvent::HoldConfirmed, Reply::Hold(closed), None);
        // The idempotency record must name the line with the answer. That is the next line, which `run` writes.
        let booking = self.open_booking(&property, hold.stay, priced, new)?;
        Ok((JournalEvent::Booked, Reply::Booking(booking)))
    }

    pub(super) fn release_hold(&mut self, id: HoldId) -> Decision<(JournalEvent, Reply)> {
        self.property_row()?;
        let hold = self.find_hold(id)?;
        match hold.state {
            HoldState::Open => {
                let closed = self.close_hold(id, HoldState::Released)?;
                Ok((JournalEvent::HoldReleased, Reply::Hold(closed)))
            }
            HoldState::Released | HoldState::Expired => Ok((JournalEvent::Nothing, Reply::Hold(hold))),
            HoldState::Confirmed(_) => Err(Reject::HoldClosed.into()),
        }
    }
}

/// Puts the guests into the rooms of a hold. Each room needs an adult, and no more guests than the type allows.
fn seat(property: &Property, rooms: &mut [BookedRoom], guests: &[RoomGuests]) -> Result<(), Reject> {
    let lines = rooms.len();
    let missing = Reject::GuestsMissing { lines: lines as u32 };
    if !guests.is_empty() && guests.len() != lines {
        return Err(missing);
    }
    for (room, RoomGuests { adults, children_ages }) in rooms.iter_mut().zip(guests) {
        room.adults = *adults;
        room.children_ages.clone_from(children_ages);
    }
    if rooms.iter().any(|room| room.adults == 0) {
        return Err(missing);
    }
    rooms.iter().try_for_each(|room| check_occupancy(&property.room_types[usize::from(room.room_type.0)], room))
}
