//! Selling rooms: holds, bookings, amendments. The same checks apply to all three.

use std::sync::Arc;

use super::{Decided, Hotel, Model};
use crate::almanac;
use keyrack_inventory::*;

/// The buyer's part of a booking.
pub(super) struct Buyer<'a> {
    pub guest: &'a Sealed,
    pub channel_ref: &'a str,
    pub payment_token: &'a str,
    pub seeds: &'a LeafSeeds,
    pub number: Option<ConfirmationNumber>,
}

/// The requested rooms. The rooms of the booking `instead_of` count as free.
struct Wish<'a> {
    stay: Stay,
    rooms: &'a [RoomRequest],
    instead_of: Option<BookingId>,
}

impl Model {
    pub(super) fn book(&mut self, place: usize, request: &BookRequest) -> Decided {
        let wish = Wish { stay: request.stay, rooms: &request.rooms, instead_of: None };
        let (rooms, currency) = self.judge_new(place, &wish)?;
        let BookRequest { id, stay, guest, channel_ref, payment_token, seeds, number, .. } = request;
        let buyer = Buyer { guest, channel_ref, payment_token, seeds, number: *number };
        Ok(self.take(place, (*id, *stay), (rooms, currency), buyer))
    }

    /// Makes a booking. The guest's key is stored apart from it.
    fn take(
        &mut self,
        place: usize,
        (id, stay): (BookingId, Stay),
        (rooms, currency): (Vec<BookedRoom>, Currency),
        buyer: Buyer<'_>,
    ) -> (JournalEvent, Reply) {
        self.bookings.push(Booking {
            id,
            number: buyer.number,
            state: BookingState::Confirmed,
            revision: 1,
            stay,
            rooms,
            currency,
            guest: Sealed { ciphertext: buyer.guest.ciphertext.clone(), wrapped_key: Vec::new() },
            guest_erased: false,
            seller: self.seller,
            channel_ref: buyer.channel_ref.to_owned(),
            payment_token: buyer.payment_token.to_owned(),
            created_at_ms: self.now_ms,
            updated_at_ms: self.now_ms,
            cancellation_fee: None,
            leaf: None,
            line: Some(self.lines.len() as u64),
        });
        self.secrets.insert(id, secrets(buyer.guest, buyer.seeds));
        (JournalEvent::Booked, Reply::Booking(self.tell(place, id, LeafKind::Book)))
    }

    pub(super) fn place_hold(&mut self, place: usize, id: HoldId, stay: Stay, rooms: &[RoomRequest], ttl_ms: u64) -> Decided {
        let (rooms, currency) = self.judge_new(place, &Wish { stay, rooms, instead_of: None })?;
        // A hold lasts from one millisecond to ten minutes.
        let ttl_ms = ttl_ms.clamp(1, 600_000);
        let expires_at_ms = self.now_ms + ttl_ms;
        let quantity: u64 = rooms.iter().map(|room| u64::from(room.quantity)).sum();
        let charge_ms = self.charge(self.hotels[place].number, quantity * ttl_ms)?;
        let seller = self.seller;
        let hold = Hold { id, state: HoldState::Open, stay, rooms, currency, expires_at_ms, seller, charge_ms };
        self.holds.push(hold.clone());
        Ok((JournalEvent::HoldPlaced, Reply::Hold(Arc::new(hold))))
    }

    pub(super) fn confirm_hold(&mut self, place: usize, id: HoldId, booking: BookingId, buyer: Buyer<'_>) -> Decided {
        let business_date = self.hotels[place].property.business_date;
        let hold = self.hold_in(place, id)?;
        match hold.state {
            // The arrival date is over. The rooms stay held until the deadline.
            HoldState::Open if hold.stay.arrival() < business_date => return Err(Reject::ArrivalInPast { business_date }),
            HoldState::Open => hold.state = HoldState::Confirmed(booking),
            HoldState::Expired => return Err(Reject::HoldExpired),
            HoldState::Confirmed(_) | HoldState::Released => return Err(Reject::HoldClosed),
        }
        let hold = hold.clone();
        // The feed delivers both the end of the hold and the booking.
        self.line(id.property(), None, JournalEvent::HoldConfirmed, Reply::Hold(Arc::new(hold.clone())));
        Ok(self.take(place, (booking, hold.stay), (hold.rooms, hold.currency), buyer))
    }

    pub(super) fn release_hold(&mut self, place: usize, id: HoldId) -> Decided {
        let hold = self.hold_in(place, id)?;
        let happened = match hold.state {
            HoldState::Open => {
                hold.state = HoldState::Released;
                JournalEvent::HoldReleased
            }
            HoldState::Released | HoldState::Expired => JournalEvent::Nothing,
            HoldState::Confirmed(_) => return Err(Reject::HoldClosed),
        };
        Ok((happened, Reply::Hold(Arc::new(hold.clone()))))
    }

    fn hold_in(&mut self, place: usize, id: HoldId) -> Result<&mut Hold, Reject> {
        let (number, sight) = (self.hotels[place].number, self.sight);
        let found = self.holds.iter_mut().find(|h| h.id == id && id.property() == number && sight.finds_hold(h));
        found.ok_or(Reject::NotFound)
    }

    /// Rule 7: checked as if the booking had no rooms. If the new rooms do not fit, it keeps the old ones.
    pub(super) fn amend(
        &mut self,
        place: usize,
        id: BookingId,
        dates: [Option<Night>; 2],
        rooms: Option<&[RoomRequest]>,
        (guest, seeds): (Option<&Sealed>, &LeafSeeds),
        expected_revision: Option<u32>,
    ) -> Decided {
        let old = self.booking_in(place, id)?.clone();
        if expected_revision.is_some_and(|r| r != old.revision) {
            return Err(Reject::RevisionMismatch { current: old.revision });
        }
        if !matches!(old.state, BookingState::Confirmed | BookingState::CheckedIn) {
            return Err(Reject::WrongState(old.state));
        }
        let mut new = old.clone();
        if dates != [None, None] || rooms.is_some() {
            let stay = moved(old.stay, dates)?;
            let kept: Vec<RoomRequest> = old.rooms.iter().map(as_request).collect();
            let wish = Wish { stay, rooms: rooms.unwrap_or(&kept), instead_of: Some(id) };
            let today = self.hotels[place].property.business_date;
            let came = old.state == BookingState::CheckedIn;
            if wish.stay.arrival() != old.stay.arrival() && (came || wish.stay.arrival() < today) {
                return Err(Reject::ArrivalInPast { business_date: today });
            }
            (new.rooms, new.currency) = self.judge(&self.hotels[place], &wish)?;
            new.stay = wish.stay;
            if new.currency == old.currency {
                new.rooms = keep_frozen(&old, new.stay, &new.rooms);
            }
        }
        // A new guest gets new secrets. Other changes keep the secrets, and an erased guest stays erased.
        if let Some(guest) = guest {
            new.guest = Sealed { ciphertext: guest.ciphertext.clone(), wrapped_key: Vec::new() };
            new.guest_erased = false;
            self.secrets.insert(id, secrets(guest, seeds));
        }
        new.revision += 1;
        new.updated_at_ms = self.now_ms;
        *self.booking_in(place, id)? = new;
        Ok((JournalEvent::Amended, Reply::Booking(self.tell(place, id, LeafKind::Amend))))
    }

    fn judge_new(&self, place: usize, wish: &Wish) -> Result<(Vec<BookedRoom>, Currency), Reject> {
        let hotel = &self.hotels[place];
        if wish.stay.arrival() < hotel.property.business_date {
            return Err(Reject::ArrivalInPast { business_date: hotel.property.business_date });
        }
        self.judge(hotel, wish)
    }

    /// Makes all checks in order of precedence, and prices the rooms.
    fn judge(&self, hotel: &Hotel, wish: &Wish) -> Result<(Vec<BookedRoom>, Currency), Reject> {
        if wish.rooms.is_empty() || wish.rooms.iter().any(|r| r.quantity == 0) {
            return Err(Reject::NoRooms);
        }
        if wish.rooms.iter().map(|r| u64::from(r.quantity)).sum::<u64>() > 50 {
            return Err(Reject::TooManyRooms);
        }
        let mut currency = None;
        for room in wish.rooms {
            let kind = hotel.room_type(room.room_type).ok_or(Reject::UnknownRoomType(room.room_type))?;
            let plan = hotel.rate_plan(room.rate_plan).ok_or(Reject::UnknownRatePlan(room.rate_plan))?;
            if kind.occupancy > 0 && usize::from(room.adults) + room.children_ages.len() > usize::from(kind.occupancy) {
                return Err(Reject::OccupancyExceeded { room_type: kind.code, occupancy: kind.occupancy });
            }
            if *currency.get_or_insert(plan.currency) != plan.currency {
                return Err(Reject::CurrencyMismatch);
            }
        }
        let restricted: Vec<RefusedNight> =
            wish.rooms.iter().flat_map(|room| self.restricted(hotel, wish, room)).take(RefusedNight::MOST).collect();
        if !restricted.is_empty() {
            return Err(Reject::Restricted(restricted));
        }
        let sold_out = self.sold_out(hotel, wish);
        if !sold_out.is_empty() {
            return Err(Reject::SoldOut(sold_out.into_iter().take(RefusedNight::MOST).collect()));
        }
        let booked = wish.rooms.iter().map(|room| freeze(hotel, wish.stay, room)).collect();
        Ok((booked, currency.unwrap()))
    }

    fn restricted(&self, hotel: &Hotel, wish: &Wish, room: &RoomRequest) -> Vec<RefusedNight> {
        let priced = hotel.rate_plan(room.rate_plan).unwrap().priced;
        let refused = |night, restriction| {
            // Available rooms as a seller sees them: the old stay still counts.
            let available = self.available(hotel, room.room_type, night, None);
            RefusedNight { night, room_type: room.room_type, available, restriction: Some(restriction) }
        };
        let mut nights = Vec::new();
        for night in almanac::nights(wish.stay) {
            let of_type = hotel.restrictions(room.room_type, None, night);
            let of_plan = hotel.restrictions(room.room_type, Some(room.rate_plan), night);
            let unpriced = priced && hotel.rate(room.room_type, room.rate_plan, night).is_none();
            let why = forbids(&of_type, wish.stay, night)
                .or(forbids(&of_plan, wish.stay, night))
                .or(unpriced.then_some(Restriction::NoRate));
            nights.extend(why.map(|why| refused(night, why)));
        }
        let last = wish.stay.departure();
        let closed = |plan| hotel.restrictions(room.room_type, plan, last).closed_to_departure;
        if closed(None) || closed(Some(room.rate_plan)) {
            nights.push(refused(last, Restriction::ClosedToDeparture));
        }
        nights
    }

    /// An amendment may keep the rooms it has on a night, even in a deficit. Only additional rooms are refused.
    fn sold_out(&self, hotel: &Hotel, wish: &Wish) -> Vec<RefusedNight> {
        let mut nights = Vec::new();
        let had = |code: Option<ShortCode>, night: Night| {
            self.sold(hotel.number, code, night, None) - self.sold(hotel.number, code, night, wish.instead_of)
        };
        let mut codes: Vec<ShortCode> = Vec::new();
        for room in wish.rooms {
            if !codes.contains(&room.room_type) {
                codes.push(room.room_type);
            }
        }
        let asked = |code: Option<ShortCode>| -> i64 {
            wish.rooms.iter().filter(|r| code.is_none_or(|c| c == r.room_type)).map(|r| i64::from(r.quantity)).sum()
        };
        for code in codes {
            for night in almanac::nights(wish.stay) {
                let available = self.available(hotel, code, night, wish.instead_of);
                if asked(Some(code)) > available && asked(Some(code)) > had(Some(code), night) {
                    nights.push(RefusedNight { night, room_type: code, available, restriction: None });
                }
            }
        }
        if let Some(limit) = hotel.property.details.house_limit {
            for night in almanac::nights(wish.stay) {
                let taken = self.sold(hotel.number, None, night, wish.instead_of) + self.held(hotel.number, None, night);
                let available = i64::from(limit) - taken;
                let named = nights.iter().any(|n: &RefusedNight| n.night == night);
                if asked(None) > available && asked(None) > had(None, night) && !named {
                    nights.push(RefusedNight { night, room_type: wish.rooms[0].room_type, available, restriction: None });
                }
            }
        }
        nights
    }
}

fn secrets(guest: &Sealed, seeds: &LeafSeeds) -> GuestSecrets {
    GuestSecrets { wrapped_key: guest.wrapped_key.clone(), digests: seeds.guest.clone(), salts: seeds.salts }
}

/// Rule 2 for one night.
fn forbids(r: &Restrictions, stay: Stay, night: Night) -> Option<Restriction> {
    let arriving = night == stay.arrival();
    let nights = stay.departure().0 - stay.arrival().0;
    if r.stop_sell {
        Some(Restriction::StopSell)
    } else if nights < u32::from(r.min_stay_through) {
        Some(Restriction::MinStayThrough)
    } else if arriving && r.closed_to_arrival {
        Some(Restriction::ClosedToArrival)
    } else if arriving && nights < u32::from(r.min_stay_arrival) {
        Some(Restriction::MinStayArrival)
    } else if arriving && r.max_stay > 0 && nights > u32::from(r.max_stay) {
        Some(Restriction::MaxStay)
    } else {
        None
    }
}

/// Rule 12: the current price and policy.
fn freeze(hotel: &Hotel, stay: Stay, room: &RoomRequest) -> BookedRoom {
    let types = &hotel.property.room_types;
    let plans = &hotel.property.rate_plans;
    let plan_place = plans.iter().position(|p| p.code == room.rate_plan).unwrap();
    let plan = &plans[plan_place];
    let price = |night| hotel.rate(room.room_type, room.rate_plan, night).unwrap();
    BookedRoom {
        room_type: RoomTypeIx(types.iter().position(|t| t.code == room.room_type).unwrap() as u16),
        rate_plan: RatePlanIx(plan_place as u16),
        room_type_code: room.room_type,
        rate_plan_code: room.rate_plan,
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
        nightly: if plan.priced { almanac::nights(stay).map(price).collect() } else { Vec::new() },
        policy: plan.policy,
    }
}

/// Rule 12 for an amendment: agreed prices stay. Each new room takes the first unused old room of its type and plan, in
/// order. If there is none, it costs today's price.
fn keep_frozen(old: &Booking, stay: Stay, wanted: &[BookedRoom]) -> Vec<BookedRoom> {
    let mut left: Vec<usize> = Vec::new();
    for (line, room) in old.rooms.iter().enumerate() {
        left.extend((0..room.quantity).map(|_| line));
    }
    let mut rooms: Vec<BookedRoom> = Vec::new();
    for today in wanted {
        let mut parts: Vec<(Option<usize>, u32)> = Vec::new();
        for _ in 0..today.quantity {
            let same = |line: &usize| {
                let o = &old.rooms[*line];
                (o.room_type_code, o.rate_plan_code) == (today.room_type_code, today.rate_plan_code)
            };
            let from = left.iter().position(same).map(|place| left.remove(place));
            match parts.last_mut() {
                Some((line, quantity)) if *line == from => *quantity += 1,
                _ => parts.push((from, 1)),
            }
        }
        for (line, quantity) in parts {
            let agreed = line.map(|line| &old.rooms[line]);
            rooms
                .push(BookedRoom { quantity, ..agreed.map_or(today.clone(), |agreed| as_agreed(old.stay, agreed, stay, today)) });
        }
    }
    rooms
}

/// A requested room with the price and policy of an old one, and today's price on new nights.
fn as_agreed(old_stay: Stay, agreed: &BookedRoom, stay: Stay, today: &BookedRoom) -> BookedRoom {
    let agreed_price = |night| almanac::nights(old_stay).position(|n| n == night).and_then(|place| agreed.nightly.get(place));
    let prices = almanac::nights(stay).zip(&today.nightly);
    let nightly = prices.map(|(night, price)| *agreed_price(night).unwrap_or(price)).collect();
    BookedRoom { nightly, policy: agreed.policy, ..today.clone() }
}

fn as_request(room: &BookedRoom) -> RoomRequest {
    RoomRequest {
        room_type: room.room_type_code,
        rate_plan: room.rate_plan_code,
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
    }
}

/// Rule 7: an unnamed date stays. The result must be a valid stay: 1 to 366 nights, ending on the last valid date at
/// the latest.
fn moved(old: Stay, [arrival, departure]: [Option<Night>; 2]) -> Result<Stay, Reject> {
    let (from, to) = (arrival.unwrap_or(old.arrival()), departure.unwrap_or(old.departure()));
    match i64::from(to.0) - i64::from(from.0) {
        ..=0 => Err(Reject::InvalidStay),
        367.. => Err(Reject::StayTooLong),
        _ if to > Night::LAST => Err(Reject::InvalidStay),
        _ => Ok(Stay::new(from, to).unwrap()),
    }
}
