//! Erasing a guest: this destroys the key and the salts, so that the data can no longer be read. The booking stays.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::Decision;
use crate::rows;
use crate::{Booking, BookingId, JournalEvent, Key, LeafKind, Reply, Row, Rows, Sealed};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn erase_guest(&mut self, id: BookingId) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let old = self.find_booking(id, None)?;
        if old.guest_erased {
            return Ok((JournalEvent::Nothing, Reply::Booking(old)));
        }
        self.rows.delete(&Key::Guest(id));
        assert!(rows::guest(&mut self.rows, id)?.is_none(), "an erased guest has no key and no salts");
        self.meta.last_erasure = self.at.index;
        let mut erased = Booking::clone(&old);
        erased.guest = Sealed::default();
        erased.guest_erased = true;
        let booking = self.store_booking(&property, &old, erased, LeafKind::Erase)?;
        Ok((JournalEvent::GuestErased, Reply::Booking(booking)))
    }

    /// Stores the guest's key wrapped by another key of the keyring. Callers see no change.
    pub(super) fn rewrap_guest(&mut self, id: BookingId, from: &[u8], to: &[u8]) -> Decision<(JournalEvent, Reply)> {
        if let Some(secrets) = rows::guest(&mut self.rows, id)?.filter(|secrets| secrets.wrapped_key == from).cloned() {
            let mut secrets = Arc::unwrap_or_clone(secrets);
            secrets.wrapped_key = to.to_vec();
            self.rows.put(Key::Guest(id), Row::Guest(Arc::new(secrets)));
            // The old wrapping must also disappear from log and snapshots: the old keyring key could still open it.
            self.meta.last_erasure = self.at.index;
        }
        Ok((JournalEvent::Nothing, Reply::Done))
    }
}
