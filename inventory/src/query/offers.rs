//! Offers: room types and rate plans that are free, allowed and priced for a stay.

use alloc::vec::Vec;

use super::availability::availability;
use crate::property_total::rooms_taken;
use crate::rows;
use crate::{
    CancellationPolicy, Currency, Fault, Key, Minor, Property, PropertyNumber, RatePlanIx, Read, RoomTypeIx, ShortCode, Stay,
};

/// The query of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferQuery {
    /// The nights.
    pub stay: Stay,
    /// Guests of all ages, in one room.
    pub guests: u16,
}

/// One offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The room type.
    pub room_type: ShortCode,
    /// The rate plan.
    pub rate_plan: ShortCode,
    /// The currency of the prices.
    pub currency: Currency,
    /// The price of each night.
    pub nightly: Vec<Minor>,
    /// The cancellation policy.
    pub policy: CancellationPolicy,
    /// Rooms left on the scarcest night.
    pub sellable: u32,
}

impl Offer {
    /// The price of the stay.
    pub fn total(&self) -> Minor {
        self.nightly.iter().sum()
    }
}

/// Every offer for a stay that does not begin in the past, by room type, then rate plan.
pub fn offers<R: Read + ?Sized>(
    rows: &mut R,
    number: PropertyNumber,
    property: &Property,
    query: OfferQuery,
) -> Result<Vec<Offer>, Fault> {
    let mut offers = Vec::new();
    if query.stay.arrival() < property.business_date {
        return Ok(offers);
    }
    let house = left_of_house_limit(rows, number, property, query.stay)?;
    for (place, kind) in property.room_types.iter().enumerate() {
        if kind.retired || kind.occupancy != 0 && query.guests > kind.occupancy {
            continue;
        }
        let counts = availability(rows, number, property, query.stay, Some(kind.code))?;
        let sellable = counts.iter().flat_map(|a| &a.nights).map(|(_, count)| count.sellable()).min().unwrap_or(0).min(house);
        if sellable == 0 || is_restricted(rows, number, RoomTypeIx(place as u16), query.stay)? {
            continue;
        }
        for (plan_place, plan) in property.rate_plans.iter().enumerate().filter(|(_, plan)| !plan.retired) {
            let at = (number, RoomTypeIx(place as u16), RatePlanIx(plan_place as u16));
            if let Some(nightly) = nightly_prices(rows, at, query.stay)? {
                let (room_type, rate_plan) = (kind.code, plan.code);
                offers.push(Offer { room_type, rate_plan, currency: plan.currency, nightly, policy: plan.policy, sellable });
            }
        }
    }
    Ok(offers)
}

/// The rooms that the house limit still allows on the fullest night.
fn left_of_house_limit<R: Read + ?Sized>(
    rows: &mut R,
    number: PropertyNumber,
    property: &Property,
    stay: Stay,
) -> Result<u32, Fault> {
    let Some(limit) = property.details.house_limit else { return Ok(u32::MAX) };
    let nights = rooms_taken(rows, number, property, stay)?;
    let room = nights.iter().map(|(_, taken)| i64::from(limit) - taken).min().unwrap_or(0);
    Ok(room.clamp(0, i64::from(u32::MAX)) as u32)
}

/// Whether restrictions of the room type forbid the stay.
fn is_restricted<R: Read + ?Sized>(
    rows: &mut R,
    number: PropertyNumber,
    room_type: RoomTypeIx,
    stay: Stay,
) -> Result<bool, Fault> {
    for (month, places) in stay.months() {
        if let Some(page) = rows::page(rows, Key::Page(number, room_type, month))? {
            let arrival = stay.arrival().in_month();
            let forbids = |place: usize| page.cells[place].restrictions.on_night(stay, (month, place) == arrival).is_some();
            if places.clone().any(forbids) {
                return Ok(true);
            }
        }
    }
    let (month, place) = stay.departure().in_month();
    let page = rows::page(rows, Key::Page(number, room_type, month))?;
    Ok(page.is_some_and(|p| p.cells[place].restrictions.closed_to_departure))
}

/// The nightly prices, or `None` if the plan forbids the stay or lacks a rate.
fn nightly_prices<R: Read + ?Sized>(
    rows: &mut R,
    (number, room_type, rate_plan): (PropertyNumber, RoomTypeIx, RatePlanIx),
    stay: Stay,
) -> Result<Option<Vec<Minor>>, Fault> {
    let mut nightly = Vec::with_capacity(stay.len() as usize);
    let arrival = stay.arrival().in_month();
    for (month, places) in stay.months() {
        let Some(page) = rows::rates(rows, Key::Rates(number, room_type, rate_plan, month))? else {
            return Ok(None);
        };
        for place in places {
            let cell = &page.cells[place];
            match cell.rate {
                Some(rate) if cell.restrictions.on_night(stay, (month, place) == arrival).is_none() => nightly.push(rate),
                _ => return Ok(None),
            }
        }
    }
    let (month, place) = stay.departure().in_month();
    let departure = rows::rates(rows, Key::Rates(number, room_type, rate_plan, month))?;
    let shut = departure.is_some_and(|p| p.cells[place].restrictions.closed_to_departure);
    Ok((!shut).then_some(nightly))
}
