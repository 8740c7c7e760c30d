//! Adding properties, and ARI.

use std::sync::Arc;

use super::{Decided, Hotel, Model};
use crate::almanac;
use keyrack_inventory::*;

/// Checks `If-Match`. A record that does not exist has revision 0.
fn matches(expected: Option<u32>, current: u32) -> Result<(), Reject> {
    if expected.is_some_and(|r| r != current) { Err(Reject::RevisionMismatch { current }) } else { Ok(()) }
}

impl Model {
    pub(super) fn put_property(
        &mut self,
        number: PropertyNumber,
        id: &str,
        details: &PropertyDetails,
        business_date: Night,
        expected: Option<u32>,
    ) -> Decided {
        let known = self.hotels.iter().position(|h| h.number == number);
        matches(expected, known.map_or(0, |place| self.hotels[place].property.revision))?;
        let property = match known {
            Some(place) => {
                let property = &mut self.hotels[place].property;
                property.details = details.clone();
                property.revision += 1;
                property.clone()
            }
            None => {
                let (id, details) = (id.to_owned(), details.clone());
                let property =
                    Property { id, details, business_date, revision: 1, room_types: Vec::new(), rate_plans: Vec::new() };
                self.hotels.push(Hotel { number, opened: business_date, property: property.clone(), updates: Vec::new() });
                property
            }
        };
        Ok((JournalEvent::PropertyChanged, Reply::Property { property: Arc::new(property), created: known.is_none() }))
    }
}

impl Hotel {
    pub(super) fn put_room_type(&mut self, wanted: &RoomType, expected: Option<u32>) -> Decided {
        if wanted.capacity > 100_000 || wanted.overbooking_basis_points > 10_000 {
            return Err(Reject::CapacityTooLarge);
        }
        let current = self.room_type(wanted.code).map_or(0, |t| t.revision);
        matches(expected, current)?;
        let room_type = RoomType { revision: current + 1, ..wanted.clone() };
        match self.property.room_types.iter_mut().find(|t| t.code == wanted.code) {
            Some(known) => *known = room_type.clone(),
            None => self.property.room_types.push(room_type.clone()),
        }
        Ok((JournalEvent::RoomTypeChanged, Reply::RoomType { room_type, created: current == 0 }))
    }

    pub(super) fn put_rate_plan(&mut self, wanted: &RatePlan, expected: Option<u32>) -> Decided {
        if let Fee::BasisPoints(10_001..) = wanted.policy.fee {
            return Err(Reject::AmountTooLarge);
        }
        let known = self.rate_plan(wanted.code).cloned();
        let current = known.as_ref().map_or(0, |p| p.revision);
        matches(expected, current)?;
        let priced = known.as_ref().is_some_and(|p| p.priced);
        if priced && known.is_some_and(|p| p.currency != wanted.currency) {
            return Err(Reject::CurrencyMismatch);
        }
        let rate_plan = RatePlan { revision: current + 1, priced, ..wanted.clone() };
        match self.property.rate_plans.iter_mut().find(|p| p.code == wanted.code) {
            Some(known) => *known = rate_plan.clone(),
            None => self.property.rate_plans.push(rate_plan.clone()),
        }
        Ok((JournalEvent::RatePlanChanged, Reply::RatePlan { rate_plan, created: current == 0 }))
    }

    /// Applies all updates or none.
    pub(super) fn update_ari(&mut self, updates: &[AriUpdate]) -> Decided {
        for update in updates {
            self.room_type(update.room_type).ok_or(Reject::UnknownRoomType(update.room_type))?;
            if let Some(plan) = update.rate_plan {
                self.rate_plan(plan).ok_or(Reject::UnknownRatePlan(plan))?;
            } else if update.rate.is_some() || update.clear_rate {
                return Err(Reject::RateWithoutPlan);
            }
            if update.rate.is_some_and(|r| r > 1_000_000_000_000) {
                return Err(Reject::AmountTooLarge);
            }
            if update.capacity.is_some_and(|c| c > 100_000) || update.out_of_order.is_some_and(|c| c > 100_000) {
                return Err(Reject::CapacityTooLarge);
            }
        }
        let (mut nights, mut past) = (0, 0);
        let mut codes: Vec<ShortCode> = Vec::new();
        let today = self.property.business_date;
        for update in updates {
            let dates = (update.dates.from().0..=update.dates.to().0).filter(|night| almanac::is_on(update.days, Night(*night)));
            let (over, dates): (Vec<u32>, Vec<u32>) = dates.partition(|night| *night < today.0);
            let [over, dates] = [over.len() as u32, dates.len() as u32];
            let restricts = restricts(update);
            let type_told = update.capacity.is_some() || update.clear_capacity || update.out_of_order.is_some();
            let (plan, no_plan) = (update.rate_plan.is_some(), update.rate_plan.is_none());
            let of_type = type_told || (no_plan && restricts);
            let of_plan = plan && (update.rate.is_some() || update.clear_rate || restricts);
            for told in [of_type, of_plan] {
                nights += if told { dates } else { 0 };
                past += if told { over } else { 0 };
            }
            if update.dates.to() < today {
                continue;
            }
            if !codes.contains(&update.room_type) {
                codes.push(update.room_type);
            }
            for plan in self.property.rate_plans.iter_mut().filter(|p| Some(p.code) == update.rate_plan) {
                // A rate that matches no date does not make the plan priced.
                plan.priced |= update.rate.is_some() && dates > 0;
            }
            // What was set for nights that are over stays.
            let dates = DateRange::new(update.dates.from().max(today), update.dates.to()).unwrap();
            self.updates.push(AriUpdate { dates, ..update.clone() });
        }
        Ok((JournalEvent::AriUpdated(codes), Reply::AriUpdated { updates: updates.len() as u32, nights, past }))
    }
}

/// Whether an update has any restriction.
fn restricts(u: &AriUpdate) -> bool {
    u.stop_sell.is_some()
        || u.closed_to_arrival.is_some()
        || u.closed_to_departure.is_some()
        || u.min_stay_arrival.is_some()
        || u.min_stay_through.is_some()
        || u.max_stay.is_some()
}
