//! Erasing a guest: this destroys the key and the salts, so that the data can no longer be read, and removes what is in clear from
//! the booking and from the journal. The booking stays. [`Booking::without_guest`] lists what goes and what stays.

use alloc::sync::Arc;

use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::rows;
use crate::{Booking, BookingId, Fault, JournalEvent, Key, LeafKind, Lookup, Read, Reply, Row, Rows, Sealed};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn erase_guest(&mut self, id: BookingId) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let old = self.find_booking(id, None)?;
        if old.guest_erased {
            return Ok((JournalEvent::Nothing, Reply::Booking(old)));
        }
        let lookups = rows::guest(&mut self.rows, id)?.map(|secrets| secrets.lookups.clone()).unwrap_or_default();
        self.index_guest(id, &lookups, &[]);
        self.rows.delete(&Key::Guest(id));
        assert!(rows::guest(&mut self.rows, id)?.is_none(), "an erased guest has no key and no salts");
        self.meta.last_erasure = self.at.index;
        let erased = if self.at.rules >= Rules::BOUNDED {
            if !old.channel_ref.is_empty() {
                self.rows.delete(&Key::channel_ref(self.property, &old.channel_ref, id));
            }
            self.erase_lines(id, old.line)?;
            Booking::clone(&old).without_guest()
        } else {
            Booking { guest: Sealed::default(), guest_erased: true, ..Booking::clone(&old) }
        };
        let booking = self.store_booking(&property, &old, erased, LeafKind::Erase)?;
        Ok((JournalEvent::GuestErased, Reply::Booking(booking)))
    }

    /// Removes what is about the guest from the journal lines with the booking. Lines of versions without [`Key::BookingLine`] keep
    /// it.
    fn erase_lines(&mut self, id: BookingId, first: Option<u64>) -> Result<(), Fault> {
        let later = self.rows.scan(&Key::BookingLine(id, 0), &Key::BookingLine(id, u64::MAX), usize::MAX)?;
        let later = later.into_iter().filter_map(|key| if let Key::BookingLine(_, line) = key { Some(line) } else { None });
        for sequence in first.into_iter().chain(later) {
            let Some(mut entry) = rows::journal(&mut self.rows, sequence)?.cloned() else { continue };
            if let Reply::Booking(booking) = &entry.reply
                && booking.id == id
            {
                entry.reply = Reply::Booking(Arc::new(Booking::clone(booking).without_guest()));
                self.rows.rewrite_line(sequence, entry);
            }
        }
        Ok(())
    }

    /// Stores the guest's key wrapped by another key of the keyring. Callers see no change.
    pub(super) fn rewrap_guest(
        &mut self,
        id: BookingId,
        (from, to): (&[u8], &[u8]),
        lookups: &[Lookup],
    ) -> Decision<(JournalEvent, Reply)> {
        if let Some(secrets) = rows::guest(&mut self.rows, id)?.filter(|secrets| secrets.wrapped_key == from).cloned() {
            let mut secrets = Arc::unwrap_or_clone(secrets);
            secrets.wrapped_key = to.to_vec();
            if !lookups.is_empty() {
                self.index_guest(id, &secrets.lookups, lookups);
                secrets.lookups = lookups.to_vec();
            }
            self.rows.put(Key::Guest(id), Row::Guest(Arc::new(secrets)));
            if from != to {
                // The old wrapping must also disappear from log and snapshots: the old keyring key could still open it.
                self.meta.last_erasure = self.at.index;
            }
        }
        Ok((JournalEvent::Nothing, Reply::Done))
    }
}
