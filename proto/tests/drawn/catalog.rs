//! Generators of properties and their catalogues.

use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{code, currency, night, number, short, text};

pub fn policy() -> impl Strategy<Value = CancellationPolicy> {
    let fee = prop_oneof![Just(Fee::None), Just(Fee::FirstNight), number().prop_map(Fee::BasisPoints)];
    (short(), fee).prop_map(|(free_until_days, fee)| CancellationPolicy { free_until_days, fee })
}

pub fn details() -> impl Strategy<Value = PropertyDetails> {
    (text(), text(), currency(), text(), option::of(number()), any::<bool>(), text()).prop_map(
        |(name, time_zone, currency, home_region, house_limit, no_show_on_close, presentation)| PropertyDetails {
            name,
            time_zone,
            currency,
            home_region,
            house_limit,
            no_show_on_close,
            presentation,
        },
    )
}

pub fn room_type() -> impl Strategy<Value = RoomType> {
    (code(), text(), number(), short(), number(), any::<[bool; 2]>(), number()).prop_map(
        |(code, name, capacity, occupancy, overbooking_basis_points, [accessible, retired], revision)| RoomType {
            code,
            name,
            capacity,
            occupancy,
            overbooking_basis_points,
            accessible,
            retired,
            revision,
        },
    )
}

pub fn rate_plan() -> impl Strategy<Value = RatePlan> {
    (code(), text(), currency(), policy(), any::<[bool; 2]>(), number()).prop_map(
        |(code, name, currency, policy, [priced, retired], revision)| RatePlan {
            code,
            name,
            currency,
            policy,
            priced,
            retired,
            revision,
        },
    )
}

pub fn property() -> impl Strategy<Value = Property> {
    (text(), details(), night(), number(), vec(room_type(), 0..3), vec(rate_plan(), 0..3)).prop_map(
        |(id, details, business_date, revision, room_types, rate_plans)| Property {
            id,
            details,
            business_date,
            revision,
            room_types,
            rate_plans,
        },
    )
}
