//! Selling rooms: holds and bookings. The same checks apply to both.

use std::sync::Arc;

use super::said::{quantity, sleeps};
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

/// The requested rooms.
struct Wish<'a> {
    stay: Stay,
    rooms: &'a [RoomRequest],
    overrides: bool,
}

impl Model {
    pub(super) fn book(&mut self, place: usize, request: &BookRequest) -> Decided {
        if request.override_reason.is_some() && !self.staff {
            return Err(Reject::Forbidden);
        }
        self.check_reference(place, &request.channel_ref)?;
        let wish = Wish { stay: request.stay, rooms: &request.rooms, overrides: request.override_reason.is_some() };
        let (rooms, currency) = self.judge_new(place, &wish)?;
        check_price(&rooms, currency, request.expected_total)?;
        let BookRequest { id, stay, guest, channel_ref, payment_token, seeds, number, .. } = request;
        let buyer = Buyer { guest, channel_ref, payment_token, seeds, number: *number };
        Ok(self.take(place, (*id, *stay), (rooms, currency), buyer))
    }

    /// A seller uses a reference once in each hotel.
    fn check_reference(&self, place: usize, reference: &str) -> Result<(), Reject> {
        let number = self.hotels[place].number;
        let mut with = self.bookings.iter().filter(|b| {
            b.id.property() == number && b.seller == self.seller && !reference.is_empty() && b.channel_ref == reference
        });
        with.next().map_or(Ok(()), |first| Err(Reject::DuplicateReference(first.id)))
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
            fees: FeeLedger::default(),
            checked_in_on: None,
            moved_at_ms: 0,
            leaf: None,
            line: Some(self.lines.len() as u64),
        });
        self.secrets.insert(id, secrets(buyer.guest, buyer.seeds));
        (JournalEvent::Booked, Reply::Booking(self.tell(place, id, LeafKind::Book)))
    }

    pub(super) fn place_hold(&mut self, place: usize, id: HoldId, stay: Stay, rooms: &[RoomRequest], ttl_ms: u64) -> Decided {
        let (rooms, currency) = self.judge_new(place, &Wish { stay, rooms, overrides: false })?;
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

    pub(super) fn confirm_hold(
        &mut self,
        place: usize,
        (id, booking): (HoldId, BookingId),
        buyer: Buyer<'_>,
        (expected, guests): (Option<Price>, &[RoomGuests]),
    ) -> Decided {
        let business_date = self.hotels[place].property.business_date;
        let hold = self.hold_in(place, id)?;
        match hold.state {
            // The arrival date is over. The rooms stay held until the deadline.
            HoldState::Open if hold.stay.arrival() < business_date => return Err(Reject::ArrivalInPast { business_date }),
            HoldState::Open => {}
            HoldState::Expired => return Err(Reject::HoldExpired),
            HoldState::Confirmed(_) | HoldState::Released => return Err(Reject::HoldClosed),
        }
        let mut hold = hold.clone();
        hold.state = HoldState::Confirmed(booking);
        let seated = self.seated(place, &hold.rooms, guests)?;
        check_price(&hold.rooms, hold.currency, expected)?;
        self.check_reference(place, buyer.channel_ref)?;
        self.hold_in(place, id)?.state = hold.state;
        // The feed delivers both the end of the hold and the booking.
        self.line(id.property(), None, JournalEvent::HoldConfirmed, Reply::Hold(Arc::new(hold.clone())));
        Ok(self.take(place, (booking, hold.stay), (seated, hold.currency), buyer))
    }

    /// The rooms of a hold with their guests: at least one adult each, and no more guests than the type allows.
    fn seated(&self, place: usize, rooms: &[BookedRoom], guests: &[RoomGuests]) -> Result<Vec<BookedRoom>, Reject> {
        let seated = rooms.iter().enumerate().map(|(line, room)| match guests.get(line) {
            Some(guests) => BookedRoom { adults: guests.adults, children_ages: guests.children_ages.clone(), ..room.clone() },
            None => room.clone(),
        });
        let seated: Vec<BookedRoom> = seated.collect();
        let fits_lines = guests.is_empty() || guests.len() == rooms.len();
        if !fits_lines || seated.iter().any(|room| room.adults < 1) {
            return Err(Reject::GuestsMissing { lines: rooms.len() as u32 });
        }
        for room in &seated {
            let kind = self.hotels[place].room_type(room.room_type_code).unwrap();
            if kind.occupancy > 0 && usize::from(room.adults) + room.children_ages.len() > usize::from(kind.occupancy) {
                return Err(Reject::OccupancyExceeded { room_type: kind.code, occupancy: kind.occupancy });
            }
        }
        Ok(seated)
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

    fn judge_new(&self, place: usize, wish: &Wish) -> Result<(Vec<BookedRoom>, Currency), Reject> {
        let hotel = &self.hotels[place];
        if wish.stay.arrival() < hotel.property.business_date {
            return Err(Reject::ArrivalInPast { business_date: hotel.property.business_date });
        }
        self.judge(hotel, wish)
    }

    /// Makes all checks in order of precedence, and prices the rooms.
    fn judge(&self, hotel: &Hotel, wish: &Wish) -> Result<(Vec<BookedRoom>, Currency), Reject> {
        let currency = self.named(hotel, wish.stay, wish.rooms)?;
        for room in wish.rooms {
            hotel.is_sold(room.room_type, room.rate_plan)?;
        }
        let restricted = wish.rooms.iter().flat_map(|room| self.restricted(hotel, wish, room));
        let restricted: Vec<RefusedNight> = restricted.take(RefusedNight::MOST).collect();
        if !restricted.is_empty() {
            return Err(Reject::Restricted(restricted));
        }
        let booked: Vec<BookedRoom> = wish.rooms.iter().map(|room| freeze(hotel, room, wish.stay)).collect();
        let nights: Vec<Night> = almanac::nights(wish.stay).collect();
        let sold_out = self.lacking_of(hotel, (&booked, wish.stay), &nights, None);
        if !sold_out.is_empty() {
            return Err(Reject::SoldOut(sold_out.into_iter().take(RefusedNight::MOST).collect()));
        }
        let priced = |room: BookedRoom| {
            let plan = hotel.rate_plan(room.rate_plan_code).unwrap();
            let price = |night| hotel.rate(room.room_type_code, room.rate_plan_code, night).unwrap();
            let nightly = if plan.priced { nights.iter().map(|night| price(*night)).collect() } else { Vec::new() };
            BookedRoom { nightly, ..room }
        };
        Ok((booked.into_iter().map(priced).collect(), currency))
    }

    /// Everything that a request names exists, and fits together.
    pub(super) fn named(&self, hotel: &Hotel, stay: Stay, rooms: &[RoomRequest]) -> Result<Currency, Reject> {
        if rooms.is_empty() || rooms.iter().any(|r| r.quantity == 0) {
            return Err(Reject::NoRooms);
        }
        if rooms.iter().map(|r| u64::from(r.quantity)).sum::<u64>() > 50 {
            return Err(Reject::TooManyRooms);
        }
        let nights = almanac::nights(stay).count();
        if rooms.iter().any(|r| !r.seller_nightly.is_empty() && r.seller_nightly.len() != nights) {
            return Err(Reject::SellerPrices { nights: nights as u32 });
        }
        let mut currency = None;
        for room in rooms {
            let kind = hotel.room_type(room.room_type).ok_or(Reject::UnknownRoomType(room.room_type))?;
            let plan = hotel.rate_plan(room.rate_plan).ok_or(Reject::UnknownRatePlan(room.rate_plan))?;
            if kind.occupancy > 0 && usize::from(room.adults) + room.children_ages.len() > usize::from(kind.occupancy) {
                return Err(Reject::OccupancyExceeded { room_type: kind.code, occupancy: kind.occupancy });
            }
            if *currency.get_or_insert(plan.currency) != plan.currency {
                return Err(Reject::CurrencyMismatch);
            }
        }
        Ok(currency.unwrap())
    }

    fn restricted(&self, hotel: &Hotel, wish: &Wish, room: &RoomRequest) -> Vec<RefusedNight> {
        let priced = hotel.rate_plan(room.rate_plan).unwrap().priced;
        let mut nights = Vec::new();
        for night in almanac::nights(wish.stay) {
            let of_type = hotel.restrictions(room.room_type, None, night);
            let of_plan = hotel.restrictions(room.room_type, Some(room.rate_plan), night);
            let unpriced = priced && hotel.rate(room.room_type, room.rate_plan, night).is_none();
            let forbidden = forbids(&of_type, wish.stay, night).or(forbids(&of_plan, wish.stay, night));
            let why = forbidden.filter(|_| !wish.overrides).or(unpriced.then_some(Restriction::NoRate));
            nights.extend(why.map(|why| self.refused(hotel, room.room_type, night, why)));
        }
        let last = wish.stay.departure();
        if !wish.overrides && hotel.closed_to_departure(room.room_type, room.rate_plan, last) {
            nights.push(self.refused(hotel, room.room_type, last, Restriction::ClosedToDeparture));
        }
        nights
    }

    /// Available rooms as a seller sees them: an amended booking still counts.
    pub(super) fn refused(&self, hotel: &Hotel, room_type: ShortCode, night: Night, why: Restriction) -> RefusedNight {
        let available = self.available(hotel, room_type, night, None);
        RefusedNight { night, room_type, available, restriction: Some(why) }
    }

    /// See [`Model::lacking_of`].
    pub(super) fn lacking(&self, hotel: &Hotel, booking: &Booking, nights: &[Night], old: Option<&Booking>) -> Vec<RefusedNight> {
        self.lacking_of(hotel, (&booking.rooms, booking.stay), nights, old)
    }

    /// The nights on which rooms are lacking. The rooms of the booking `old` count as free, and it may keep what it has, even in a
    /// deficit.
    pub(super) fn lacking_of(
        &self,
        hotel: &Hotel,
        (rooms, stay): (&[BookedRoom], Stay),
        asked: &[Night],
        old: Option<&Booking>,
    ) -> Vec<RefusedNight> {
        let mut nights: Vec<RefusedNight> = Vec::new();
        let without = old.map(|old| old.id);
        let had = |code: Option<ShortCode>, night: Night| old.map_or(0, |old| quantity(&old.rooms, old.stay, code, night));
        let mut codes: Vec<ShortCode> = Vec::new();
        for room in rooms {
            if !codes.contains(&room.room_type_code) {
                codes.push(room.room_type_code);
            }
        }
        for code in codes {
            for night in asked {
                let available = self.available(hotel, code, *night, without);
                let wanted = quantity(rooms, stay, Some(code), *night);
                if wanted > available && wanted > had(Some(code), *night) {
                    nights.push(RefusedNight { night: *night, room_type: code, available, restriction: None });
                }
            }
        }
        let limit = hotel.property.details.house_limit.map_or(i64::MAX, i64::from);
        for night in asked {
            let taken = self.sold(hotel.number, None, *night, without) + self.held(hotel.number, None, *night);
            let (available, wanted) = (limit - taken, quantity(rooms, stay, None, *night));
            let is_named = nights.iter().any(|n| n.night == *night);
            let first = rooms.iter().find(|room| sleeps(room, stay, *night));
            if let (true, Some(first)) = (wanted > available && wanted > had(None, *night) && !is_named, first) {
                let room_type = first.room_type_code;
                nights.push(RefusedNight { night: *night, room_type, available, restriction: None });
            }
        }
        nights
    }
}

impl Hotel {
    /// Refuses what is no longer sold.
    pub(super) fn is_sold(&self, room_type: ShortCode, rate_plan: ShortCode) -> Result<(), Reject> {
        if self.room_type(room_type).unwrap().retired {
            return Err(Reject::Retired(room_type));
        }
        if self.rate_plan(rate_plan).unwrap().retired { Err(Reject::Retired(rate_plan)) } else { Ok(()) }
    }

    pub(super) fn closed_to_departure(&self, room_type: ShortCode, rate_plan: ShortCode, day: Night) -> bool {
        [None, Some(rate_plan)].into_iter().any(|plan| self.restrictions(room_type, plan, day).closed_to_departure)
    }
}

/// The caller expected this price, or none.
fn check_price(rooms: &[BookedRoom], currency: Currency, expected: Option<Price>) -> Result<(), Reject> {
    let mut total = Some(0);
    for room in rooms {
        let all = room.nightly.iter().sum::<u64>() * u64::from(room.quantity);
        total = if room.nightly.is_empty() { None } else { total.map(|total| total + all) };
    }
    match expected {
        Some(price) if Some(price.amount) != total || price.currency != currency => Err(Reject::PriceChanged { total, currency }),
        _ => Ok(()),
    }
}

pub(super) fn secrets(guest: &Sealed, seeds: &LeafSeeds) -> GuestSecrets {
    let (wrapped_key, digests, lookups) = (guest.wrapped_key.clone(), seeds.guest.clone(), seeds.lookups.clone());
    GuestSecrets { wrapped_key, digests, salts: seeds.salts, lookups }
}

/// Rule 2 for one night.
pub(super) fn forbids(r: &Restrictions, stay: Stay, night: Night) -> Option<Restriction> {
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

/// Rule 12: the current policy; prices come later.
pub(super) fn freeze(hotel: &Hotel, room: &RoomRequest, stay: Stay) -> BookedRoom {
    let types = &hotel.property.room_types;
    let plans = &hotel.property.rate_plans;
    let plan_place = plans.iter().position(|p| p.code == room.rate_plan).unwrap();
    assert!(room.seller_nightly.is_empty() || room.seller_nightly.len() == almanac::nights(stay).count());
    BookedRoom {
        room_type: RoomTypeIx(types.iter().position(|t| t.code == room.room_type).unwrap() as u16),
        rate_plan: RatePlanIx(plan_place as u16),
        room_type_code: room.room_type,
        rate_plan_code: room.rate_plan,
        quantity: room.quantity,
        adults: room.adults,
        children_ages: room.children_ages.clone(),
        nightly: Vec::new(),
        policy: plans[plan_place].policy,
        nights: None,
        late: None,
        seller_nightly: room.seller_nightly.iter().map(|price| Some(*price)).collect(),
    }
}

/// Rule 7: an unnamed date stays. The result must be a valid stay: 1 to 366 nights, ending on the last valid date at
/// the latest.
pub(super) fn moved(old: Stay, [arrival, departure]: [Option<Night>; 2]) -> Result<Stay, Reject> {
    let (from, to) = (arrival.unwrap_or(old.arrival()), departure.unwrap_or(old.departure()));
    match i64::from(to.0) - i64::from(from.0) {
        ..=0 => Err(Reject::InvalidStay),
        367.. => Err(Reject::StayTooLong),
        _ if to > Night::LAST => Err(Reject::InvalidStay),
        _ => Ok(Stay::new(from, to).unwrap()),
    }
}
