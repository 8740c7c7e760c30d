//! Resolves the rooms of a stay against the catalogue: whether the stay is allowed, and what it costs.

use alloc::vec::Vec;

use super::shard::Shard;
use super::stop::Decision;
use crate::rows;
use crate::{
    BookedRoom, Cell, Currency, Fault, Key, MAX_ROOMS, Minor, Property, RefusedNight, Reject, Restriction, RoomRequest, Rows,
    Stay,
};

/// Requested rooms, resolved against the catalogue and priced.
pub(super) struct PricedRooms {
    pub rooms: Vec<BookedRoom>,
    pub currency: Currency,
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Makes every check that does not depend on free rooms, and prices the rooms.
    pub(super) fn price_rooms(&mut self, property: &Property, stay: Stay, requests: &[RoomRequest]) -> Decision<PricedRooms> {
        let quantity: u64 = requests.iter().map(|r| u64::from(r.quantity)).sum();
        if quantity == 0 || requests.iter().any(|r| r.quantity == 0) {
            return Err(Reject::NoRooms.into());
        }
        if quantity > u64::from(MAX_ROOMS) {
            return Err(Reject::TooManyRooms.into());
        }
        let mut rooms = Vec::with_capacity(requests.len());
        let mut currency = None;
        for request in requests {
            let (room, plan_currency) = identify(property, request)?;
            if *currency.get_or_insert(plan_currency) != plan_currency {
                return Err(Reject::CurrencyMismatch.into());
            }
            rooms.push(room);
        }
        let mut refused = Vec::new();
        for room in &mut rooms {
            self.price(property, stay, room, &mut refused)?;
        }
        if !refused.is_empty() {
            return Err(Reject::Restricted(self.named_nights(refused)).into());
        }
        for room in &rooms {
            let priced = property.rate_plans[usize::from(room.rate_plan.0)].priced;
            let prices = if priced { stay.len() as usize } else { 0 };
            assert_eq!(room.nightly.len(), prices, "a priced plan has a price for every night, any other plan has none");
        }
        assert_eq!(rooms.len(), requests.len(), "each requested line gives one priced line");
        Ok(PricedRooms { rooms, currency: currency.unwrap_or(property.details.currency) })
    }

    /// Fills in the nightly prices. Adds the nights that a restriction or a missing rate forbids to `refused`.
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
            if let Some(page) = rows::rates(&mut self.rows, rates_key)? {
                rates[span.clone()].copy_from_slice(&page.cells[span.clone()]);
            }
            let page = rows::page(&mut self.rows, Key::Page(self.property, room.room_type, month))?;
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

    /// The cell of the departure day, if the day is closed to departure. That day is not a night of the stay.
    fn closed_to_departure(&mut self, stay: Stay, room: &BookedRoom) -> Result<Option<Cell>, Fault> {
        let (month, place) = stay.departure().in_month();
        let page = rows::page(&mut self.rows, Key::Page(self.property, room.room_type, month))?;
        let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
        let rates = rows::rates(&mut self.rows, Key::Rates(self.property, room.room_type, room.rate_plan, month))?;
        let by_plan = rates.is_some_and(|r| r.cells[place].restrictions.closed_to_departure);
        Ok((cell.restrictions.closed_to_departure || by_plan).then_some(cell))
    }

    /// Prices a new stay and checks that its rooms are free.
    pub(super) fn price_free_rooms(
        &mut self,
        property: &Property,
        stay: Stay,
        requests: &[RoomRequest],
    ) -> Decision<PricedRooms> {
        if stay.arrival() < property.business_date {
            return Err(Reject::ArrivalInPast { business_date: property.business_date }.into());
        }
        let priced = self.price_rooms(property, stay, requests)?;
        self.check_free(property, stay, &priced.rooms, None)?;
        Ok(priced)
    }
}

/// Finds the catalogue entries of a request. The price is filled in later.
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
