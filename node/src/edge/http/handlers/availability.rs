//! Availability and offers.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::{PathOf, ReadCall};
use crate::service::{ReadOptions, Service};

/// The nights and the room type.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// The first night, such as `2026-12-24`.
    #[param(required = true)]
    from: String,
    /// The day after the last night, at most 366 days after from.
    #[param(required = true)]
    to: String,
    /// Only this room type; all room types if absent.
    room_type: String,
    /// linearizable (default): reflects every change acknowledged before. bounded: may be at most maxStalenessMs old.
    consistency: String,
    /// For bounded: the maximum age of the answer in milliseconds. Not allowed with linearizable.
    max_staleness_ms: Option<u32>,
}

/// The stay and the guests.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OffersQuery {
    /// The property.
    #[param(required = true)]
    property_id: String,
    /// The arrival date, such as `2026-12-24`.
    #[param(required = true)]
    arrival: String,
    /// The departure date, at most 366 days after the arrival.
    #[param(required = true)]
    departure: String,
    /// The number of adults in the room.
    adults: u32,
    /// The number of children in the room. Without any guest, one is assumed.
    children: u32,
    /// linearizable (default): reflects every change acknowledged before. bounded: may be at most maxStalenessMs old.
    consistency: String,
    /// For bounded: the maximum age of the answer in milliseconds. Not allowed with linearizable.
    max_staleness_ms: Option<u32>,
}

/// Get the availability of a property.
///
/// Returns the counts of each room type, night by night: capacity, sell limit, rooms sold and held, and `available`, which is
/// negative if the limit was lowered below the rooms taken. It does not include restrictions and the house limit; offers do.
/// Errors: 404 `unknown_property`, 422 `unknown_room_type`, 400 `invalid_date`, `invalid_stay` and `stay_too_long`.
#[utoipa::path(get, path = Operation::GetAvailability.route(), tag = "Stays",
    params(("property" = String, Path, description = "The propertyId."), AvailabilityQuery),
    responses((status = 200, body = v1::AvailabilityReply)))]
pub async fn availability(
    State(service): State<Service>,
    PathOf(property_id): PathOf<String>,
    ask: ReadCall<AvailabilityQuery>,
) -> Result<Response, Problem> {
    let query = ask.query;
    let options = ReadOptions::parse(&query.consistency, query.max_staleness_ms, ask.deadline)?;
    let request =
        v1::AvailabilityRequest { property_id, from: query.from, to: query.to, room_type: query.room_type, ..Default::default() };
    found(&service.availability(&ask.caller, request, options).await?, None)
}

/// The nights, the room type and the rate plan.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RatesQuery {
    /// The first night, such as `2026-12-24`.
    #[param(required = true)]
    from: String,
    /// The day after the last night, at most 366 days after from.
    #[param(required = true)]
    to: String,
    /// Only this room type; all room types if absent.
    room_type: String,
    /// Only this rate plan; all rate plans if absent.
    rate_plan: String,
    /// linearizable (default): reflects every change acknowledged before. bounded: may be at most maxStalenessMs old.
    consistency: String,
    /// For bounded: the maximum age of the answer in milliseconds. Not allowed with linearizable.
    max_staleness_ms: Option<u32>,
}

/// Get the rates and restrictions of a property.
///
/// Returns what was set for the nights: for each room type its capacity, rooms out of order and restrictions, and for each room type
/// and rate plan its rates and restrictions. A night without `capacity` has that of the room type; a night without `rate` is not for
/// sale under a plan that has rates. Errors: 404 `unknown_property`, 422 `unknown_room_type` and `unknown_rate_plan`, 400
/// `invalid_date`, `invalid_stay` and `stay_too_long`.
#[utoipa::path(get, path = Operation::GetRates.route(), tag = "Stays",
    params(("property" = String, Path, description = "The propertyId."), RatesQuery),
    responses((status = 200, body = v1::RatesReply)))]
pub async fn rates(
    State(service): State<Service>,
    PathOf(property_id): PathOf<String>,
    ask: ReadCall<RatesQuery>,
) -> Result<Response, Problem> {
    let RatesQuery { from, to, room_type, rate_plan, consistency, max_staleness_ms } = ask.query;
    let options = ReadOptions::parse(&consistency, max_staleness_ms, ask.deadline)?;
    let request = v1::RatesRequest { property_id, from, to, room_type, rate_plan };
    found(&service.rates(&ask.caller, request, options).await?, None)
}

/// List the offers for a stay.
///
/// Returns each room type and rate plan that is free, allowed and priced for one room, with nightly prices, total, cancellation
/// policy and `sellable`, the number of rooms left. An offer keeps no rooms: place a hold for that. The list is empty if the
/// arrival is before the business date. Errors: 404 `unknown_property`, 400 `invalid_date`, `invalid_stay` and `stay_too_long`.
#[utoipa::path(get, path = Operation::ListOffers.route(), tag = "Stays", params(OffersQuery),
    responses((status = 200, body = v1::OfferList)))]
pub async fn offers(State(service): State<Service>, ask: ReadCall<OffersQuery>) -> Result<Response, Problem> {
    let query = ask.query;
    let options = ReadOptions::parse(&query.consistency, query.max_staleness_ms, ask.deadline)?;
    let request = v1::OffersRequest {
        property_id: query.property_id,
        arrival: query.arrival,
        departure: query.departure,
        adults: query.adults,
        children: query.children,
    };
    found(&service.offers(&ask.caller, request, options).await?, None)
}
