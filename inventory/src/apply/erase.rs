//! Erasing a guest: what protects the data is destroyed, and with it the data; the booking stays.

use super::{Decision, Shard, decided};
use crate::{Booking, BookingId, Happened, Key, LeafKind, Reply, Rows, Sealed};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn erase_guest(&mut self, id: BookingId) -> Decision<(Happened, Reply)> {
        let property = decided!(self.property_row());
        let old = decided!(self.find_booking(id, None));
        if old.guest_erased {
            return Ok(Ok((Happened::Nothing, Reply::Booking(old))));
        }
        self.rows.delete(&Key::Guest(id));
        self.meta.last_erasure = self.at.index;
        let mut erased = Booking::clone(&old);
        erased.guest = Sealed::default();
        erased.guest_erased = true;
        let booking = self.store_booking(&property, erased, LeafKind::Erase)?;
        Ok(Ok((Happened::GuestErased, Reply::Booking(booking))))
    }
}
