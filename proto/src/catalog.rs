//! Properties, room types, rate plans.

use std::sync::Arc;

use keyrack_inventory::{CancellationPolicy, Fee, Night, Property, PropertyDetails, RatePlan, RoomType};

use crate::fields::{Malformed, code, currency, narrow, required};
use crate::internal as pb;

impl From<&Property> for pb::PropertyRow {
    fn from(property: &Property) -> Self {
        pb::PropertyRow {
            id: property.id.clone(),
            details: Some((&property.details).into()),
            business_date: property.business_date.0,
            revision: property.revision,
            room_types: property.room_types.iter().map(Into::into).collect(),
            rate_plans: property.rate_plans.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<pb::PropertyRow> for Arc<Property> {
    type Error = Malformed;

    fn try_from(row: pb::PropertyRow) -> Result<Self, Malformed> {
        Ok(Arc::new(Property {
            id: row.id,
            details: required(row.details, "property details")?.try_into()?,
            business_date: Night(row.business_date),
            revision: row.revision,
            room_types: row.room_types.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            rate_plans: row.rate_plans.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        }))
    }
}

impl From<&PropertyDetails> for pb::PropertyDetails {
    fn from(details: &PropertyDetails) -> Self {
        pb::PropertyDetails {
            name: details.name.clone(),
            time_zone: details.time_zone.clone(),
            currency: details.currency.as_str().into(),
            home_region: details.home_region.clone(),
            house_limit: details.house_limit,
            no_show_on_close: details.no_show_on_close,
            presentation: details.presentation.clone(),
        }
    }
}

impl TryFrom<pb::PropertyDetails> for PropertyDetails {
    type Error = Malformed;

    fn try_from(details: pb::PropertyDetails) -> Result<Self, Malformed> {
        Ok(PropertyDetails {
            name: details.name,
            time_zone: details.time_zone,
            currency: currency(&details.currency)?,
            home_region: details.home_region,
            house_limit: details.house_limit,
            no_show_on_close: details.no_show_on_close,
            presentation: details.presentation,
        })
    }
}

impl From<&RoomType> for pb::RoomTypeEntry {
    fn from(kind: &RoomType) -> Self {
        pb::RoomTypeEntry {
            code: kind.code.as_str().into(),
            name: kind.name.clone(),
            capacity: kind.capacity,
            occupancy: kind.occupancy.into(),
            overbooking_basis_points: kind.overbooking_basis_points,
            accessible: kind.accessible,
            retired: kind.retired,
            revision: kind.revision,
        }
    }
}

impl TryFrom<pb::RoomTypeEntry> for RoomType {
    type Error = Malformed;

    fn try_from(entry: pb::RoomTypeEntry) -> Result<Self, Malformed> {
        Ok(RoomType {
            code: code(&entry.code)?,
            name: entry.name,
            capacity: entry.capacity,
            occupancy: narrow(entry.occupancy, "occupancy")?,
            overbooking_basis_points: entry.overbooking_basis_points,
            accessible: entry.accessible,
            retired: entry.retired,
            revision: entry.revision,
        })
    }
}

impl From<&RatePlan> for pb::RatePlanEntry {
    fn from(plan: &RatePlan) -> Self {
        pb::RatePlanEntry {
            code: plan.code.as_str().into(),
            name: plan.name.clone(),
            currency: plan.currency.as_str().into(),
            policy: policy_to_pb(plan.policy),
            priced: plan.priced,
            retired: plan.retired,
            revision: plan.revision,
        }
    }
}

impl TryFrom<pb::RatePlanEntry> for RatePlan {
    type Error = Malformed;

    fn try_from(entry: pb::RatePlanEntry) -> Result<Self, Malformed> {
        Ok(RatePlan {
            code: code(&entry.code)?,
            name: entry.name,
            currency: currency(&entry.currency)?,
            policy: policy_from_pb(entry.policy)?,
            priced: entry.priced,
            retired: entry.retired,
            revision: entry.revision,
        })
    }
}

/// A policy without a fee is left out.
pub(crate) fn policy_to_pb(policy: CancellationPolicy) -> Option<pb::Policy> {
    let (fee, basis_points) = match policy.fee {
        Fee::None => (0, 0),
        Fee::FirstNight => (1, 0),
        Fee::BasisPoints(points) => (2, points),
    };
    (policy != CancellationPolicy::default()).then(|| pb::Policy {
        free_until_days: policy.free_until_days.into(),
        fee,
        basis_points,
    })
}

pub(crate) fn policy_from_pb(policy: Option<pb::Policy>) -> Result<CancellationPolicy, Malformed> {
    let Some(policy) = policy else { return Ok(CancellationPolicy::default()) };
    let fee = match policy.fee {
        0 => Fee::None,
        1 => Fee::FirstNight,
        2 => Fee::BasisPoints(policy.basis_points),
        _ => return Err(Malformed("fee")),
    };
    Ok(CancellationPolicy { free_until_days: narrow(policy.free_until_days, "policy")?, fee })
}
