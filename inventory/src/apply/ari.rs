//! Availability, rates and inventory: every update is checked before the first one is applied.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::rows::{page_mut, rates_mut};
use crate::{
    AriUpdate, DateRange, Fault, JournalEvent, Key, MAX_CAPACITY, MAX_MINOR, Night, Property, RatePlanIx, Reject, Reply,
    Restrictions, RoomTypeIx, Rows, ShortCode,
};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn update_ari(&mut self, updates: &[AriUpdate]) -> Decision<(JournalEvent, Reply)> {
        let property = self.property_row()?;
        let mut places = Vec::with_capacity(updates.len());
        for update in updates {
            places.push(resolve(&property, update)?);
        }
        // Nights that are over are history.
        let first = if self.at.rules >= Rules::HOTEL { property.business_date } else { Night(0) };
        let (mut nights, mut past) = (0, 0);
        let mut touched: Vec<ShortCode> = Vec::new();
        let mut priced: Vec<RatePlanIx> = Vec::new();
        for (update, (room_type, rate_plan)) in updates.iter().zip(places) {
            let on_nights = update.changes_page(rate_plan.is_none());
            let on_rates = rate_plan.is_some() && update.changes_rates();
            past += past_nights(update, first) * (u32::from(on_nights) + u32::from(on_rates));
            let Some(update) = not_before(update, first) else { continue };
            let update = &update;
            nights += self.change_page(update, room_type, rate_plan.is_none())?;
            if let Some(rate_plan) = rate_plan {
                let changed = self.change_rates(update, room_type, rate_plan)?;
                if changed > 0 && update.rate.is_some() {
                    priced.push(rate_plan);
                }
                nights += changed;
            }
            if !touched.contains(&update.room_type) {
                touched.push(update.room_type);
            }
        }
        self.mark_priced(property, &priced);
        let reply = Reply::AriUpdated { updates: updates.len() as u32, nights, past };
        Ok((JournalEvent::AriUpdated(touched), reply))
    }

    /// Sets capacity, rooms out of order, and restrictions for all plans. Returns the number of changed cells.
    fn change_page(&mut self, update: &AriUpdate, room_type: RoomTypeIx, restrict: bool) -> Result<u32, Fault> {
        if !update.changes_page(restrict) {
            return Ok(0);
        }
        let restrict = restrict && update.restricts();
        let mut changed = 0;
        let mut date = update.dates.from();
        for (month, span) in update.dates.months() {
            let page = page_mut(&mut self.rows, &Key::Page(self.property, room_type, month))?;
            for cell in &mut page.cells[span] {
                if update.days.contains(date) {
                    cell.capacity = if update.clear_capacity { None } else { update.capacity.or(cell.capacity) };
                    cell.out_of_order = update.out_of_order.unwrap_or(cell.out_of_order);
                    if restrict {
                        update.restrict(&mut cell.restrictions);
                    }
                    changed += 1;
                }
                date = date.next();
            }
        }
        Ok(changed)
    }

    /// Sets the plan's rate and its own restrictions. Returns the number of changed cells.
    fn change_rates(&mut self, update: &AriUpdate, room_type: RoomTypeIx, rate_plan: RatePlanIx) -> Result<u32, Fault> {
        if !update.changes_rates() {
            return Ok(0);
        }
        let mut changed = 0;
        let mut date = update.dates.from();
        for (month, span) in update.dates.months() {
            let page = rates_mut(&mut self.rows, &Key::Rates(self.property, room_type, rate_plan, month))?;
            for cell in &mut page.cells[span] {
                if update.days.contains(date) {
                    cell.rate = if update.clear_rate { None } else { update.rate.or(cell.rate) };
                    update.restrict(&mut cell.restrictions);
                    changed += 1;
                }
                date = date.next();
            }
        }
        Ok(changed)
    }

    /// Marks plans that got their first rate as priced.
    fn mark_priced(&mut self, property: Arc<Property>, plans: &[RatePlanIx]) {
        if plans.iter().all(|plan| property.rate_plans[usize::from(plan.0)].priced) {
            return;
        }
        let mut property = Arc::unwrap_or_clone(property);
        for plan in plans {
            property.rate_plans[usize::from(plan.0)].priced = true;
        }
        self.store_property(property);
    }
}

/// Finds the room type and rate plan of an update, and refuses an update that cannot be applied.
fn resolve(property: &Property, update: &AriUpdate) -> Result<(RoomTypeIx, Option<RatePlanIx>), Reject> {
    let (room_type, _) = property.room_type(update.room_type).ok_or(Reject::UnknownRoomType(update.room_type))?;
    let rate_plan = match update.rate_plan {
        None => None,
        Some(code) => Some(property.rate_plan(code).ok_or(Reject::UnknownRatePlan(code))?.0),
    };
    if (update.rate.is_some() || update.clear_rate) && rate_plan.is_none() {
        return Err(Reject::RateWithoutPlan);
    }
    if update.rate.is_some_and(|rate| rate > MAX_MINOR) {
        return Err(Reject::AmountTooLarge);
    }
    if update.capacity.max(update.out_of_order).is_some_and(|rooms| rooms > MAX_CAPACITY) {
        return Err(Reject::CapacityTooLarge);
    }
    Ok((room_type, rate_plan))
}

/// The update without the nights before `first`; `None` if no night is left.
fn not_before(update: &AriUpdate, first: Night) -> Option<AriUpdate> {
    let dates = DateRange::new(update.dates.from().max(first), update.dates.to()).ok()?;
    Some(AriUpdate { dates, ..update.clone() })
}

/// How many of the update's nights are before `first`.
fn past_nights(update: &AriUpdate, first: Night) -> u32 {
    let is_past = |night: &Night| *night < first && update.days.contains(*night);
    update.dates.dates().take_while(|night| *night < first).filter(is_past).count() as u32
}

impl AriUpdate {
    /// Whether it sets something for all plans; `restrict` says that its restrictions are for all plans.
    fn changes_page(&self, restrict: bool) -> bool {
        self.capacity.is_some() || self.clear_capacity || self.out_of_order.is_some() || restrict && self.restricts()
    }

    /// Whether it sets something of its plan.
    fn changes_rates(&self) -> bool {
        self.rate.is_some() || self.clear_rate || self.restricts()
    }

    fn restricts(&self) -> bool {
        let flags = [self.stop_sell, self.closed_to_arrival, self.closed_to_departure];
        let lengths = [self.min_stay_arrival, self.min_stay_through, self.max_stay];
        flags.iter().any(Option::is_some) || lengths.iter().any(Option::is_some)
    }

    fn restrict(&self, restrictions: &mut Restrictions) {
        let old = *restrictions;
        *restrictions = Restrictions {
            stop_sell: self.stop_sell.unwrap_or(old.stop_sell),
            closed_to_arrival: self.closed_to_arrival.unwrap_or(old.closed_to_arrival),
            closed_to_departure: self.closed_to_departure.unwrap_or(old.closed_to_departure),
            min_stay_arrival: self.min_stay_arrival.unwrap_or(old.min_stay_arrival),
            min_stay_through: self.min_stay_through.unwrap_or(old.min_stay_through),
            max_stay: self.max_stay.unwrap_or(old.max_stay),
        };
    }
}
