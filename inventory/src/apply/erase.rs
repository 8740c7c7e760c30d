//! Erasing a guest: what protects the data is destroyed, and with it the data; the booking stays.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::Decision;
use crate::rows;
use crate::{Booking, BookingId, Happened, Key, LeafKind, Reply, Row, Rows, Sealed};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn erase_guest(&mut self, id: BookingId) -> Decision<(Happened, Reply)> {
        let property = self.property_row()?;
        let old = self.find_booking(id, None)?;
        if old.guest_erased {
            return Ok((Happened::Nothing, Reply::Booking(old)));
        }
        self.rows.delete(&Key::Guest(id));
        assert!(rows::guest(&mut self.rows, id)?.is_none(), "nothing is left that opens an erased guest's data");
        self.meta.last_erasure = self.at.index;
        let mut erased = Booking::clone(&old);
        erased.guest = Sealed::default();
        erased.guest_erased = true;
        let booking = self.store_booking(&property, &old, erased, LeafKind::Erase)?;
        Ok((Happened::GuestErased, Reply::Booking(booking)))
    }

    /// Another key of the keyring wraps the same guest's key. Nothing that anybody sees changes.
    pub(super) fn rewrap_guest(&mut self, id: BookingId, from: &[u8], to: &[u8]) -> Decision<(Happened, Reply)> {
        if let Some(secrets) = rows::guest(&mut self.rows, id)?.filter(|secrets| secrets.wrapped_key == from).cloned() {
            let mut secrets = Arc::unwrap_or_clone(secrets);
            secrets.wrapped_key = to.to_vec();
            self.rows.put(Key::Guest(id), Row::Guest(Arc::new(secrets)));
            // The older wrapping is to go from log and snapshots too: whoever has the old key could open it.
            self.meta.last_erasure = self.at.index;
        }
        Ok((Happened::Nothing, Reply::Done))
    }
}
