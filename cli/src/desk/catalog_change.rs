//! Changes of properties, room types and rate plans: an option that is not given keeps its value.
//!
//! The API replaces a whole record. So the command reads the record, changes the given values, and sends all of it.

use clap::Args;
use keyrack_client::{Client, ClientError, Code, v1};

use super::date::date;
use crate::messages::usage::Usage;
use crate::number::whole;

/// The options of `keyrack property put`.
#[derive(Args, Default)]
pub struct PropertyChange {
    /// The name for people. A new property needs one.
    #[arg(long)]
    name: Option<String>,
    /// The IANA name of its time zone, such as Europe/Lisbon. A new property needs one.
    #[arg(long)]
    time_zone: Option<String>,
    /// Its currency (ISO 4217), such as EUR. A new property needs one.
    #[arg(long)]
    currency: Option<String>,
    /// The region whose nodes preferably lead its shard.
    #[arg(long)]
    home_region: Option<String>,
    /// The city of its address. '' removes it.
    #[arg(long)]
    city: Option<String>,
    /// The maximum number of rooms sold on one night, all room types together, or none.
    #[arg(long, value_name = "ROOMS", value_parser = house_limit)]
    house_limit: Option<HouseLimit>,
    /// The first business date of a new property. Without it the current date is used.
    #[arg(long, value_name = "DATE", value_parser = date)]
    business_date: Option<String>,
    /// Whether guests who have not arrived become no-shows when the day is closed.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    no_show_on_close: Option<bool>,
}

/// A maximum, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HouseLimit(Option<u32>);

fn house_limit(text: &str) -> Result<HouseLimit, String> {
    if text == "none" { Ok(HouseLimit(None)) } else { whole::<u32>(text).map(|rooms| HouseLimit(Some(rooms))) }
}

/// The options of `keyrack property room-type`.
#[derive(Args, Default)]
pub struct RoomTypeChange {
    /// The number of rooms of this type. A new room type needs one.
    #[arg(long, value_name = "ROOMS", value_parser = whole::<u32>)]
    capacity: Option<u32>,
    /// The maximum number of guests in one room; 0 sets no maximum.
    #[arg(long, value_name = "GUESTS", value_parser = whole::<u32>)]
    occupancy: Option<u32>,
    /// The rooms that may be sold above the capacity, in hundredths of a percent: 1000 means 10 %.
    #[arg(long, value_name = "BASIS_POINTS", value_parser = whole::<u32>)]
    overbooking_basis_points: Option<u32>,
    /// The name for people.
    #[arg(long)]
    name: Option<String>,
    /// Whether the room type is no longer sold. Its bookings stand.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    retired: Option<bool>,
}

/// The options of `keyrack property rate-plan`.
#[derive(Args, Default)]
pub struct RatePlanChange {
    /// The name for people.
    #[arg(long)]
    name: Option<String>,
    /// The currency of its prices (ISO 4217), such as EUR. A new rate plan has the currency of its property without it.
    #[arg(long)]
    currency: Option<String>,
    /// Whether the rate plan is no longer sold. Its bookings stand.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    retired: Option<bool>,
}

/// The property as it is now; `None` if it does not exist.
pub async fn known(client: &Client, property: &str) -> Result<Option<v1::Property>, ClientError> {
    match client.get_property(v1::GetPropertyRequest { property_id: property.to_owned() }).await {
        Ok(known) => Ok(Some(known)),
        Err(cause) if cause.code == Code::NotFound.into() || cause.code == Code::UnknownProperty.into() => Ok(None),
        Err(cause) => Err(cause),
    }
}

impl PropertyChange {
    /// The request that sets the given values and keeps all others.
    pub fn applied_to(&self, property: &str, known: Option<v1::Property>) -> Result<v1::PutPropertyRequest, Usage> {
        if known.is_none() {
            let needed = [("--name", &self.name), ("--time-zone", &self.time_zone), ("--currency", &self.currency)];
            let options: Vec<_> = needed.into_iter().filter(|(_, value)| value.is_none()).map(|(option, _)| option).collect();
            if !options.is_empty() {
                return Err(Usage::NewNeeds { what: format!("property {property}"), options });
            }
        }
        let known = known.unwrap_or_default();
        let set = |given: &Option<String>, known: String| given.clone().unwrap_or(known);
        let address = match &self.city {
            None => known.address,
            Some(city) => Some(v1::Address { city: city.clone(), ..known.address.unwrap_or_default() }),
        };
        Ok(v1::PutPropertyRequest {
            property_id: property.to_owned(),
            name: set(&self.name, known.name),
            time_zone: set(&self.time_zone, known.time_zone),
            currency: set(&self.currency, known.currency),
            home_region: set(&self.home_region, known.home_region),
            address: address.filter(|address| *address != v1::Address::default()),
            location: known.location,
            languages: known.languages,
            images: known.images,
            house_limit: self.house_limit.map_or(known.house_limit, |HouseLimit(limit)| limit),
            business_date: self.business_date.clone(),
            no_show_on_close: self.no_show_on_close.unwrap_or(known.no_show_on_close),
            expected_revision: None,
            idempotency_key: String::new(),
        })
    }
}

impl RoomTypeChange {
    /// The request that sets the given values and keeps all others.
    pub fn applied_to(&self, property: &str, code: &str, known: Option<v1::Property>) -> Result<v1::PutRoomTypeRequest, Usage> {
        let types = known.into_iter().flat_map(|known| known.room_types);
        let known = types.into_iter().find(|kind| kind.code == code);
        if known.is_none() && self.capacity.is_none() {
            let what = format!("room type {code} of {property}");
            return Err(Usage::NewNeeds { what, options: vec!["--capacity"] });
        }
        let known = known.unwrap_or_default();
        Ok(v1::PutRoomTypeRequest {
            property_id: property.to_owned(),
            code: code.to_owned(),
            name: self.name.clone().unwrap_or(known.name),
            capacity: Some(self.capacity.unwrap_or(known.capacity)),
            occupancy: self.occupancy.unwrap_or(known.occupancy),
            overbooking_basis_points: self.overbooking_basis_points.unwrap_or(known.overbooking_basis_points),
            accessible: known.accessible,
            retired: self.retired,
            expected_revision: None,
            idempotency_key: String::new(),
        })
    }
}

impl RatePlanChange {
    /// The request that sets the given values and keeps all others.
    pub fn applied_to(&self, property: &str, code: &str, known: Option<v1::Property>) -> v1::PutRatePlanRequest {
        let plans = known.into_iter().flat_map(|known| known.rate_plans);
        let known = plans.into_iter().find(|plan| plan.code == code).unwrap_or_default();
        v1::PutRatePlanRequest {
            property_id: property.to_owned(),
            code: code.to_owned(),
            name: self.name.clone().unwrap_or(known.name),
            currency: self.currency.clone().unwrap_or(known.currency),
            cancellation_policy: known.cancellation_policy,
            retired: self.retired,
            expected_revision: None,
            idempotency_key: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> v1::Property {
        v1::Property {
            property_id: "lisbon".into(),
            name: "Alfama".into(),
            time_zone: "Europe/Lisbon".into(),
            currency: "EUR".into(),
            home_region: "eu".into(),
            address: Some(v1::Address { city: "Lisbon".into(), country: "PT".into(), ..Default::default() }),
            location: Some(v1::Location { latitude: 38.7, longitude: -9.1 }),
            languages: vec!["pt".into()],
            house_limit: Some(40),
            no_show_on_close: true,
            room_types: vec![v1::RoomType {
                code: "DBL".into(),
                name: "Double".into(),
                capacity: 18,
                occupancy: 2,
                overbooking_basis_points: 500,
                accessible: true,
                retired: true,
                ..Default::default()
            }],
            rate_plans: vec![v1::RatePlan {
                code: "BAR".into(),
                name: "Best".into(),
                currency: "EUR".into(),
                cancellation_policy: Some(v1::CancellationPolicy { free_until_days: 3, ..Default::default() }),
                retired: true,
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    #[test]
    fn a_property_keeps_what_is_not_given() {
        let kept = PropertyChange::default().applied_to("lisbon", Some(known())).expect("a request");
        let v1::Property { name, time_zone, currency, home_region, address, location, languages, .. } = known();
        let expected = v1::PutPropertyRequest {
            property_id: "lisbon".into(),
            name,
            time_zone,
            currency,
            home_region,
            address,
            location,
            languages,
            house_limit: Some(40),
            no_show_on_close: true,
            ..Default::default()
        };
        assert_eq!(kept, expected);
        let change = PropertyChange { city: Some("Porto".into()), house_limit: Some(HouseLimit(None)), ..Default::default() };
        let changed = change.applied_to("lisbon", Some(known())).expect("a request");
        let address = Some(v1::Address { city: "Porto".into(), country: "PT".into(), ..Default::default() });
        assert_eq!(changed, v1::PutPropertyRequest { address, house_limit: None, ..expected });
    }

    #[test]
    fn a_new_property_needs_its_name_time_zone_and_currency() {
        let change = PropertyChange { name: Some("Alfama".into()), ..Default::default() };
        let refused = change.applied_to("lisbon", None).expect_err("two values are missing").to_string();
        assert!(refused.contains("property lisbon") && refused.contains("--time-zone, --currency"), "{refused}");
    }

    #[test]
    fn a_room_type_keeps_what_is_not_given() {
        let change = RoomTypeChange { capacity: Some(17), ..Default::default() };
        let changed = change.applied_to("lisbon", "DBL", Some(known())).expect("a request");
        let expected = v1::PutRoomTypeRequest {
            property_id: "lisbon".into(),
            code: "DBL".into(),
            name: "Double".into(),
            capacity: Some(17),
            occupancy: 2,
            overbooking_basis_points: 500,
            accessible: true,
            ..Default::default()
        };
        assert_eq!(changed, expected);
        let renamed = RoomTypeChange { name: Some("Twin".into()), ..Default::default() };
        let renamed = renamed.applied_to("lisbon", "DBL", Some(known())).expect("a request");
        assert_eq!(renamed, v1::PutRoomTypeRequest { name: "Twin".into(), capacity: Some(18), ..expected });
        let sold_again = RoomTypeChange { retired: Some(false), ..Default::default() };
        assert_eq!(sold_again.applied_to("lisbon", "DBL", Some(known())).expect("a request").retired, Some(false));
        let new = RoomTypeChange::default().applied_to("lisbon", "SGL", Some(known()));
        assert!(new.is_err_and(|refused| refused.to_string().contains("--capacity")));
    }

    #[test]
    fn a_rate_plan_keeps_what_is_not_given() {
        let change = RatePlanChange { name: Some("Flexible".into()), ..Default::default() };
        let changed = change.applied_to("lisbon", "BAR", Some(known()));
        let policy = changed.cancellation_policy.expect("kept");
        assert_eq!((changed.name.as_str(), changed.currency.as_str(), policy.free_until_days), ("Flexible", "EUR", 3));
        assert_eq!(changed.retired, None, "it stays retired");
        let sold_again = RatePlanChange { retired: Some(false), ..Default::default() };
        assert_eq!(sold_again.applied_to("lisbon", "BAR", Some(known())).retired, Some(false));
    }
}
