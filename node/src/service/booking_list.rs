//! Lists a property's bookings: by arrival, by the seller's reference, by the guest, or by the confirmation number.

use keyrack_cluster::{AsOf, View};
use keyrack_inventory::{
    BookedRoom, Booking, BookingId, BookingState, ConfirmationNumber, Fault, Key, Lookup, MAX_STAY_NIGHTS, Night, PropertyNumber,
    Read, Right, Row, Scope,
};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::cursor::{ListPlace, invalid_cursor, list_cursor, read_list_cursor};
use super::rows::{KeyedBooking, booking_with_key, seen_booking};
use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation, forbidden};
use crate::convert::{Problem, answers, fields, requests};
use crate::guests::words_in;

/// The most bookings in one page, and the most index entries read at once. For a caller that sees only its own bookings all entries
/// of the nights are read, but never more than these at once.
const MAX_LIMIT: usize = 500;
const MAX_SCANNED: usize = 5_000;
/// The most bytes of a page, by [`shown_bytes`], unless a single booking has more.
const MAX_PAGE_BYTES: usize = 4 << 20;

impl Service {
    /// A page of a property's bookings.
    pub async fn bookings(
        &self,
        caller: &Caller,
        query: v1::ListBookingsRequest,
        options: ReadOptions,
    ) -> Result<v1::BookingList, Problem> {
        let number = match query.confirmation_number.as_str() {
            "" => None,
            text => Some(requests::confirmation_number(text)?),
        };
        if let Some(number) = number
            && query.property_id.is_empty()
        {
            caller.check(Operation::ListBookings, None)?;
            return self.numbered(caller, number, Filter::for_caller(caller, &query, Some(number))?, options).await;
        }
        caller.check(Operation::ListBookings, Some(&query.property_id))?;
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let filter = Filter::for_caller(caller, &query, number)?;
        let limit = if query.limit == 0 { 100 } else { (query.limit as usize).min(MAX_LIMIT) };
        let ranges = self.ranges(&filter, place.number);
        let from = match query.cursor.as_str() {
            "" => None,
            hidden => {
                let place = read_list_cursor(&self.inner.vault.reveal(hidden).ok_or_else(invalid_cursor)?)?;
                Some((place, from_place(&ranges, place.next).ok_or_else(invalid_cursor)?))
            }
        };
        let read = self.view((caller, Right::ReadBookings), &place, options, |view, scope| {
            let fits = |(booking, key): &KeyedBooking| {
                filter.fits(booking)
                    && scope.sees(booking.seller, Some(booking.id))
                    && self.has_words(booking, key, &filter.words)
            };
            read_page(view, (&ranges, from), limit, scope, fits)
        });
        let ((found, next), as_of) = read.await?;
        Ok(self.page(caller, &place.id, found, next, as_of))
    }

    /// The bookings with a confirmation number, in all shards. They are few, so there is one page.
    async fn numbered(
        &self,
        caller: &Caller,
        number: ConfirmationNumber,
        filter: Filter,
        options: ReadOptions,
    ) -> Result<v1::BookingList, Problem> {
        let mut list = v1::BookingList::default();
        for shard in 1..=self.inner.cluster.data_shards() {
            let (ids, as_of) =
                self.inner.cluster.read(shard, options.consistency, options.deadline, |view| numbers(view, number)).await?;
            list.as_of.get_or_insert(answers::as_of(as_of));
            for id in ids {
                // A booking of a property that the caller must not know is left out.
                let Ok(place) = self.place_of(caller, id, options.deadline).await else { continue };
                let seen = |view: &mut View<'_>, scope| seen_booking(view, scope, id);
                let read = self.view((caller, Right::ReadBookings), &place, options, seen);
                if let (Some((booking, key)), _) = read.await?
                    && filter.fits(&booking)
                    && self.has_words(&booking, &key, &filter.words)
                {
                    list.items.push(answers::booking(&place.id, &booking, self.guest_for(caller, &booking, key.as_deref())));
                }
            }
        }
        Ok(list)
    }

    fn page(
        &self,
        caller: &Caller,
        property: &str,
        found: Vec<KeyedBooking>,
        next: Option<ListPlace>,
        as_of: AsOf,
    ) -> v1::BookingList {
        let shown =
            |(booking, key): &KeyedBooking| answers::booking(property, booking, self.guest_for(caller, booking, key.as_deref()));
        v1::BookingList {
            items: found.iter().map(shown).collect(),
            next_cursor: next.map(|place| self.inner.vault.hide(&list_cursor(&place))),
            as_of: Some(answers::as_of(as_of)),
        }
    }

    /// The keys to read, in order. The guest's index has one range for each key of the keyring.
    fn ranges(&self, filter: &Filter, property: PropertyNumber) -> Vec<(Key, Key)> {
        let [least, most] = [BookingId([0; 16]), BookingId([0xff; 16])];
        // The longest word is likely the rarest one.
        if let Some(word) = filter.words.iter().max_by_key(|word| word.len()) {
            let mut lookups: Vec<Lookup> = self.inner.vault.lookups_of(property, word);
            lookups.sort_unstable();
            return lookups.iter().map(|lookup| [least, most].map(|id| Key::Lookup(property, *lookup, id)).into()).collect();
        }
        match &filter.channel_ref {
            Some(reference) => vec![[least, most].map(|id| Key::channel_ref(property, reference, id)).into()],
            None => {
                let (from, to) = filter.arrivals();
                vec![(Key::Arrival(property, from, least), Key::Arrival(property, to, least))]
            }
        }
    }

    /// Whether the guest has all these words.
    fn has_words(&self, booking: &Booking, key: &Option<Vec<u8>>, words: &[String]) -> bool {
        if words.is_empty() {
            return true;
        }
        let Some(guest) = self.inner.vault.open_guest(booking, key.as_deref()) else { return false };
        let own: Vec<String> = words_in(&guest.name).into_iter().chain(words_in(&guest.email)).collect();
        words.iter().all(|word| own.contains(word))
    }
}

/// The bookings of a shard with a confirmation number.
fn numbers(view: &mut View<'_>, number: ConfirmationNumber) -> Result<Vec<BookingId>, Fault> {
    let [from, to] = [[0; 16], [0xff; 16]].map(|id| Key::Number(number.0, BookingId(id)));
    let keys = view.scan(&from, &to, MAX_LIMIT)?;
    Ok(keys.into_iter().filter_map(|key| if let Key::Number(_, id) = key { Some(id) } else { None }).collect())
}

/// The rest of the ranges from a key on. A key outside the ranges could show another property's bookings.
fn from_place(ranges: &[(Key, Key)], next: Key) -> Option<Vec<(Key, Key)>> {
    let place = ranges.iter().position(|(from, to)| next >= *from && next < *to)?;
    let mut rest = ranges[place..].to_vec();
    rest[0].0 = next;
    Some(rest)
}

/// Where a list continues, and the keys from there on.
type Rest = (ListPlace, Vec<(Key, Key)>);

/// Reads the bookings of a page, and returns where the next page begins.
///
/// Between two pages a booking can move from the part that was not read yet to the part that was. So a list by arrival that took several
/// pages has another pass, over the bookings that moved since its first page, and so on until a pass fits in the page in which it begins.
fn read_page(
    view: &mut View<'_>,
    (ranges, from): (&[(Key, Key)], Option<Rest>),
    limit: usize,
    scope: Scope,
    fits: impl Fn(&KeyedBooking) -> bool,
) -> Result<(Vec<KeyedBooking>, Option<ListPlace>), Fault> {
    let now_ms = log_time(view)?;
    let mut found = Vec::new();
    let mut moved_since_ms = 0;
    if let Some((place, rest)) = from {
        let in_pass = |booking: &KeyedBooking| booking.0.moved_at_ms >= place.moved_since_ms && fits(booking);
        if let Some(next) = read_pass(view, &rest, &mut found, (limit, may_stop(scope, place.moved_since_ms)), in_pass)? {
            return Ok((found, Some(ListPlace { next, ..place })));
        }
        if !matches!(place.next, Key::Arrival(..)) {
            return Ok((found, None));
        }
        // A time of 0 would list all bookings again.
        moved_since_ms = place.began_ms.max(1);
    }
    let in_pass = |booking: &KeyedBooking| booking.0.moved_at_ms >= moved_since_ms && fits(booking);
    let next = read_pass(view, ranges, &mut found, (limit, may_stop(scope, moved_since_ms)), in_pass)?;
    Ok((found, next.map(|next| ListPlace { next, moved_since_ms, began_ms: now_ms })))
}

/// Whether a page may end before it is full, because it has read many entries. A caller that sees everything learns nothing from such a
/// cursor. A pass over what moved does not end early, or it would never fit in one page.
fn may_stop(scope: Scope, moved_since_ms: u64) -> bool {
    scope == Scope::All && moved_since_ms == 0
}

/// The newest log time.
fn log_time(view: &mut View<'_>) -> Result<u64, Fault> {
    Ok(if let Some(Row::Meta(meta)) = view.get(&Key::Meta)? { meta.last_at_ms } else { 0 })
}

/// Adds bookings to a page until it is full. Returns the key of the next one, which is that of a booking that the caller sees: a cursor
/// must not show that there are bookings of others.
fn read_pass(
    view: &mut View<'_>,
    ranges: &[(Key, Key)],
    found: &mut Vec<KeyedBooking>,
    (limit, may_stop_early): (usize, bool),
    fits: impl Fn(&KeyedBooking) -> bool,
) -> Result<Option<Key>, Fault> {
    for (from, to) in ranges {
        let mut from = *from;
        loop {
            let keys = view.scan(&from, to, MAX_SCANNED + 1)?;
            for key in keys.iter().take(MAX_SCANNED) {
                let (Key::Arrival(_, _, id) | Key::ChannelRef(_, _, id) | Key::Lookup(_, _, id)) = key else { continue };
                let Some(booking) = booking_with_key(view, *id)?.filter(|booking| fits(booking)) else { continue };
                let bytes: usize = found.iter().map(|(booking, _)| shown_bytes(booking)).sum();
                if found.len() == limit || (!found.is_empty() && bytes + shown_bytes(&booking.0) > MAX_PAGE_BYTES) {
                    return Ok(Some(*key));
                }
                found.push(booking);
            }
            match keys.get(MAX_SCANNED) {
                None => break,
                Some(next) if may_stop_early => return Ok(Some(*next)),
                Some(next) => from = *next,
            }
        }
    }
    Ok(None)
}

/// About how many bytes a booking has in an answer. Most of a large one are the prices of its nights.
fn shown_bytes(booking: &Booking) -> usize {
    let of_room = |room: &BookedRoom| 300 + 40 * room.nightly.len() + 40 * room.seller_nightly.len();
    1_000 + booking.guest.ciphertext.len() * 2 + booking.rooms.iter().map(of_room).sum::<usize>()
}

/// The filter of a list of bookings.
struct Filter {
    /// Arrivals, and departures; the second night of each is exclusive.
    arrival: (Night, Night),
    departure: (Night, Night),
    /// Empty for any state.
    states: Vec<BookingState>,
    channel_ref: Option<String>,
    updated_since_ms: u64,
    number: Option<ConfirmationNumber>,
    /// Words of the guest's name, or the e-mail address.
    words: Vec<String>,
}

impl Filter {
    /// # Errors
    /// A malformed condition, or a search for guests by a caller that must not see them.
    fn for_caller(
        caller: &Caller,
        query: &v1::ListBookingsRequest,
        number: Option<ConfirmationNumber>,
    ) -> Result<Filter, Problem> {
        if !query.guest.is_empty() && !caller.role().sees_guests() {
            return Err(forbidden());
        }
        Filter::new(query, number)
    }

    fn new(query: &v1::ListBookingsRequest, number: Option<ConfirmationNumber>) -> Result<Filter, Problem> {
        let bound = |name, text: &str, default| if text.is_empty() { Ok(default) } else { requests::date(name, text) };
        let no_state = || Problem::new(Detail::BookingState);
        let state = |name: &str| BookingState::from_name(name.trim()).ok_or_else(no_state);
        let states = match query.state.as_str() {
            "" => Vec::new(),
            names => names.split(',').map(state).collect::<Result<_, _>>()?,
        };
        let channel_ref = fields::reference("channelRef", &query.channel_ref)?;
        let arrival =
            (bound("arrivalFrom", &query.arrival_from, Night(0))?, bound("arrivalTo", &query.arrival_to, Night::LAST)?.next());
        let departure = (
            bound("departureFrom", &query.departure_from, Night(0))?,
            bound("departureTo", &query.departure_to, Night::LAST)?.next(),
        );
        Ok(Filter {
            arrival,
            departure,
            states,
            channel_ref: Some(channel_ref).filter(|reference| !reference.is_empty()),
            updated_since_ms: match query.updated_since.as_str() {
                "" => 0,
                text => requests::time("updatedSince", text)?,
            },
            number,
            words: match words_in(&fields::identifier("guest", &query.guest)?) {
                words if words.is_empty() && !query.guest.is_empty() => return Err(Problem::new(Detail::GuestWords)),
                words => words,
            },
        })
    }

    /// The arrivals that a booking in the list can have.
    fn arrivals(&self) -> (Night, Night) {
        let earliest = Night(self.departure.0.0.saturating_sub(MAX_STAY_NIGHTS));
        let from = self.arrival.0.max(earliest);
        (from, self.arrival.1.min(self.departure.1).max(from))
    }

    fn fits(&self, booking: &Booking) -> bool {
        let within = |(from, to): (Night, Night), night: Night| night >= from && night < to;
        within(self.arrival, booking.stay.arrival())
            && within(self.departure, booking.stay.departure())
            && booking.updated_at_ms >= self.updated_since_ms
            && (self.states.is_empty() || self.states.contains(&booking.state))
            && self.channel_ref.as_ref().is_none_or(|reference| *reference == booking.channel_ref)
            && self.number.is_none_or(|number| number == booking.confirmation_number())
    }
}
