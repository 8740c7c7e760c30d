//! Takes, amends, cancels and reads bookings.

use keyrack_cluster::Placement;
use keyrack_inventory::{BookRequest, Booking, BookingId, Disclosure, LeafSeeds, Op, Reply, Right};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::draw;
use super::mutation::{Done, Mutation};
use super::receipts::Claims;
use super::rows::{booking_with_key, no_such_booking};
use super::state::Service;
use super::submit::unexpected_reply;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, answers, fields, requests};
use crate::guests::SealedGuest;

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
}

impl Step {
    /// The operation that takes this step.
    fn operation(self) -> Operation {
        match self {
            Step::Cancel => Operation::Cancel,
            Step::CheckIn => Operation::CheckIn,
            Step::CheckOut => Operation::CheckOut,
            Step::NoShow => Operation::NoShow,
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
        let rooms = requests::rooms(std::mem::take(&mut request.rooms))?;
        let guest = request.guest.map(fields::guest).transpose()?;
        let (now, random) = draw::for_new_id()?;
        let id = BookingId::new(place.number, now, random);
        let SealedGuest { sealed, seeds, claims } = self.seal(id, guest.as_ref())?;
        let book = BookRequest {
            id,
            stay,
            rooms,
            guest: sealed,
            channel_ref: fields::identifier("channelRef", &request.channel_ref)?,
            payment_token: fields::payment_token(&request.payment.unwrap_or_default().token)?,
            seeds: seeds.clone(),
            number: Some(draw::confirmation_number()?),
        };
        let done = self.submit(&mutation, &place, key, Op::Book(book)).await?;
        self.booking_answer(&mutation, &place, done, Some((guest, seeds, claims))).await
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
        let rooms = if request.rooms.is_empty() { None } else { Some(requests::rooms(std::mem::take(&mut request.rooms))?) };
        let guest = request.guest.take().map(fields::guest).transpose()?;
        if arrival.is_none() && departure.is_none() && rooms.is_none() && guest.is_none() {
            return Err(Problem::new(Detail::AmendmentEmpty));
        }
        let SealedGuest { sealed, seeds, .. } = self.seal(booking, guest.as_ref())?;
        let sealed = guest.is_some().then_some(sealed);
        let expected_revision = request.expected_revision;
        let op = Op::Amend { booking, arrival, departure, rooms, guest: sealed, seeds, expected_revision };
        let done = self.submit(&mutation, &place, key, op).await?;
        self.booking_answer(&mutation, &place, done, None).await
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
        let expected_revision = request.expected_revision;
        let (name, op) = match step {
            Step::Cancel => ("cancel", Op::Cancel { booking, expected_revision }),
            Step::CheckIn => ("check-in", Op::CheckIn { booking, expected_revision }),
            Step::CheckOut => ("check-out", Op::CheckOut { booking, expected_revision }),
            Step::NoShow => ("no-show", Op::NoShow { booking, expected_revision }),
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
        let read = self.view((caller, Right::ReadBookings), &place, options, |view, scope| {
            Ok(booking_with_key(view, id)?.filter(|(booking, _)| scope.sees(booking.seller, Some(id))))
        });
        let (found, as_of) = read.await?;
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
    pub(super) fn guest_for(&self, caller: &Caller, booking: &Booking, key: Option<&[u8]>) -> Option<v1::Guest> {
        if caller.role().sees_guests() { self.inner.vault.open_guest(booking, key) } else { None }
    }

    /// Encrypts the guest of a booking for a command.
    pub(super) fn seal(&self, booking: BookingId, guest: Option<&v1::Guest>) -> Result<SealedGuest, Problem> {
        self.inner.vault.seal(booking, guest).map_err(draw::no_randomness)
    }
}

/// A new booking's guest as sent, the seeds of its leaf, and the guest's claims.
type Given = (Option<v1::Guest>, LeafSeeds, Vec<Disclosure>);
