//! Bookings: taken, changed, looked up.

use std::sync::Arc;

use keyrack_cluster::Placement;
use keyrack_inventory::{
    BookRequest, Booking, BookingId, BookingState, Disclosure, Fault, Key, LeafSeeds, Night, Op, Read, Reply, Right, Row,
};
use keyrack_proto::v1;

use super::cursor::{invalid_cursor, list_cursor, read_list_cursor};
use super::receipts::Claims;
use super::{Done, Edge, Mutation, ReadOptions, draw, strange};
use crate::access::Caller;
use crate::answers;
use crate::guests::SealedGuest;
use crate::problem::{Code, Problem};
use crate::requests;

/// A step of a booking's life that needs nothing but the booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Give it up.
    Cancel,
    /// The guest is here.
    CheckIn,
    /// The guest has left.
    CheckOut,
    /// The guest never came.
    NoShow,
}

/// The most bookings in one page of a list, and the most index entries looked at for it.
const MAX_LIMIT: usize = 500;
const MAX_LOOKED_AT: usize = 5_000;

impl Edge {
    /// Takes a booking.
    pub async fn book(&self, mutation: Mutation, mut request: v1::BookRequest) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Right::Sell, Some(&request.property_id))?;
        let stay = requests::stay(&request.arrival, &request.departure)?;
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "book", &request)?;
        let rooms = requests::rooms(std::mem::take(&mut request.rooms))?;
        let guest = requests::guest(request.guest)?;
        let SealedGuest { sealed, seeds, claims } = self.seal(guest.as_ref())?;
        let (now, random) = draw()?;
        let book = BookRequest {
            id: BookingId::new(place.number, now, random),
            stay,
            rooms,
            guest: sealed,
            channel_ref: requests::text("channelRef", &request.channel_ref)?,
            payment_token: requests::text("payment.token", &request.payment.unwrap_or_default().token)?,
            seeds: seeds.clone(),
        };
        let done = self.submit(&mutation, &place, key, Op::Book(book)).await?;
        self.booking_answer(&mutation, &place, done, Some((guest, seeds, claims))).await
    }

    /// Changes a booking.
    pub async fn amend(&self, mutation: Mutation, mut request: v1::AmendRequest) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Right::Sell, None)?;
        let booking = requests::booking_id(&request.booking_id)?;
        let place = self.place_of(&mutation.caller, booking.0, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "amend", &request)?;
        let night = |name, text: &Option<String>| text.as_deref().map(|text| requests::date(name, text)).transpose();
        let (arrival, departure) = (night("arrival", &request.arrival)?, night("departure", &request.departure)?);
        if let (Some(arrival), Some(departure)) = (&request.arrival, &request.departure) {
            requests::stay(arrival, departure)?;
        }
        let rooms = if request.rooms.is_empty() { None } else { Some(requests::rooms(std::mem::take(&mut request.rooms))?) };
        let guest = requests::guest(request.guest.take())?;
        if arrival.is_none() && departure.is_none() && rooms.is_none() && guest.is_none() {
            return Err(Problem::field("arrival", "an amendment changes arrival, departure, rooms or guest"));
        }
        let SealedGuest { sealed, seeds, .. } = self.seal(guest.as_ref())?;
        let sealed = guest.is_some().then_some(sealed);
        let expected_revision = request.expected_revision;
        let op = Op::Amend { booking, arrival, departure, rooms, guest: sealed, seeds, expected_revision };
        let done = self.submit(&mutation, &place, key, op).await?;
        self.booking_answer(&mutation, &place, done, None).await
    }

    /// Takes a booking one step on.
    pub async fn step(
        &self,
        mutation: Mutation,
        step: Step,
        mut request: v1::BookingStepRequest,
    ) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        let right = if step == Step::Cancel { Right::Cancel } else { Right::RunDesk };
        mutation.caller.check(right, None)?;
        let booking = requests::booking_id(&request.booking_id)?;
        let place = self.place_of(&mutation.caller, booking.0, mutation.deadline).await?;
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

    /// Looks a booking up.
    pub async fn booking(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Booking, Problem> {
        caller.check(Right::ReadBookings, None)?;
        let id = requests::booking_id(id)?;
        let place = self.place_of(caller, id.0, options.deadline).await?;
        let asked = (caller, Right::ReadBookings);
        let (found, as_of) = self
            .view(asked, &place, options, |view, scope| {
                Ok(with_key(view, id)?.filter(|(booking, _)| scope.sees(booking.seller, Some(id))))
            })
            .await?;
        let (booking, key) = found.ok_or_else(|| Problem::new(Code::NotFound, "there is no such booking"))?;
        let mut answer = answers::booking(&place.id, &booking, self.guest_for(caller, &booking, key.as_deref()));
        answer.as_of = Some(answers::as_of(as_of));
        Ok(answer)
    }

    /// A page of a property's bookings, by arrival.
    pub async fn bookings(
        &self,
        caller: &Caller,
        query: v1::ListBookingsRequest,
        options: ReadOptions,
    ) -> Result<v1::BookingList, Problem> {
        caller.check(Right::ReadBookings, Some(&query.property_id))?;
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let filter = Filter::new(&query)?;
        let number = place.number;
        let limit = if query.limit == 0 { 100 } else { (query.limit as usize).min(MAX_LIMIT) };
        let (start, to) = (filter.start(number), filter.end(number));
        let cursor = match query.cursor.as_str() {
            "" => None,
            hidden => read_list_cursor(&self.inner.vault.reveal(hidden).ok_or_else(invalid_cursor)?)?,
        };
        let from = match cursor {
            None => start,
            // A cursor names a key: one outside this list would show another property's bookings.
            Some(next) if next >= start && next < to => next,
            Some(_) => return Err(invalid_cursor()),
        };
        let (page, as_of) = self
            .view((caller, Right::ReadBookings), &place, options, |view, scope| {
                let keys = view.scan(&from, &to, MAX_LOOKED_AT + 1)?;
                let more_to_look_at = keys.len() > MAX_LOOKED_AT;
                let mut found = Vec::new();
                for key in keys.iter().take(MAX_LOOKED_AT) {
                    if found.len() == limit {
                        return Ok((found, Some(*key)));
                    }
                    let (Key::Arrival(_, _, id) | Key::ChannelRef(_, _, id)) = key else { continue };
                    if let Some((booking, key)) = with_key(view, *id)?
                        && filter.fits(&booking)
                        && scope.sees(booking.seller, Some(booking.id))
                    {
                        found.push((booking, key));
                    }
                }
                Ok((found, keys.last().copied().filter(|_| more_to_look_at)))
            })
            .await?;
        let (found, next) = page;
        let shown =
            |(booking, key): &Found| answers::booking(&place.id, booking, self.guest_for(caller, booking, key.as_deref()));
        let items = found.iter().map(shown).collect();
        Ok(v1::BookingList {
            items,
            next_cursor: next.map(|key| self.inner.vault.hide(&list_cursor(&key))),
            as_of: Some(answers::as_of(as_of)),
        })
    }

    pub(super) async fn find_booking(
        &self,
        caller: &Caller,
        id: BookingId,
        place: &Placement,
        options: ReadOptions,
    ) -> Result<(Arc<Booking>, keyrack_cluster::AsOf), Problem> {
        let asked = (caller, Right::ReadBookings);
        let read = self.view(asked, place, options, |view, scope| {
            Ok(match view.get(&Key::Booking(id))? {
                Some(Row::Booking(booking)) if scope.sees(booking.seller, Some(id)) => Some(booking.clone()),
                _ => None,
            })
        });
        let (booking, as_of) = read.await?;
        let booking = booking.ok_or_else(|| Problem::new(Code::NotFound, "there is no such booking"))?;
        Ok((booking, as_of))
    }

    /// The answer to a mutation of a booking, with its receipt. `given` is what the caller of a new booking just
    /// sent: opening the sealed guest gives the same, but costs two decryptions.
    pub(super) async fn booking_answer(
        &self,
        mutation: &Mutation,
        place: &Placement,
        done: Done<Reply>,
        given: Option<Given>,
    ) -> Result<Done<v1::Booking>, Problem> {
        let Reply::Booking(booking) = &done.value else { return Err(strange()) };
        let created = given.is_some();
        let (guest, claims) = match given {
            Some((guest, seeds, mut claims)) if !done.replayed => {
                claims.extend(seeds.salts.claims(booking));
                (guest, Claims::Known(claims))
            }
            _ => (self.inner.vault.open_guest(&booking.guest, done.guest_key.as_deref()), Claims::Stored),
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

    fn guest_for(&self, caller: &Caller, booking: &Booking, key: Option<&[u8]>) -> Option<v1::Guest> {
        if caller.role().sees_guests() { self.inner.vault.open_guest(&booking.guest, key) } else { None }
    }

    pub(super) fn seal(&self, guest: Option<&v1::Guest>) -> Result<SealedGuest, Problem> {
        self.inner.vault.seal(guest).map_err(|cause| {
            tracing::error!(%cause, "no randomness from the operating system");
            Problem::new(Code::Internal, "this node has no source of randomness")
        })
    }
}

/// A new booking's guest as it was sent, and what its leaf was made with.
pub(super) type Given = (Option<v1::Guest>, LeafSeeds, Vec<Disclosure>);

/// A booking, and the wrapped key of its guest.
type Found = (Arc<Booking>, Option<Vec<u8>>);

fn with_key(view: &mut keyrack_cluster::View<'_>, id: BookingId) -> Result<Option<Found>, Fault> {
    let booking = match view.get(&Key::Booking(id))? {
        Some(Row::Booking(booking)) => booking.clone(),
        _ => return Ok(None),
    };
    let key = match view.get(&Key::Guest(id))? {
        Some(Row::Guest(secrets)) => Some(secrets.wrapped_key.clone()),
        _ => None,
    };
    Ok(Some((booking, key)))
}

struct Filter {
    from: Night,
    /// Not included.
    to: Night,
    state: Option<BookingState>,
    channel_ref: Option<String>,
}

impl Filter {
    fn new(query: &v1::ListBookingsRequest) -> Result<Filter, Problem> {
        let bound = |name, text: &str, default| if text.is_empty() { Ok(default) } else { requests::date(name, text) };
        let state = match query.state.as_str() {
            "" => None,
            "confirmed" => Some(BookingState::Confirmed),
            "checked_in" => Some(BookingState::CheckedIn),
            "checked_out" => Some(BookingState::CheckedOut),
            "cancelled" => Some(BookingState::Cancelled),
            "no_show" => Some(BookingState::NoShow),
            _ => return Err(Problem::field("state", "confirmed, checked_in, checked_out, cancelled or no_show")),
        };
        let channel_ref = Some(query.channel_ref.clone()).filter(|reference| !reference.is_empty());
        let to = bound("arrivalTo", &query.arrival_to, Night::LAST)?.next();
        Ok(Filter { from: bound("arrivalFrom", &query.arrival_from, Night(0))?, to, state, channel_ref })
    }

    /// Arrivals are inclusive at both ends. A seller's reference has an index of its own.
    fn start(&self, number: keyrack_inventory::PropertyNumber) -> Key {
        let least = BookingId([0; 16]);
        match &self.channel_ref {
            Some(reference) => Key::channel_ref(number, reference, least),
            None => Key::Arrival(number, self.from, least),
        }
    }

    fn end(&self, number: keyrack_inventory::PropertyNumber) -> Key {
        match &self.channel_ref {
            Some(reference) => Key::channel_ref(number, reference, BookingId([0xff; 16])),
            None => Key::Arrival(number, self.to, BookingId([0; 16])),
        }
    }

    fn fits(&self, booking: &Booking) -> bool {
        let arrival = booking.stay.arrival();
        arrival >= self.from
            && arrival < self.to
            && self.state.is_none_or(|state| state == booking.state)
            && self.channel_ref.as_ref().is_none_or(|reference| *reference == booking.channel_ref)
    }
}
