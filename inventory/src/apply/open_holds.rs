//! Open holds: finding them, charging them to their seller's quota, closing them.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::Decision;
use crate::rows;
use crate::{Fault, Grant, Hold, HoldId, HoldState, Key, Reject, Row, Rows};

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Finds a hold of this property that the caller may see.
    pub(super) fn find_hold(&mut self, id: HoldId) -> Decision<Arc<Hold>> {
        if id.property() != self.property {
            return Err(Reject::NotFound.into());
        }
        let hold = rows::hold(&mut self.rows, id)?.filter(|hold| self.scope.sees(hold.seller, None));
        Ok(hold.cloned().ok_or(Reject::NotFound)?)
    }

    /// Charges a hold to its seller's quota of this property. Returns the charge; 0 if there is no quota.
    pub(super) fn take_quota(&mut self, room_ms: u64) -> Decision<u64> {
        let limit = if self.seller == 0 { None } else { rows::grant(&mut self.rows, self.seller)? };
        let room_minutes = limit.map_or(0, |grant: &Arc<Grant>| grant.hold_room_minutes);
        if room_minutes == 0 {
            return Ok(0);
        }
        let key = Key::HoldUsage(self.seller, self.property);
        let taken = rows::hold_usage(&mut self.rows, self.seller, self.property)?.copied().unwrap_or(0).saturating_add(room_ms);
        if taken > u64::from(room_minutes) * 60_000 {
            return Err(Reject::HoldQuota { room_minutes }.into());
        }
        self.rows.put(key, Row::HoldUsage(taken));
        Ok(room_ms)
    }

    /// Gives the charge of a closing hold back to its seller's quota.
    fn give_back_quota(&mut self, hold: &Hold) -> Result<(), Fault> {
        if hold.charge_ms == 0 {
            return Ok(());
        }
        let property = hold.id.property();
        let key = Key::HoldUsage(hold.seller, property);
        let taken = rows::hold_usage(&mut self.rows, hold.seller, property)?.copied().unwrap_or(0);
        match taken.checked_sub(hold.charge_ms) {
            None => return Err(Fault::Counter(key)),
            Some(0) => self.rows.delete(&key),
            Some(left) => self.rows.put(key, Row::HoldUsage(left)),
        }
        Ok(())
    }

    /// Gives a hold's rooms back and stores its final state.
    pub(super) fn close_hold(&mut self, id: HoldId, state: HoldState) -> Result<Arc<Hold>, Fault> {
        assert_ne!(state, HoldState::Open, "closing a hold must end it");
        let Some(hold) = rows::hold(&mut self.rows, id)?.cloned() else {
            return Err(Fault::Corrupt(Key::Hold(id), "a deadline has no hold".into()));
        };
        if hold.state != HoldState::Open {
            return Err(Fault::Corrupt(Key::Hold(id), "a deadline belongs to a hold that has ended".into()));
        }
        let confirmed = matches!(state, HoldState::Confirmed(_));
        assert!(!confirmed || hold.expires_at_ms > self.meta.last_at_ms, "a hold is confirmed only before its deadline");
        self.give_back_held(&hold.rooms, hold.stay)?;
        self.give_back_quota(&hold)?;
        self.rows.delete(&Key::Deadline(hold.expires_at_ms, id));
        let closed = Arc::new(Hold { state, ..Hold::clone(&hold) });
        self.ledger.hold(self.property, Some(&hold), &closed);
        self.rows.put(Key::Hold(id), Row::Hold(closed.clone()));
        Ok(closed)
    }
}
