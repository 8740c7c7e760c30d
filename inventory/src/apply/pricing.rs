//! Resolves the rooms of a stay against the catalogue: whether the stay is allowed, and what it costs.

use alloc::vec::Vec;

use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::rows;
use crate::{
    BookedRoom, Cell, Currency, Fault, Key, MAX_ROOMS, Minor, Night, Price, Property, RefusedNight, Reject, Restriction,
    Restrictions, RoomRequest, RoomType, Rows, Stay,
};

/// Requested rooms, resolved against the catalogue and priced.
pub(super) struct PricedRooms {
    pub rooms: Vec<BookedRoom>,
    pub currency: Currency,
}

impl PricedRooms {
    /// Refuses if the caller expected another price.
    pub(super) fn check_price(&self, expected: Option<Price>) -> Result<(), Reject> {
        let total: Option<Minor> = self.rooms.iter().map(BookedRoom::total).sum();
        match expected {
            Some(price) if (Some(price.amount), price.currency) != (total, self.currency) => {
                Err(Reject::PriceChanged { total, currency: self.currency })
            }
            _ => Ok(()),
        }
    }
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Makes every check that does not depend on free rooms, and prices the rooms.
    pub(super) fn price_rooms(
        &mut self,
        property: &Property,
        stay: Stay,
        requests: &[RoomRequest],
        overrides: bool,
    ) -> Decision<PricedRooms> {
        let (mut rooms, currency) = identify_all(property, requests, stay)?;
        if self.at.rules >= Rules::HOTEL {
            for room in &rooms {
                check_sold(property, room)?;
            }
        }
        let mut refused = Vec::new();
        for room in &mut rooms {
            let all_new = Change { had: None, kept: None, adds_rooms: true, overrides };
            self.price(property, stay, (room, all_new), &mut refused)?;
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
        Ok(PricedRooms { rooms, currency })
    }

    /// Fills in the nightly prices. Adds the nights that a restriction or a missing rate forbids to `refused`.
    pub(super) fn price(
        &mut self,
        property: &Property,
        stay: Stay,
        (room, change): (&mut BookedRoom, Change<'_>),
        refused: &mut Vec<RefusedNight>,
    ) -> Result<(), Fault> {
        let room_type = &property.room_types[usize::from(room.room_type.0)];
        let priced = property.rate_plans[usize::from(room.rate_plan.0)].priced;
        let mut refuse = |night, cell: &Cell, restriction| {
            let available = cell.count(room_type).available;
            refused.push(RefusedNight { night, room_type: room_type.code, available, restriction: Some(restriction) });
        };
        let mut night = room.span(stay).arrival();
        for (month, span) in room.span(stay).months() {
            let rates_key = Key::Rates(self.property, room.room_type, room.rate_plan, month);
            let mut rates = [crate::RateCell::default(); crate::calendar::PLACES];
            if let Some(page) = rows::rates(&mut self.rows, rates_key)? {
                rates[span.clone()].copy_from_slice(&page.cells[span.clone()]);
            }
            let page = rows::page(&mut self.rows, Key::Page(self.property, room.room_type, month))?;
            for place in span {
                let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
                let rate = change.agreed(night).or(rates[place].rate);
                let of_type = change.forbids(&cell.restrictions, stay, night);
                if let Some(restriction) = of_type.or_else(|| change.forbids(&rates[place].restrictions, stay, night)) {
                    refuse(night, &cell, restriction);
                } else if (priced, rate) == (true, None) {
                    refuse(night, &cell, Restriction::NoRate);
                }
                if priced {
                    room.nightly.push(rate.unwrap_or(0));
                }
                night = night.next();
            }
        }
        if change.departs(room.span(stay), stay)
            && let Some(cell) = self.closed_to_departure(stay, room)?
        {
            refuse(stay.departure(), &cell, Restriction::ClosedToDeparture);
        }
        Ok(())
    }

    /// Adds the nights of these rooms that forbid the new length of the stay to `refused`. They are over, so nothing else about them is new.
    pub(super) fn check_length(
        &mut self,
        property: &Property,
        stay: Stay,
        (room, change): (&BookedRoom, Change<'_>),
        refused: &mut Vec<RefusedNight>,
    ) -> Result<(), Fault> {
        if change.had.is_some_and(|had| had.len() == stay.len()) {
            return Ok(());
        }
        let room_type = &property.room_types[usize::from(room.room_type.0)];
        let mut nights = room.span(stay).nights();
        for (month, span) in room.span(stay).months() {
            let of_plan = rows::rates(&mut self.rows, Key::Rates(self.property, room.room_type, room.rate_plan, month))?;
            let of_plan: Vec<Restrictions> = span
                .clone()
                .map(|place| of_plan.map_or_else(Restrictions::default, |page| page.cells[place].restrictions))
                .collect();
            let page = rows::page(&mut self.rows, Key::Page(self.property, room.room_type, month))?;
            for ((place, of_plan), night) in span.zip(of_plan).zip(&mut nights) {
                let cell = page.map_or_else(Cell::default, |page| page.cells[place]);
                let of_type = change.forbids(&cell.restrictions, stay, night);
                if let Some(restriction) = of_type.or_else(|| change.forbids(&of_plan, stay, night)) {
                    let available = cell.count(room_type).available;
                    refused.push(RefusedNight { night, room_type: room_type.code, available, restriction: Some(restriction) });
                }
            }
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
        overrides: bool,
    ) -> Decision<PricedRooms> {
        if stay.arrival() < property.business_date {
            return Err(Reject::ArrivalInPast { business_date: property.business_date }.into());
        }
        let priced = self.price_rooms(property, stay, requests, overrides)?;
        self.check_free(property, (stay, stay), &priced.rooms, None)?;
        Ok(priced)
    }
}

/// What a booking or an amendment changes about one line of rooms. What the booking has already is not restricted again.
#[derive(Clone, Copy)]
pub(super) struct Change<'b> {
    /// The nights of the booking before; `None` for a new one.
    pub had: Option<Stay>,
    /// The rooms of the booking that this line keeps; `None` for rooms that it did not have.
    pub kept: Option<&'b BookedRoom>,
    /// Whether more rooms leave on the last day than before.
    pub adds_rooms: bool,
    /// Whether restrictions do not bind it.
    pub overrides: bool,
}

impl Change<'_> {
    /// The nights of the kept rooms.
    fn kept_nights(&self) -> Option<(&BookedRoom, Stay)> {
        let kept = self.kept?;
        Some((kept, kept.span(self.had?)))
    }

    /// The agreed price of a night that the booking has already.
    fn agreed(&self, night: Night) -> Option<Minor> {
        let (kept, span) = self.kept_nights()?;
        let place = night.0.checked_sub(span.arrival().0)?;
        kept.nightly.get(place as usize).copied()
    }

    fn forbids(&self, restrictions: &Restrictions, stay: Stay, night: Night) -> Option<Restriction> {
        let first_night = night == stay.arrival();
        if self.overrides {
            return None;
        }
        match (self.had, self.kept_nights()) {
            (Some(had), Some((_, span))) if span.contains(night) => restrictions.on_kept_night(stay, had, first_night),
            _ => restrictions.on_night(stay, first_night),
        }
    }

    /// Whether these rooms leave on a day on which they did not leave before.
    fn departs(&self, span: Stay, stay: Stay) -> bool {
        let new_room = self.kept.is_none() && (self.adds_rooms || span.arrival() == stay.arrival());
        let new_day = self.had.is_none_or(|had| had.departure() != stay.departure());
        !self.overrides && span.departure() == stay.departure() && (new_day || new_room)
    }
}

/// Finds the catalogue entries of all requests, which must have one currency.
pub(super) fn identify_all(
    property: &Property,
    requests: &[RoomRequest],
    stay: Stay,
) -> Result<(Vec<BookedRoom>, Currency), Reject> {
    let quantity: u64 = requests.iter().map(|r| u64::from(r.quantity)).sum();
    if quantity == 0 || requests.iter().any(|r| r.quantity == 0) {
        return Err(Reject::NoRooms);
    }
    if quantity > u64::from(MAX_ROOMS) {
        return Err(Reject::TooManyRooms);
    }
    let nights = stay.len();
    if requests.iter().any(|room| !room.seller_nightly.is_empty() && room.seller_nightly.len() != nights as usize) {
        return Err(Reject::SellerPrices { nights });
    }
    let mut rooms = Vec::with_capacity(requests.len());
    let mut currency = None;
    for request in requests {
        let (room, plan_currency) = identify(property, request)?;
        if *currency.get_or_insert(plan_currency) != plan_currency {
            return Err(Reject::CurrencyMismatch);
        }
        rooms.push(room);
    }
    Ok((rooms, currency.unwrap_or(property.details.currency)))
}

/// Refuses a room type or rate plan that is no longer sold.
pub(super) fn check_sold(property: &Property, room: &BookedRoom) -> Result<(), Reject> {
    if property.room_types[usize::from(room.room_type.0)].retired {
        return Err(Reject::Retired(room.room_type_code));
    }
    if property.rate_plans[usize::from(room.rate_plan.0)].retired {
        return Err(Reject::Retired(room.rate_plan_code));
    }
    Ok(())
}

/// Finds the catalogue entries of a request. The price is filled in later.
fn identify(property: &Property, request: &RoomRequest) -> Result<(BookedRoom, Currency), Reject> {
    let (room_type, kind) = property.room_type(request.room_type).ok_or(Reject::UnknownRoomType(request.room_type))?;
    let (rate_plan, plan) = property.rate_plan(request.rate_plan).ok_or(Reject::UnknownRatePlan(request.rate_plan))?;
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
        nights: None,
        late: None,
        seller_nightly: request.seller_nightly.iter().copied().map(Some).collect(),
    };
    check_occupancy(kind, &room)?;
    Ok((room, plan.currency))
}

/// Refuses more guests than the room type allows.
pub(super) fn check_occupancy(kind: &RoomType, room: &BookedRoom) -> Result<(), Reject> {
    let guests = usize::from(room.adults) + room.children_ages.len();
    if kind.occupancy != 0 && guests > usize::from(kind.occupancy) {
        return Err(Reject::OccupancyExceeded { room_type: kind.code, occupancy: kind.occupancy });
    }
    Ok(())
}
