//! Lists a property's bookings by arrival or by the seller's reference.

use keyrack_cluster::View;
use keyrack_inventory::{Booking, BookingId, BookingState, Fault, Key, Night, PropertyNumber, Read, Right, Scope};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::cursor::{invalid_cursor, list_cursor, read_list_cursor};
use super::rows::{KeyedBooking, booking_with_key};
use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, answers, fields, requests};

/// The most bookings in one page, and the most index entries read at once. For a caller that sees only its own bookings all entries
/// of the nights are read, but never more than these at once.
const MAX_LIMIT: usize = 500;
const MAX_SCANNED: usize = 5_000;

impl Service {
    /// A page of a property's bookings, by arrival.
    pub async fn bookings(
        &self,
        caller: &Caller,
        query: v1::ListBookingsRequest,
        options: ReadOptions,
    ) -> Result<v1::BookingList, Problem> {
        caller.check(Operation::ListBookings, Some(&query.property_id))?;
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
            // A cursor contains a key. A key outside this list could show another property's bookings.
            Some(next) if next >= start && next < to => next,
            Some(_) => return Err(invalid_cursor()),
        };
        let (page, as_of) = self
            .view((caller, Right::ReadBookings), &place, options, |view, scope| {
                let sees = |booking: &Booking| filter.fits(booking) && scope.sees(booking.seller, Some(booking.id));
                read_page(view, (from, to), limit, scope, sees)
            })
            .await?;
        let (found, next) = page;
        let shown =
            |(booking, key): &KeyedBooking| answers::booking(&place.id, booking, self.guest_for(caller, booking, key.as_deref()));
        let items = found.iter().map(shown).collect();
        Ok(v1::BookingList {
            items,
            next_cursor: next.map(|key| self.inner.vault.hide(&list_cursor(&key))),
            as_of: Some(answers::as_of(as_of)),
        })
    }
}

/// Reads the bookings of a page. Also returns the key of the next page, which is that of a booking that the caller sees: a cursor
/// must not show that there are bookings of others.
fn read_page(
    view: &mut View<'_>,
    (mut from, to): (Key, Key),
    limit: usize,
    scope: Scope,
    sees: impl Fn(&Booking) -> bool,
) -> Result<(Vec<KeyedBooking>, Option<Key>), Fault> {
    let mut found = Vec::new();
    loop {
        let keys = view.scan(&from, &to, MAX_SCANNED + 1)?;
        for key in keys.iter().take(MAX_SCANNED) {
            let (Key::Arrival(_, _, id) | Key::ChannelRef(_, _, id)) = key else { continue };
            let Some(booking) = booking_with_key(view, *id)?.filter(|(booking, _)| sees(booking)) else { continue };
            if found.len() == limit {
                return Ok((found, Some(*key)));
            }
            found.push(booking);
        }
        match keys.get(MAX_SCANNED) {
            None => return Ok((found, None)),
            // A caller that sees everything learns nothing from a cursor.
            Some(next) if scope == Scope::All => return Ok((found, Some(*next))),
            Some(next) => from = *next,
        }
    }
}

/// The filter of a list of bookings.
struct Filter {
    from: Night,
    /// Exclusive.
    to: Night,
    /// Empty for any state.
    states: Vec<BookingState>,
    channel_ref: Option<String>,
}

impl Filter {
    fn new(query: &v1::ListBookingsRequest) -> Result<Filter, Problem> {
        let bound = |name, text: &str, default| if text.is_empty() { Ok(default) } else { requests::date(name, text) };
        let no_state = || Problem::new(Detail::BookingState);
        let state = |name: &str| BookingState::from_name(name.trim()).ok_or_else(no_state);
        let states = match query.state.as_str() {
            "" => Vec::new(),
            names => names.split(',').map(state).collect::<Result<_, _>>()?,
        };
        let channel_ref = fields::identifier("channelRef", &query.channel_ref)?;
        let channel_ref = Some(channel_ref).filter(|reference| !reference.is_empty());
        let to = bound("arrivalTo", &query.arrival_to, Night::LAST)?.next();
        Ok(Filter { from: bound("arrivalFrom", &query.arrival_from, Night(0))?, to, states, channel_ref })
    }

    /// The first key. The seller's reference has its own index.
    fn start(&self, number: PropertyNumber) -> Key {
        let least = BookingId([0; 16]);
        match &self.channel_ref {
            Some(reference) => Key::channel_ref(number, reference, least),
            None => Key::Arrival(number, self.from, least),
        }
    }

    /// The key after the last one.
    fn end(&self, number: PropertyNumber) -> Key {
        match &self.channel_ref {
            Some(reference) => Key::channel_ref(number, reference, BookingId([0xff; 16])),
            None => Key::Arrival(number, self.to, BookingId([0; 16])),
        }
    }

    fn fits(&self, booking: &Booking) -> bool {
        let arrival = booking.stay.arrival();
        arrival >= self.from
            && arrival < self.to
            && (self.states.is_empty() || self.states.contains(&booking.state))
            && self.channel_ref.as_ref().is_none_or(|reference| *reference == booking.channel_ref)
    }
}
