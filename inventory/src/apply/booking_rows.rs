//! The rows of a booking: find them, create them, change them. Each change has its leaf.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::pricing::PricedRooms;
use super::shard::{Rules, Shard, check_revision};
use super::stop::Decision;
use super::watched_rows::WatchedRows;
use crate::fees::fee_of_all;
use crate::rows;
use crate::{
    Booking, BookingId, BookingState, ConfirmationNumber, Fault, FeeKind, FeeLedger, GuestSecrets, Key, LeafKind, LeafSeeds,
    Lookup, MAX_LOOKUPS, Night, Property, PropertyNumber, Read, Reject, Row, Rows, Sealed, Stay,
};

/// The parts of a new booking other than nights and rooms.
pub(super) struct NewBooking<'c> {
    pub id: BookingId,
    pub guest: &'c Sealed,
    pub channel_ref: &'c str,
    pub payment_token: &'c str,
    pub seeds: &'c LeafSeeds,
    pub number: Option<ConfirmationNumber>,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Finds a booking of this property that the caller may see.
    pub(super) fn find_booking(&mut self, id: BookingId, expected: Option<u32>) -> Decision<Arc<Booking>> {
        if id.property() != self.property {
            return Err(Reject::NotFound.into());
        }
        let booking = rows::booking(&mut self.rows, id)?.filter(|booking| self.scope.sees(booking.seller, Some(id)));
        let Some(booking) = booking.cloned() else {
            return Err(Reject::NotFound.into());
        };
        check_revision(expected, booking.revision)?;
        Ok(booking)
    }

    /// See [`Shard::check_new`].
    pub(super) fn check_new_booking(&mut self, id: BookingId) -> Decision<()> {
        self.check_new(id.property(), |rows| rows::booking(rows, id).map(|booking| booking.is_some()))
    }

    /// Checks that a new booking or hold has an id of this property that nothing has. The edge draws ids, so only a hostile node sends
    /// another: it could overwrite a booking, or leave a deadline without its hold, which stops every replica.
    pub(super) fn check_new(
        &mut self,
        of: PropertyNumber,
        exists: impl FnOnce(&mut WatchedRows<'_, R>) -> Result<bool, Fault>,
    ) -> Decision<()> {
        if self.at.rules >= Rules::BOUNDED && (of != self.property || exists(&mut self.rows)?) {
            return Err(Reject::NotFound.into());
        }
        Ok(())
    }

    /// Refuses a reference for which the seller has made a booking already, whatever became of it.
    pub(super) fn check_reference(&mut self, reference: &str) -> Decision<()> {
        if self.at.rules < Rules::HOTEL || reference.is_empty() {
            return Ok(());
        }
        let [from, to] = [[0; 16], [0xff; 16]].map(|id| Key::channel_ref(self.property, reference, BookingId(id)));
        for key in self.rows.scan(&from, &to, usize::MAX)? {
            let Key::ChannelRef(_, _, id) = key else { continue };
            let is_first = |booking: &&Arc<Booking>| booking.seller == self.seller && booking.channel_ref == reference;
            if rows::booking(&mut self.rows, id)?.filter(is_first).is_some() {
                return Err(Reject::DuplicateReference(id).into());
            }
        }
        Ok(())
    }

    /// Charges the fee for giving the whole booking up on `today`.
    pub(super) fn charge_all(&self, booking: &mut Booking, today: Night, kind: FeeKind) {
        if self.at.rules < Rules::HOTEL {
            booking.cancellation_fee = (kind == FeeKind::Cancelled).then(|| booking.first_fee_on(today));
            return;
        }
        let fee = fee_of_all(&booking.rooms, today, booking.stay);
        booking.fees.post(today, kind, fee as i128);
        booking.fees.given_up_on = Some(today);
        booking.cancellation_fee = Some(booking.fees.total());
    }

    /// Writes a new booking, its index entries and its first leaf.
    pub(super) fn open_booking(
        &mut self,
        property: &Property,
        stay: Stay,
        priced: PricedRooms,
        new: NewBooking<'_>,
    ) -> Result<Arc<Booking>, Fault> {
        let NewBooking { id, guest, channel_ref, payment_token, seeds, number } = new;
        let wrapped_key = guest.wrapped_key.clone();
        let lookups = seeds.lookups.clone();
        let secrets = Arc::new(GuestSecrets { wrapped_key, digests: seeds.guest.clone(), salts: seeds.salts, lookups });
        let mut booking = Booking {
            id,
            number,
            state: BookingState::Confirmed,
            revision: 1,
            stay,
            rooms: priced.rooms,
            currency: priced.currency,
            guest: without_key(guest),
            guest_erased: false,
            seller: self.seller,
            channel_ref: String::from(channel_ref),
            payment_token: String::from(payment_token),
            created_at_ms: self.meta.last_at_ms,
            updated_at_ms: self.meta.last_at_ms,
            cancellation_fee: None,
            fees: FeeLedger::default(),
            checked_in_on: None,
            moved_at_ms: 0,
            leaf: None,
            line: (self.at.rules >= Rules::BOOKING_HAS_LINE).then_some(self.meta.next_sequence),
        };
        self.append_leaf(property, &mut booking, LeafKind::Book, Some(&secrets), true)?;
        self.index_guest(id, &[], &secrets.lookups);
        self.rows.put(Key::Guest(id), Row::Guest(secrets));
        if self.at.rules >= Rules::HOTEL {
            self.rows.put(Key::Number(booking.confirmation_number().0, id), Row::Present);
        }
        self.rows.put(Key::Arrival(self.property, stay.arrival(), id), Row::Present);
        if !channel_ref.is_empty() {
            self.rows.put(Key::channel_ref(self.property, channel_ref, id), Row::Present);
        }
        self.ledger.booking(self.property, None, &booking);
        let booking = Arc::new(booking);
        self.rows.put(Key::Booking(id), Row::Booking(booking.clone()));
        Ok(booking)
    }

    /// Writes a changed booking with its next revision, and its leaf.
    pub(super) fn store_booking(
        &mut self,
        property: &Property,
        old: &Booking,
        mut booking: Booking,
        kind: LeafKind,
    ) -> Result<Arc<Booking>, Fault> {
        booking.revision += 1;
        booking.updated_at_ms = self.meta.last_at_ms;
        let secrets = rows::guest(&mut self.rows, booking.id)?.cloned();
        let leaf = self.meta.next_leaf;
        let is_new_guest = old.guest != booking.guest;
        if booking.stay.arrival() != old.stay.arrival() {
            self.rows.delete(&Key::Arrival(self.property, old.stay.arrival(), booking.id));
            self.rows.put(Key::Arrival(self.property, booking.stay.arrival(), booking.id), Row::Present);
        }
        self.append_leaf(property, &mut booking, kind, secrets.as_deref(), is_new_guest)?;
        assert_eq!(booking.leaf, Some(leaf), "every change of a booking appends a leaf");
        assert_follows(old, &booking);
        self.ledger.booking(self.property, Some(old), &booking);
        let booking = Arc::new(booking);
        self.rows.put(Key::Booking(booking.id), Row::Booking(booking.clone()));
        Ok(booking)
    }
}

/// Asserts the invariants between a booking and its next revision.
fn assert_follows(old: &Booking, new: &Booking) {
    assert_eq!(new.revision, old.revision + 1, "every change increments the revision by one");
    let kept = |booking: &Booking| (booking.id, booking.number, booking.seller, booking.created_at_ms, booking.line);
    assert_eq!(kept(new), kept(old), "a booking keeps its id, number, seller, creation time and first line");
    let lines = |booking: &Booking| booking.rooms.iter().all(|room| room.nights != Some(booking.stay));
    assert!(lines(new), "rooms of the whole stay do not name its nights");
    let moved = old.state != new.state;
    assert!(!moved || old.state.leads_to(new.state), "a booking cannot go from {:?} to {:?}", old.state, new.state);
    let shorter = matches!(new.state, BookingState::CheckedOut | BookingState::Confirmed);
    assert!(
        !moved || shorter || old.stay == new.stay,
        "only an early departure and a reinstatement change nights with the state"
    );
    assert!(!moved || old.stay.common(new.stay) == Some(new.stay), "a change of state adds no night");
    let cancelled = moved && new.state == BookingState::Cancelled;
    assert!(!cancelled || new.cancellation_fee.is_some(), "a cancelled booking has a cancellation fee");
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Replaces the index entries of a guest.
    pub(super) fn index_guest(&mut self, id: BookingId, old: &[Lookup], new: &[Lookup]) {
        for lookup in old {
            self.rows.delete(&Key::Lookup(id.property(), *lookup, id));
        }
        for lookup in new.iter().take(MAX_LOOKUPS) {
            self.rows.put(Key::Lookup(id.property(), *lookup, id), Row::Present);
        }
    }
}

/// The wrapped key is stored apart from the ciphertext that it opens.
pub(super) fn without_key(guest: &Sealed) -> Sealed {
    Sealed { ciphertext: guest.ciphertext.clone(), wrapped_key: Vec::new() }
}
