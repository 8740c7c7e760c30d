//! Holds: placed, confirmed, given back. Confirm against expire is decided by log time alone.

use alloc::sync::Arc;

use super::book::Order;
use super::rooms::Wanted;
use super::{Decision, Shard, decided, refuse};
use crate::access::Grant;
use crate::rows;
use crate::{BookingId, Fault, Happened, Hold, HoldId, HoldState, Key, MAX_HOLD_MS, Reject, Reply, RoomRequest, Row, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn place_hold(
        &mut self,
        id: HoldId,
        stay: Stay,
        rooms: &[RoomRequest],
        ttl_ms: u64,
    ) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let wanted = decided!(self.want(&property, stay, rooms));
        let ttl_ms = ttl_ms.clamp(1, MAX_HOLD_MS);
        let quantity: u64 = wanted.rooms.iter().map(|room| u64::from(room.quantity)).sum();
        let charge_ms = decided!(self.charge(quantity * ttl_ms));
        self.hold(&wanted.rooms, stay)?;
        let expires_at_ms = self.meta.last_at_ms.saturating_add(ttl_ms);
        let hold = Arc::new(Hold {
            id,
            state: HoldState::Open,
            stay,
            rooms: wanted.rooms,
            currency: wanted.currency,
            expires_at_ms,
            seller: self.seller,
            charge_ms,
        });
        self.rows.put(Key::Hold(id), Row::Hold(hold.clone()));
        self.rows.put(Key::Deadline(expires_at_ms, id), Row::Present);
        let next = self.meta.next_deadline_ms;
        self.meta.next_deadline_ms = if next == 0 { expires_at_ms } else { next.min(expires_at_ms) };
        Ok(Ok((Happened::HoldPlaced, Reply::Hold(hold))))
    }

    pub(super) fn confirm_hold(&mut self, id: HoldId, booking: BookingId, order: Order<'_>) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let hold = decided!(self.find_hold(id));
        match hold.state {
            HoldState::Open if hold.expires_at_ms > self.meta.last_at_ms => {}
            // Also when it is due and the bounded expiry has not come to it yet.
            HoldState::Open | HoldState::Expired => refuse!(Reject::HoldExpired),
            HoldState::Confirmed(_) | HoldState::Released => refuse!(Reject::HoldClosed),
        }
        // The hotel's day may have been closed meanwhile: nobody can arrive yesterday.
        if hold.stay.arrival() < property.business_date {
            refuse!(Reject::ArrivalInPast { business_date: property.business_date });
        }
        let closed = self.close_hold(id, HoldState::Confirmed(booking))?;
        self.sell(&hold.rooms, hold.stay)?;
        self.journal(None, Happened::HoldConfirmed, Reply::Hold(closed), None);
        // The record that `run` writes must name the line with the answer, which is the next one.
        let wanted = Wanted { rooms: hold.rooms.clone(), currency: hold.currency };
        let booking = self.open_booking(&property, booking, hold.stay, wanted, order)?;
        Ok(Ok((Happened::Booked, Reply::Booking(booking))))
    }

    pub(super) fn release_hold(&mut self, id: HoldId) -> Decision<(Happened, Reply)> {
        decided!(self.property_row());
        let hold = decided!(self.find_hold(id));
        match hold.state {
            HoldState::Open => {
                let closed = self.close_hold(id, HoldState::Released)?;
                Ok(Ok((Happened::HoldReleased, Reply::Hold(closed))))
            }
            HoldState::Released | HoldState::Expired => Ok(Ok((Happened::Nothing, Reply::Hold(hold)))),
            HoldState::Confirmed(_) => Ok(Err(Reject::HoldClosed)),
        }
    }

    /// Counts a hold against its seller's quota of this property; 0 where there is no quota.
    fn charge(&mut self, room_ms: u64) -> Decision<u64> {
        let limit = if self.seller == 0 { None } else { rows::grant(self.rows, self.seller)? };
        let room_minutes = limit.map_or(0, |grant: &Arc<Grant>| grant.hold_room_minutes);
        if room_minutes == 0 {
            return Ok(Ok(0));
        }
        let key = Key::Hoard(self.seller, self.property);
        let taken = rows::hoard(self.rows, self.seller, self.property)?.copied().unwrap_or(0).saturating_add(room_ms);
        if taken > u64::from(room_minutes) * 60_000 {
            refuse!(Reject::HoldQuota { room_minutes });
        }
        self.rows.put(key, Row::Hoard(taken));
        Ok(Ok(room_ms))
    }

    /// Gives back what a hold that closes took of its seller's quota.
    pub(super) fn uncharge(&mut self, hold: &Hold) -> Result<(), Fault> {
        if hold.charge_ms == 0 {
            return Ok(());
        }
        let property = hold.id.property();
        let key = Key::Hoard(hold.seller, property);
        let taken = rows::hoard(self.rows, hold.seller, property)?.copied().unwrap_or(0);
        match taken.checked_sub(hold.charge_ms) {
            None => return Err(Fault::Counter(key)),
            Some(0) => self.rows.delete(&key),
            Some(left) => self.rows.put(key, Row::Hoard(left)),
        }
        Ok(())
    }

    fn find_hold(&mut self, id: HoldId) -> Decision<Arc<Hold>> {
        if id.property() != self.property {
            refuse!(Reject::NotFound);
        }
        let hold = rows::hold(self.rows, id)?.filter(|hold| self.scope.sees(hold.seller, None));
        Ok(hold.cloned().ok_or(Reject::NotFound))
    }
}
