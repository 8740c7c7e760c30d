//! The catalogue of a property: room types, rate plans, and the property's own settings.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Currency, Minor, Night, RatePlanIx, RoomTypeIx, ShortCode};

/// One property and its catalogue. It is one row, because a booking needs all of it and it seldom changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The id its owner chose.
    pub id: String,
    /// The settings that its owner may change.
    pub details: PropertyDetails,
    /// The property's current day. Only closing it moves it on.
    pub business_date: Night,
    /// The number of the row's current version, from 1.
    pub revision: u32,
    /// By [`RoomTypeIx`]; entries are never removed.
    pub room_types: Vec<RoomType>,
    /// By [`RatePlanIx`]; entries are never removed.
    pub rate_plans: Vec<RatePlan>,
}

/// The settings of a property.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PropertyDetails {
    /// The hotel's name.
    pub name: String,
    /// IANA name; only the edge resolves it.
    pub time_zone: String,
    /// The currency of its prices, unless a rate plan has its own.
    pub currency: Currency,
    /// The region whose nodes should lead its shard.
    pub home_region: String,
    /// The most rooms, over all types, that may be taken on one night.
    pub house_limit: Option<u32>,
    /// Whether closing the business date marks missing guests as no-shows.
    pub no_show_on_close: bool,
    /// Address, location, languages, images: JSON as the edge normalised it. The domain never reads it.
    pub presentation: String,
}

/// A category of rooms that are sold as equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomType {
    /// Its code, unique in the property.
    pub code: ShortCode,
    /// Its name.
    pub name: String,
    /// Rooms of this type, on every night for which ARI sets no other number.
    pub capacity: u32,
    /// The most guests in one room; 0 for no limit.
    pub occupancy: u16,
    /// Overbooking allowance, in basis points of the rooms in order.
    pub overbooking_basis_points: u32,
    /// Whether the rooms are accessible.
    pub accessible: bool,
    /// Whether it is no longer sold. Its bookings stand.
    pub retired: bool,
    /// The number of the entry's current version, from 1.
    pub revision: u32,
}

/// A price list with a cancellation policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatePlan {
    /// Its code, unique in the property.
    pub code: ShortCode,
    /// Its name.
    pub name: String,
    /// The currency of its rates.
    pub currency: Currency,
    /// The fee for cancelling.
    pub policy: CancellationPolicy,
    /// Whether a rate was ever loaded. Before that, its price is agreed elsewhere; after that, a night without a rate
    /// is not for sale.
    pub priced: bool,
    /// Whether it is no longer sold. Its bookings stand.
    pub retired: bool,
    /// The number of the entry's current version, from 1.
    pub revision: u32,
}

/// Until when cancelling is free, and the fee after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CancellationPolicy {
    /// Free while the arrival is at least this many days after the business date.
    pub free_until_days: u16,
    /// The fee after that.
    pub fee: Fee,
}

/// A cancellation fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fee {
    /// Nothing.
    #[default]
    None,
    /// The first night of every room.
    FirstNight,
    /// A share of the total, in basis points.
    BasisPoints(u32),
}

impl CancellationPolicy {
    /// Whether cancelling on `today` costs the fee.
    pub fn applies(&self, today: Night, arrival: Night) -> bool {
        arrival.0.saturating_sub(today.0) < u32::from(self.free_until_days).max(1)
    }

    /// The fee for cancelling on `today` for an `arrival`, given the price of the first night and the total.
    pub fn fee_on(&self, today: Night, arrival: Night, first_night: Minor, total: Minor) -> Minor {
        if !self.applies(today, arrival) {
            return 0;
        }
        match self.fee {
            Fee::None => 0,
            Fee::FirstNight => first_night,
            // In 128 bits, so that the product cannot overflow.
            Fee::BasisPoints(points) => (u128::from(total) * u128::from(points) / 10_000) as Minor,
        }
    }
}

impl Property {
    /// Finds a room type by code.
    pub fn room_type(&self, code: ShortCode) -> Option<(RoomTypeIx, &RoomType)> {
        let place = self.room_types.iter().position(|t| t.code == code)?;
        Some((RoomTypeIx(place as u16), &self.room_types[place]))
    }

    /// Finds a rate plan by code.
    pub fn rate_plan(&self, code: ShortCode) -> Option<(RatePlanIx, &RatePlan)> {
        let place = self.rate_plans.iter().position(|p| p.code == code)?;
        Some((RatePlanIx(place as u16), &self.rate_plans[place]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_depends_on_the_days_before_arrival() {
        let policy = CancellationPolicy { free_until_days: 2, fee: Fee::BasisPoints(5_000) };
        for (today, fee) in [(7, 0), (8, 0), (9, 150), (10, 150), (11, 150)] {
            assert_eq!(policy.fee_on(Night(today), Night(10), 100, 300), fee, "on day {today}");
        }
        let first_night = CancellationPolicy { free_until_days: 0, fee: Fee::FirstNight };
        assert_eq!(first_night.fee_on(Night(9), Night(10), 100, 300), 0);
        assert_eq!(first_night.fee_on(Night(10), Night(10), 100, 300), 100);
    }
}
