//! Closing the business date. Only this moves it.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::{Decision, Stop};
use crate::rows;
use crate::{BookingId, BookingState, Fault, JournalEvent, Key, Night, Read, Reject, Reply, Rows, Scope};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn close_business_date(&mut self, expected_from: Night) -> Decision<(JournalEvent, Reply)> {
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
        Ok((JournalEvent::BusinessDateClosed, Reply::BusinessDate(today.next())))
    }

    /// Marks confirmed bookings that arrive today as no-shows. Bounded by the rooms of the property.
    fn mark_no_shows(&mut self, today: Night) -> Result<(), Fault> {
        let from = Key::Arrival(self.property, today, BookingId([0; 16]));
        let to = Key::Arrival(self.property, today.next(), BookingId([0; 16]));
        // The day ends for the whole property, including bookings that the caller may not see.
        let caller = core::mem::replace(&mut self.scope, Scope::All);
        for key in self.rows.scan(&from, &to, usize::MAX)? {
            let Key::Arrival(_, _, id) = key else { continue };
            let expected = rows::booking(&mut self.rows, id)?.is_some_and(|b| b.state == BookingState::Confirmed);
            if !expected {
                continue;
            }
            match self.no_show(id, None) {
                Ok((happened, reply)) => self.journal(None, happened, reply, None),
                // A refusal does not stop the close.
                Err(Stop::Reject(_)) => {}
                Err(Stop::Fault(fault)) => return Err(fault),
            }
        }
        self.scope = caller;
        Ok(())
    }
}
