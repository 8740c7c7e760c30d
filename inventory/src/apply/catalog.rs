//! Properties, room types, rate plans: settings that are always written as a whole.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::shard::{Shard, check_revision};
use super::stop::Decision;
use crate::rows;
use crate::{Fee, JournalEvent, MAX_CAPACITY, Night, Property, PropertyDetails, RatePlan, Reject, Reply, RoomType, Rows};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn put_property(
        &mut self,
        id: &str,
        details: &PropertyDetails,
        business_date: Night,
        expected: Option<u32>,
    ) -> Decision<(JournalEvent, Reply)> {
        let stored = rows::property(&mut self.rows, self.property)?.cloned();
        check_revision(expected, stored.as_ref().map_or(0, |p| p.revision))?;
        let created = stored.is_none();
        let mut property = stored.map(Arc::unwrap_or_clone).unwrap_or_else(|| Property {
            id: String::from(id),
            details: PropertyDetails::default(),
            business_date,
            revision: 0,
            room_types: Vec::new(),
            rate_plans: Vec::new(),
        });
        property.details = details.clone();
        property.revision += 1;
        let property = self.store_property(property);
        Ok((JournalEvent::PropertyChanged, Reply::Property { property, created }))
    }

    pub(super) fn put_room_type(&mut self, wanted: &RoomType, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let mut property = Arc::unwrap_or_clone(self.property_row()?);
        if wanted.capacity > MAX_CAPACITY || wanted.overbooking_basis_points > 10_000 {
            return Err(Reject::CapacityTooLarge.into());
        }
        let place = property.room_types.iter().position(|t| t.code == wanted.code);
        let revision = place.map_or(0, |place| property.room_types[place].revision);
        check_revision(expected, revision)?;
        let room_type = RoomType { revision: revision + 1, ..wanted.clone() };
        match place {
            Some(place) => property.room_types[place] = room_type.clone(),
            None if property.room_types.len() >= usize::from(u16::MAX) => return Err(Reject::CapacityTooLarge.into()),
            None => property.room_types.push(room_type.clone()),
        }
        self.store_property(property);
        Ok((JournalEvent::RoomTypeChanged, Reply::RoomType { room_type, created: place.is_none() }))
    }

    pub(super) fn put_rate_plan(&mut self, wanted: &RatePlan, expected: Option<u32>) -> Decision<(JournalEvent, Reply)> {
        let mut property = Arc::unwrap_or_clone(self.property_row()?);
        if matches!(wanted.policy.fee, Fee::BasisPoints(points) if points > 10_000) {
            return Err(Reject::AmountTooLarge.into());
        }
        let place = property.rate_plans.iter().position(|p| p.code == wanted.code);
        let stored = place.map(|place| &property.rate_plans[place]);
        let revision = stored.map_or(0, |plan| plan.revision);
        check_revision(expected, revision)?;
        let priced = stored.is_some_and(|plan| plan.priced);
        // Loaded rates are amounts in the old currency, so the currency can no longer change.
        if priced && stored.is_some_and(|plan| plan.currency != wanted.currency) {
            return Err(Reject::CurrencyMismatch.into());
        }
        let rate_plan = RatePlan { revision: revision + 1, priced, ..wanted.clone() };
        match place {
            Some(place) => property.rate_plans[place] = rate_plan.clone(),
            None if property.rate_plans.len() >= usize::from(u16::MAX) => return Err(Reject::CapacityTooLarge.into()),
            None => property.rate_plans.push(rate_plan.clone()),
        }
        self.store_property(property);
        Ok((JournalEvent::RatePlanChanged, Reply::RatePlan { rate_plan, created: place.is_none() }))
    }
}
