//! Takes, amends, cancels and reads bookings.

use keyrack_cluster::{Placement, View};
use std::sync::Arc;

use keyrack_inventory::{
    BookRequest, Booking, BookingId, Currency, Disclosure, LeafSeeds, Op, Price, Property, Reply, Right, Sealed, ShortCode,
};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::draw;
use super::mutation::{Done, Mutation};
use super::preconditions::Revised;
use super::quotes;
use super::receipts::Claims;
use super::rows::{no_such_booking, seen_booking};
use super::state::Service;
use super::submit::unexpected_reply;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::fields::{NOTE_INTERNAL, NoteWriter};
use crate::convert::requests::Adults;
use crate::convert::{Problem, answers, fields, requests};
use crate::guests::{GuestData, SealedGuest};

/// How often an amendment of a guest is tried, if other amendments come between.
const GUEST_ATTEMPTS: u32 = 5;

/// A change of a booking's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Cancel the booking.
    Cancel,
    /// Check the guest in.
    CheckIn,
    /// Check the guest out.
    CheckOut,
    /// Mark the booking as a no-show.
    NoShow,
    /// Undo a check-in.
    RevertCheckIn,
    /// Confirm a cancelled booking or a no-show again.
    Reinstate,
}

impl Step {
    /// The operation that takes this step.
    fn operation(self) -> Operation {
        match self {
            Step::Cancel => Operation::Cancel,
            Step::CheckIn => Operation::CheckIn,
            Step::CheckOut => Operation::CheckOut,
            Step::NoShow => Operation::NoShow,
            Step::RevertCheckIn => Operation::RevertCheckIn,
            Step::Reinstate => Operation::Reinstate,
        }
    }
}

impl Service {
    /// Takes a booking.
    pub async fn book(&self, mutation: Mutation, mut request: v1::BookRequest) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::Book, Some(&request.property_id))?;
        let stay = requests::stay(&request.arrival, &request.departure)?;
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "book", &request)?;
        let currencies = self.plan_currencies(&mutation, &place, &request.rooms).await?;
        let expected_total = expected_total(&request)?;
        let rooms = requests::rooms(std::mem::take(&mut request.rooms), Adults::Named, |plan| currencies.of(plan))?;
        let guest = fields::guest(request.guest, request.notes, mutation.caller.note_writer())?;
        let (now, random) = draw::for_new_id()?;
        let id = BookingId::new(place.number, now, random);
        let SealedGuest { sealed, seeds, claims } = self.seal(id, Some(&guest))?;
        let book = BookRequest {
            id,
            stay,
            rooms,
            guest: sealed,
            channel_ref: fields::reference("channelRef", &request.channel_ref)?,
            payment_token: fields::payment_token(&request.payment.unwrap_or_default().token)?,
            seeds: seeds.clone(),
            number: Some(draw::confirmation_number()?),
            expected_total,
            override_reason: fields::override_reason(request.r#override)?,
        };
        let done = self.submit(&mutation, &place, key, Op::Book(book)).await?;
        self.booking_answer(&mutation, &place, done, Some((Some(guest), seeds, claims))).await
    }

    /// Amends a booking.
    pub async fn amend(&self, mutation: Mutation, mut request: v1::AmendRequest) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::Amend, None)?;
        let booking = requests::booking_id(&request.booking_id)?;
        let place = self.place_of(&mutation.caller, booking, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "amend", &request)?;
        let night = |name, text: &Option<String>| text.as_deref().map(|text| requests::date(name, text)).transpose();
        let (arrival, departure) = (night("arrival", &request.arrival)?, night("departure", &request.departure)?);
        if let (Some(arrival), Some(departure)) = (&request.arrival, &request.departure) {
            requests::stay(arrival, departure)?;
        }
        let asked = std::mem::take(&mut request.rooms);
        let currencies = self.plan_currencies(&mutation, &place, &asked).await?;
        let rooms = match asked.as_slice() {
            [] => None,
            _ => Some(requests::rooms(asked, Adults::Named, |plan| currencies.of(plan))?),
        };
        let changes_guest = request.guest.is_some() || request.notes.is_some();
        if arrival.is_none() && departure.is_none() && rooms.is_none() && !changes_guest {
            return Err(Problem::new(Detail::AmendmentEmpty));
        }
        let override_reason = fields::override_reason(request.r#override.take())?;
        let expected_revision = self.expected(&mutation, &place, Revised::Booking(booking), request.expected_revision).await?;
        let mut attempts = 0;
        loop {
            let (guest, guest_of, seeds) = match changes_guest {
                true => self.changed_guest(&mutation, &place, booking, &request).await?,
                false => (None, None, self.seal(booking, None)?.seeds),
            };
            let op = Op::Amend {
                booking,
                arrival,
                departure,
                rooms: rooms.clone(),
                guest,
                guest_of,
                seeds,
                expected_revision,
                override_reason: override_reason.clone(),
            };
            attempts += 1;
            match self.submit(&mutation, &place, key.clone(), op).await {
                Err(problem) if matches!(*problem.detail, Detail::GuestChanged) && attempts < GUEST_ATTEMPTS => {}
                done => return self.booking_answer(&mutation, &place, done?, None).await,
            }
        }
    }

    /// The present guest of a booking with the request's changes, encrypted, and the revision that it continues. What is absent stays.
    async fn changed_guest(
        &self,
        mutation: &Mutation,
        place: &Placement,
        id: BookingId,
        request: &v1::AmendRequest,
    ) -> Result<(Option<Sealed>, Option<u32>, LeafSeeds), Problem> {
        let options = ReadOptions::linearizable(mutation.deadline);
        let seen = |view: &mut View<'_>, scope| seen_booking(view, scope, id);
        let read = self.view((&mutation.caller, Right::ReadBookings), place, options, seen);
        let (booking, key) = read.await?.0.ok_or_else(|| no_such_booking(id))?;
        let mut data = match self.inner.vault.open_guest(&booking, key.as_deref()) {
            Some(data) => data,
            None if booking.guest_erased || booking.guest.ciphertext.is_empty() => GuestData::default(),
            // The fields that the request does not name would be lost.
            None => return Err(Problem::new(Detail::GuestUnreadable)),
        };
        if let Some(change) = request.guest.clone() {
            fields::change_guest(&mut data, change)?;
            // After an erasure a booking gets another guest, who has a name.
            if booking.guest_erased {
                fields::shown_name("guest.name", &data.name)?;
            }
        }
        if let Some(list) = request.notes.clone() {
            let writer = mutation.caller.note_writer();
            let notes = fields::notes(list.items, writer)?;
            // A seller does not see internal notes, so it does not replace them.
            data.notes.retain(|note| writer == NoteWriter::Seller && note.kind == NOTE_INTERNAL);
            data.notes.extend(notes);
        }
        let SealedGuest { sealed, seeds, .. } = self.seal(id, Some(&data))?;
        Ok((Some(sealed), Some(booking.revision), seeds))
    }

    /// The currencies of the requested rate plans, if a seller gives its own prices. A plan's currency never changes once it has rates.
    pub(super) async fn plan_currencies(
        &self,
        mutation: &Mutation,
        place: &Placement,
        rooms: &[v1::RoomRequest],
    ) -> Result<PlanCurrencies, Problem> {
        if rooms.iter().all(|room| room.seller_nightly.is_empty()) {
            return Ok(PlanCurrencies(None));
        }
        let options = ReadOptions::linearizable(mutation.deadline);
        Ok(PlanCurrencies(Some(self.find_property(&mutation.caller, place, options).await?.0)))
    }

    /// Changes a booking's state.
    pub async fn step(
        &self,
        mutation: Mutation,
        step: Step,
        mut request: v1::BookingStepRequest,
    ) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(step.operation(), None)?;
        let booking = requests::booking_id(&request.booking_id)?;
        let place = self.place_of(&mutation.caller, booking, mutation.deadline).await?;
        let expected_revision = self.expected(&mutation, &place, Revised::Booking(booking), request.expected_revision).await?;
        let (name, op) = match step {
            Step::Cancel => ("cancel", Op::Cancel { booking, expected_revision }),
            Step::CheckIn => ("check-in", Op::CheckIn { booking, expected_revision }),
            Step::CheckOut => ("check-out", Op::CheckOut { booking, expected_revision }),
            Step::NoShow => ("no-show", Op::NoShow { booking, expected_revision }),
            Step::RevertCheckIn => ("revert-check-in", Op::RevertCheckIn { booking, expected_revision }),
            Step::Reinstate => ("reinstate", Op::Reinstate { booking, expected_revision }),
        };
        let key = self.request_key(&mutation, &place, name, &request)?;
        let done = self.submit(&mutation, &place, key, op).await?;
        self.booking_answer(&mutation, &place, done, None).await
    }

    /// Reads a booking.
    pub async fn booking(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Booking, Problem> {
        caller.check(Operation::GetBooking, None)?;
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id, options.deadline).await?;
        let seen = |view: &mut View<'_>, scope| seen_booking(view, scope, id);
        let (found, as_of) = self.view((caller, Right::ReadBookings), &place, options, seen).await?;
        let (booking, key) = found.ok_or_else(|| no_such_booking(id))?;
        let mut answer = answers::booking(&place.id, &booking, self.guest_for(caller, &booking, key.as_deref()));
        answer.as_of = Some(answers::as_of(as_of));
        Ok(answer)
    }

    /// The answer to a mutation of a booking, with its receipt. `given` is the guest data from the request for a new booking.
    /// Opening the sealed guest would give the same data and cost two decryptions.
    pub(super) async fn booking_answer(
        &self,
        mutation: &Mutation,
        place: &Placement,
        done: Done<Reply>,
        given: Option<Given>,
    ) -> Result<Done<v1::Booking>, Problem> {
        let Reply::Booking(booking) = &done.value else { return Err(unexpected_reply()) };
        let created = given.is_some();
        let (guest, claims) = match given {
            Some((guest, seeds, mut claims)) if !done.replayed => {
                claims.extend(seeds.salts.claims(booking));
                (guest, Claims::Known(claims))
            }
            _ => (self.inner.vault.open_guest(booking, done.guest_key.as_deref()), Claims::Stored),
        };
        let guest = guest.map(|guest| visible_to(&mutation.caller, guest));
        let mut answer = answers::booking(&place.id, booking, guest);
        let attached = if mutation.wants_receipt {
            self.attach(place, booking, mutation.deadline, claims).await
        } else {
            self.receipt_later(booking)
        };
        (answer.receipt, answer.receipt_url) = (attached.receipt, attached.url);
        Ok(done.with(created, answer))
    }

    /// The guest of a booking, if the caller may see guests.
    pub(super) fn guest_for(&self, caller: &Caller, booking: &Booking, key: Option<&[u8]>) -> Option<GuestData> {
        let guest = if caller.role().sees_guests() { self.inner.vault.open_guest(booking, key) } else { None };
        guest.map(|guest| visible_to(caller, guest))
    }

    /// Encrypts the guest of a booking for a command.
    pub(super) fn seal(&self, booking: BookingId, guest: Option<&GuestData>) -> Result<SealedGuest, Problem> {
        self.inner.vault.seal(booking, guest).map_err(draw::no_randomness)
    }
}

/// A new booking's guest as sent, the seeds of its leaf, and the guest's claims.
type Given = (Option<GuestData>, LeafSeeds, Vec<Disclosure>);

/// The guest with the notes that the caller may see.
fn visible_to(caller: &Caller, mut guest: GuestData) -> GuestData {
    guest.notes.retain(|note| caller.role().is_staff() || note.kind != NOTE_INTERNAL);
    guest
}

/// The currencies of a property's rate plans; unknown if they are not needed.
pub(super) struct PlanCurrencies(Option<Arc<Property>>);

impl PlanCurrencies {
    pub(super) fn of(&self, plan: ShortCode) -> Option<Currency> {
        self.0.as_ref()?.rate_plan(plan).map(|(_, plan)| plan.currency)
    }
}

/// The price that a booking must have: that of its `expectedTotal`, or of its quote for each of the rooms.
fn expected_total(request: &v1::BookRequest) -> Result<Option<Price>, Problem> {
    if let Some(total) = &request.expected_total {
        return fields::price("expectedTotal", total).map(Some);
    }
    if request.quote_id.is_empty() {
        return Ok(None);
    }
    let [room] = request.rooms.as_slice() else { return Err(Problem::new(Detail::QuoteId)) };
    let quoted = quotes::Quoted {
        property: &request.property_id,
        nights: (&request.arrival, &request.departure),
        room_type: &room.room_type,
        rate_plan: &room.rate_plan,
    };
    let one = quoted.price(&request.quote_id).ok_or_else(|| Problem::new(Detail::QuoteId))?;
    Ok(Some(Price { amount: one.amount.saturating_mul(room.quantity.unwrap_or(1).into()), ..one }))
}
