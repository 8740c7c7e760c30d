//! Taking rooms: what a stay needs, whether it is allowed, whether it is there, and the counters.

use alloc::vec::Vec;

use super::{Decision, Shard, decided, refuse};
use crate::rows::{self, page_mut};
use crate::{
    BookedRoom, Booking, Cell, Currency, Fault, Key, MAX_ROOMS, Minor, Night, Property, PropertyNumber, Read, RefusedNight,
    Reject, Restriction, RoomRequest, RoomTypeIx, Rows, Stay,
};

/// What is asked for, resolved against the catalogue and priced.
pub(super) struct Wanted {
    pub rooms: Vec<BookedRoom>,
    pub currency: Currency,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Everything that can be said against the request before rooms are counted.
    pub(super) fn resolve(&mut self, property: &Property, stay: Stay, requests: &[RoomRequest]) -> Decision<Wanted> {
        let quantity: u64 = requests.iter().map(|r| u64::from(r.quantity)).sum();
        if quantity == 0 || requests.iter().any(|r| r.quantity == 0) {
            refuse!(Reject::NoRooms);
        }
        if quantity > u64::from(MAX_ROOMS) {
            refuse!(Reject::TooManyRooms);
        }
        let mut rooms = Vec::with_capacity(requests.len());
        let mut currency = None;
        for request in requests {
            let (room, plan_currency) = match identify(property, request) {
                Ok(identified) => identified,
                Err(reject) => refuse!(reject),
            };
            if *currency.get_or_insert(plan_currency) != plan_currency {
                refuse!(Reject::CurrencyMismatch);
            }
            rooms.push(room);
        }
        let mut refused = Vec::new();
        for room in &mut rooms {
            self.price(property, stay, room, &mut refused)?;
        }
        if !refused.is_empty() {
            refuse!(Reject::Restricted(refused));
        }
        Ok(Ok(Wanted { rooms, currency: currency.unwrap_or(property.details.currency) }))
    }

    /// Fills in the nightly prices; adds the nights that a restriction or a missing rate forbids.
    fn price(
        &mut self,
        property: &Property,
        stay: Stay,
        room: &mut BookedRoom,
        refused: &mut Vec<RefusedNight>,
    ) -> Result<(), Fault> {
        let room_type = &property.room_types[usize::from(room.room_type.0)];
        let priced = property.rate_plans[usize::from(room.rate_plan.0)].priced;
        let mut refuse = |night, cell: &Cell, restriction| {
            let available = cell.count(room_type).available;
            refused.push(RefusedNight { night, room_type: room_type.code, available, restriction: Some(restriction) });
        };
        let mut night = stay.arrival();
        for (month, span) in stay.months() {
            let rates_key = Key::Rates(self.property, room.room_type, room.rate_plan, month);
            let mut rates = [crate::RateCell::default(); crate::calendar::PLACES];
            if let Some(page) = rows::rates(self.rows, rates_key)? {
                rates[span.clone()].copy_from_slice(&page.cells[span.clone()]);
            }
            let page = rows::page(self.rows, Key::Page(self.property, room.room_type, month))?;
            for place in span {
                let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
                let first = night == stay.arrival();
                let forbids = cell.restrictions.on_night(stay, first).or_else(|| rates[place].restrictions.on_night(stay, first));
                if let Some(restriction) = forbids {
                    refuse(night, &cell, restriction);
                } else if let (true, None) = (priced, rates[place].rate) {
                    refuse(night, &cell, Restriction::NoRate);
                }
                if priced {
                    room.nightly.push(rates[place].rate.unwrap_or(0));
                }
                night = night.next();
            }
        }
        if let Some(cell) = self.closed_to_departure(stay, room)? {
            refuse(stay.departure(), &cell, Restriction::ClosedToDeparture);
        }
        Ok(())
    }

    /// The cell of the departure day if no stay may end on it. That day is not a night of the stay.
    fn closed_to_departure(&mut self, stay: Stay, room: &BookedRoom) -> Result<Option<Cell>, Fault> {
        let (month, place) = stay.departure().in_month();
        let page = rows::page(self.rows, Key::Page(self.property, room.room_type, month))?;
        let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
        let rates = rows::rates(self.rows, Key::Rates(self.property, room.room_type, room.rate_plan, month))?;
        let by_plan = rates.is_some_and(|r| r.cells[place].restrictions.closed_to_departure);
        Ok((cell.restrictions.closed_to_departure || by_plan).then_some(cell))
    }

    /// Refuses, naming the nights, when any night has too few rooms left or the house is full. What `had`
    /// already had on a night it may keep, even where capacity was cut below what is taken.
    pub(super) fn check_free(
        &mut self,
        property: &Property,
        stay: Stay,
        rooms: &[BookedRoom],
        had: Option<&Booking>,
    ) -> Decision<()> {
        let mut refused = Vec::new();
        for (room_type, quantity) in by_type(rooms) {
            let kind = &property.room_types[usize::from(room_type.0)];
            let kept = had_of(had, |room| room.room_type == room_type);
            let mut night = stay.arrival();
            for (month, span) in stay.months() {
                let page = rows::page(self.rows, Key::Page(self.property, room_type, month))?;
                for place in span {
                    let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
                    let available = cell.count(kind).available;
                    if available < i64::from(quantity) && quantity > kept.on(night) {
                        refused.push(RefusedNight { night, room_type: kind.code, available, restriction: None });
                    }
                    night = night.next();
                }
            }
        }
        if let Some(limit) = property.details.house_limit {
            self.check_house(property, stay, limit, rooms, had, &mut refused)?;
        }
        Ok(if refused.is_empty() { Ok(()) } else { Err(Reject::SoldOut(refused)) })
    }

    /// The house limit counts all types together, so it reads every type's page.
    fn check_house(
        &mut self,
        property: &Property,
        stay: Stay,
        limit: u32,
        rooms: &[BookedRoom],
        had: Option<&Booking>,
        refused: &mut Vec<RefusedNight>,
    ) -> Result<(), Fault> {
        let Some(named) = rooms.first().map(|room| room.room_type_code) else { return Ok(()) };
        let wanted: u32 = rooms.iter().map(|r| r.quantity).sum();
        let kept = had_of(had, |_| true);
        for (night, taken) in house_taken(self.rows, self.property, property, stay)? {
            let available = i64::from(limit) - taken;
            let lacking = available < i64::from(wanted) && wanted > kept.on(night);
            if lacking && !refused.iter().any(|r| r.night == night) {
                refused.push(RefusedNight { night, room_type: named, available, restriction: None });
            }
        }
        Ok(())
    }

    pub(super) fn sell(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| {
            cell.sold += quantity;
            true
        })
    }

    pub(super) fn unsell(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| take_off(&mut cell.sold, quantity))
    }

    pub(super) fn hold(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| {
            cell.held += quantity;
            true
        })
    }

    pub(super) fn unhold(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| take_off(&mut cell.held, quantity))
    }

    /// Changes the cells of every night of every room; `change` answers false when that cannot be.
    fn count(&mut self, rooms: &[BookedRoom], stay: Stay, change: fn(&mut Cell, u32) -> bool) -> Result<(), Fault> {
        for room in rooms {
            for (month, span) in stay.months() {
                let key = Key::Page(self.property, room.room_type, month);
                let page = page_mut(self.rows, &key)?;
                if !page.cells[span].iter_mut().all(|cell| change(cell, room.quantity)) {
                    return Err(Fault::Counter(key));
                }
            }
        }
        Ok(())
    }

    /// Resolves and checks a new stay that nothing has to be given back for.
    pub(super) fn want(&mut self, property: &Property, stay: Stay, requests: &[RoomRequest]) -> Decision<Wanted> {
        if stay.arrival() < property.business_date {
            refuse!(Reject::ArrivalInPast { business_date: property.business_date });
        }
        let wanted = decided!(self.resolve(property, stay, requests));
        decided!(self.check_free(property, stay, &wanted.rooms, None));
        Ok(Ok(wanted))
    }
}

/// Finds the catalogue entries of a request; the price comes later.
fn identify(property: &Property, request: &RoomRequest) -> Result<(BookedRoom, Currency), Reject> {
    let (room_type, kind) = property.room_type(request.room_type).ok_or(Reject::UnknownRoomType(request.room_type))?;
    let (rate_plan, plan) = property.rate_plan(request.rate_plan).ok_or(Reject::UnknownRatePlan(request.rate_plan))?;
    let guests = usize::from(request.adults) + request.children_ages.len();
    if kind.occupancy != 0 && guests > usize::from(kind.occupancy) {
        return Err(Reject::OccupancyExceeded { room_type: kind.code, occupancy: kind.occupancy });
    }
    let room = BookedRoom {
        room_type,
        rate_plan,
        room_type_code: kind.code,
        rate_plan_code: plan.code,
        quantity: request.quantity,
        adults: request.adults,
        children_ages: request.children_ages.clone(),
        nightly: Vec::<Minor>::new(),
        policy: plan.policy,
    };
    Ok((room, plan.currency))
}

/// What a booking had on the nights of its stay.
struct Had {
    nights: Option<Stay>,
    quantity: u32,
}

impl Had {
    fn on(&self, night: Night) -> u32 {
        let covers = |stay: Stay| night >= stay.arrival() && night < stay.departure();
        if self.nights.is_some_and(covers) { self.quantity } else { 0 }
    }
}

fn had_of(booking: Option<&Booking>, counts: impl Fn(&BookedRoom) -> bool) -> Had {
    let quantity = booking.map_or(0, |b| b.rooms.iter().filter(|room| counts(room)).map(|room| room.quantity).sum());
    Had { nights: booking.map(|b| b.stay), quantity }
}

/// Rooms of all types taken on every night of a stay.
pub(crate) fn house_taken<R: Read + ?Sized>(
    rows: &mut R,
    number: PropertyNumber,
    property: &Property,
    stay: Stay,
) -> Result<Vec<(Night, i64)>, Fault> {
    let mut nights: Vec<(Night, i64)> = stay.nights().map(|night| (night, 0)).collect();
    for room_type in 0..property.room_types.len() {
        let mut at = 0;
        for (month, span) in stay.months() {
            let page = rows::page(rows, Key::Page(number, RoomTypeIx(room_type as u16), month))?;
            for place in span {
                nights[at].1 += page.map_or(0, |p| i64::from(p.cells[place].taken()));
                at += 1;
            }
        }
    }
    Ok(nights)
}

/// Rooms wanted of each type: two lines of one type compete for the same rooms.
fn by_type(rooms: &[BookedRoom]) -> Vec<(RoomTypeIx, u32)> {
    let mut sums: Vec<(RoomTypeIx, u32)> = Vec::with_capacity(rooms.len());
    for room in rooms {
        match sums.iter_mut().find(|(room_type, _)| *room_type == room.room_type) {
            Some((_, sum)) => *sum += room.quantity,
            None => sums.push((room.room_type, room.quantity)),
        }
    }
    sums
}

fn take_off(counter: &mut u32, quantity: u32) -> bool {
    counter.checked_sub(quantity).map(|rest| *counter = rest).is_some()
}
