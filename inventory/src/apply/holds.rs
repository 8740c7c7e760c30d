//! Holds: placed, confirmed, given back. Confirm against expire is decided by log time alone.

use alloc::sync::Arc;

use super::booking_rows::NewBooking;
use super::pricing::PricedRooms;
use super::shard::Shard;
use super::stop::Decision;
use crate::{Happened, Hold, HoldId, HoldState, Key, MAX_HOLD_MS, Reject, Reply, RoomRequest, Row, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn place_hold(
        &mut self,
        id: HoldId,
        stay: Stay,
        rooms: &[RoomRequest],
        ttl_ms: u64,
    ) -> Decision<(Happened, Reply)> {
        let property = self.property_row()?;
        let priced = self.price_free_rooms(&property, stay, rooms)?;
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
        assert!(self.meta.next_deadline_ms <= expires_at_ms, "no hold is due before the next deadline");
        Ok((Happened::HoldPlaced, Reply::Hold(hold)))
    }

    pub(super) fn confirm_hold(&mut self, id: HoldId, new: NewBooking<'_>) -> Decision<(Happened, Reply)> {
        let property = self.property_row()?;
        let hold = self.find_hold(id)?;
        match hold.state {
            HoldState::Open if hold.expires_at_ms > self.meta.last_at_ms => {}
            // Also when it is due and the bounded expiry has not come to it yet.
            HoldState::Open | HoldState::Expired => return Err(Reject::HoldExpired.into()),
            HoldState::Confirmed(_) | HoldState::Released => return Err(Reject::HoldClosed.into()),
        }
        // The hotel's day may have been closed meanwhile: nobody can arrive yesterday.
        if hold.stay.arrival() < property.business_date {
            return Err(Reject::ArrivalInPast { business_date: property.business_date }.into());
        }
        let closed = self.close_hold(id, HoldState::Confirmed(new.id))?;
        self.sell_kept(&hold.rooms, hold.stay)?;
        self.journal(None, Happened::HoldConfirmed, Reply::Hold(closed), None);
        // The record that `run` writes must name the line with the answer, which is the next one.
        let priced = PricedRooms { rooms: hold.rooms.clone(), currency: hold.currency };
        let booking = self.open_booking(&property, hold.stay, priced, new)?;
        Ok((Happened::Booked, Reply::Booking(booking)))
    }

    pub(super) fn release_hold(&mut self, id: HoldId) -> Decision<(Happened, Reply)> {
        self.property_row()?;
        let hold = self.find_hold(id)?;
        match hold.state {
            HoldState::Open => {
                let closed = self.close_hold(id, HoldState::Released)?;
                Ok((Happened::HoldReleased, Reply::Hold(closed)))
            }
            HoldState::Released | HoldState::Expired => Ok((Happened::Nothing, Reply::Hold(hold))),
            HoldState::Confirmed(_) => Err(Reject::HoldClosed.into()),
        }
    }
}
