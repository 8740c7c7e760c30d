//! Closing the business date: the only thing that moves it.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::{Decision, Stop};
use crate::rows;
use crate::{BookingId, BookingState, Fault, Happened, Key, Night, Read, Reject, Reply, Rows, Scope};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn close_business_date(&mut self, expected_from: Night) -> Decision<(Happened, Reply)> {
        let property = self.property_row()?;
        let today = property.business_date;
        if today != expected_from || today >= Night::LAST {
            return Err(Reject::WrongBusinessDate { business_date: today }.into());
        }
        if property.details.no_show_on_close {
            self.mark_no_shows(today)?;
        }
        let mut property = Arc::unwrap_or_clone(property);
        property.business_date = today.next();
        self.store_property(property);
        Ok((Happened::BusinessDateClosed, Reply::BusinessDate(today.next())))
    }

    /// Everyone expected today who is not here. Bounded by the rooms the house has.
    fn mark_no_shows(&mut self, today: Night) -> Result<(), Fault> {
        let from = Key::Arrival(self.property, today, BookingId([0; 16]));
        let to = Key::Arrival(self.property, today.next(), BookingId([0; 16]));
        // The day ends for the whole house, also for bookings that whoever ends it does not see.
        let caller = core::mem::replace(&mut self.scope, Scope::All);
        for key in self.rows.scan(&from, &to, usize::MAX)? {
            let Key::Arrival(_, _, id) = key else { continue };
            let expected = rows::booking(&mut self.rows, id)?.is_some_and(|b| b.state == BookingState::Confirmed);
            if !expected {
                continue;
            }
            match self.no_show(id, None) {
                Ok((happened, reply)) => self.journal(None, happened, reply, None),
                // The day ends all the same.
                Err(Stop::Reject(_)) => {}
                Err(Stop::Fault(fault)) => return Err(fault),
            }
        }
        self.scope = caller;
        Ok(())
    }
}
