//! `/v1/properties`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;
use keyrack_texts::Detail;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{done, found};
use crate::edge::http::call::{Empty, MutationCall, PathOf, ReadCall};
use crate::edge::http::freshness::Freshness;
use crate::service::{ReadOptions, RemovedProperty, Service};

/// Filters of a search.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Only properties in this city. Case does not matter.
    city: String,
    /// Only properties near this location: latitude,longitude in degrees, such as 38.72,-9.14. Needs radiusKm.
    near: Option<String>,
    /// The maximum distance from near, in km: above 0, at most 20000.
    radius_km: f64,
    /// nextCursor of the previous page; empty for the first page.
    cursor: String,
    /// The most properties of the page: at most 200; 50 when absent.
    limit: u32,
}

/// Create or change a property.
///
/// Required: `name`, `timeZone` (an IANA name such as `Europe/Lisbon`) and `currency` (ISO 4217, such as `EUR`). Sets all
/// settings: an absent field gets its default. Returns the property (201 if it is new), with its revision as ETag. Errors:
/// 400 `invalid_field`, 412 `precondition_failed`.
#[utoipa::path(put, path = Operation::PutProperty.route(), tag = "Properties", request_body = v1::PutPropertyRequest,
    params(("property" = String, Path, description = "The propertyId: 1 to 64 letters, digits, `-`, `_` or `.`."),
        ("Idempotency-Key" = Option<String>, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::Property, description = "Changed"),
        (status = 201, body = v1::Property, description = "Created")))]
pub async fn put(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<v1::PutPropertyRequest>,
) -> Result<Response, Problem> {
    let request = v1::PutPropertyRequest { property_id: id, expected_revision: call.expected_revision(), ..call.body };
    let property = service.put_property(call.mutation, request).await?;
    done(&property, Some(property.value.revision))
}

/// Get a property.
///
/// Returns the property with its room types and rate plans, and its revision as ETag. Errors: 404 `not_found`.
#[utoipa::path(get, path = Operation::GetProperty.route(), tag = "Properties",
    params(("property" = String, Path, description = "The propertyId."), Freshness),
    responses((status = 200, body = v1::Property)))]
pub async fn get(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    ask: ReadCall<Freshness>,
) -> Result<Response, Problem> {
    let options = ask.query.options(ask.deadline)?;
    let property = service.property(&ask.caller, &id, options).await?;
    found(&property, Some(property.revision))
}

/// Remove a property whose shard does not exist.
///
/// A node with a larger `data_shards` than the others registered it there, and nobody can serve it. Its id may be used again.
/// Returns the removed property. Errors: 404 `unknown_property`, 409 `wrong_state` if the shard exists.
#[utoipa::path(post, path = Operation::RemoveProperty.route(), tag = "Operators",
    params(("property" = String, Path, description = "The propertyId."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 200, body = RemovedProperty)))]
pub async fn remove(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<Empty>,
) -> Result<Response, Problem> {
    found(&service.remove_property(&call.mutation, &id).await?, None)
}

/// Search properties.
///
/// By city or distance, or without a filter. Returns a page of the properties that the caller may see, in order of id. A
/// page may be empty and still have a `nextCursor`: continue until it is absent.
#[utoipa::path(get, path = Operation::ListProperties.route(), tag = "Properties", params(SearchQuery),
    responses((status = 200, body = v1::PropertyList)))]
pub async fn list(State(service): State<Service>, ask: ReadCall<SearchQuery>) -> Result<Response, Problem> {
    let query = ask.query;
    let near = query.near.as_deref().map(location).transpose()?;
    let request = v1::ListPropertiesRequest {
        city: query.city,
        cursor: query.cursor,
        limit: query.limit,
        near,
        radius_km: query.radius_km,
    };
    found(&service.properties(&ask.caller, request, ReadOptions::linearizable(ask.deadline)).await?, None)
}

/// Create or change a room type.
///
/// Required: `capacity`, the number of rooms of this type. Sets all settings: an absent field gets its default, but `retired` stays as it is. Returns the
/// room type (201 if it is new), with its revision as ETag. Errors: 422 `capacity_too_large` above 100000 rooms or 10000
/// basis points of overbooking, 412 `precondition_failed`.
#[utoipa::path(put, path = Operation::PutRoomType.route(), tag = "Properties", request_body = v1::PutRoomTypeRequest,
    params(("property" = String, Path, description = "The propertyId."),
        ("code" = String, Path, description = "The code: 1 to 20 letters, digits, `-`, `_` or `.`."),
        ("Idempotency-Key" = Option<String>, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::RoomType, description = "Changed"),
        (status = 201, body = v1::RoomType, description = "Created")))]
pub async fn put_room_type(
    State(service): State<Service>,
    PathOf((property_id, code)): PathOf<(String, String)>,
    call: MutationCall<v1::PutRoomTypeRequest>,
) -> Result<Response, Problem> {
    let request = v1::PutRoomTypeRequest { property_id, code, expected_revision: call.expected_revision(), ..call.body };
    let room_type = service.put_room_type(call.mutation, request).await?;
    done(&room_type, Some(room_type.value.revision))
}

/// Create or change a rate plan.
///
/// Sets all settings: an absent field gets its default, but `retired` stays as it is. Without a `cancellationPolicy`, cancelling is free. Returns the rate plan
/// (201 if it is new), with its revision as ETag. Errors: 422 `currency_mismatch` if the plan already has rates in another
/// currency, 412 `precondition_failed`.
#[utoipa::path(put, path = Operation::PutRatePlan.route(), tag = "Properties", request_body = v1::PutRatePlanRequest,
    params(("property" = String, Path, description = "The propertyId."),
        ("code" = String, Path, description = "The code: 1 to 20 letters, digits, `-`, `_` or `.`."),
        ("Idempotency-Key" = Option<String>, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::RatePlan, description = "Changed"),
        (status = 201, body = v1::RatePlan, description = "Created")))]
pub async fn put_rate_plan(
    State(service): State<Service>,
    PathOf((property_id, code)): PathOf<(String, String)>,
    call: MutationCall<v1::PutRatePlanRequest>,
) -> Result<Response, Problem> {
    let request = v1::PutRatePlanRequest { property_id, code, expected_revision: call.expected_revision(), ..call.body };
    let rate_plan = service.put_rate_plan(call.mutation, request).await?;
    done(&rate_plan, Some(rate_plan.value.revision))
}

/// Update availability, rates and inventory.
///
/// Applies all lines (1 to 1000) or none. A line covers `dateFrom` to `dateTo`, both inclusive, at most 1096 days; an
/// absent field keeps its value. A rate is a decimal string in the currency of its rate plan. Returns the numbers of
/// applied lines and changed nights. Errors: 422 `unknown_room_type`, `unknown_rate_plan`, `capacity_too_large` and
/// `amount_too_large`.
#[utoipa::path(post, path = Operation::UpdateAri.route(), tag = "Properties", request_body = v1::UpdateAriRequest,
    params(("property" = String, Path, description = "The propertyId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 200, body = v1::AriResult)))]
pub async fn update_ari(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<v1::UpdateAriRequest>,
) -> Result<Response, Problem> {
    done(&service.update_ari(call.mutation, v1::UpdateAriRequest { property_id: id, ..call.body }).await?, None)
}

/// Close the business date.
///
/// Moves the business date to the next day and returns it. Required: `expectedFrom`, the current business date, so that no
/// date is closed twice. With `noShowOnClose`, confirmed bookings that arrive on the closed date become no-shows. Errors:
/// 409 `wrong_state` if the business date is another one.
#[utoipa::path(post, path = Operation::CloseBusinessDate.route(), tag = "Properties", request_body = v1::CloseBusinessDateRequest,
    params(("property" = String, Path, description = "The propertyId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 200, body = v1::BusinessDate)))]
pub async fn close_business_date(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<v1::CloseBusinessDateRequest>,
) -> Result<Response, Problem> {
    done(&service.close_business_date(call.mutation, v1::CloseBusinessDateRequest { property_id: id, ..call.body }).await?, None)
}

fn location(text: &str) -> Result<v1::Location, Problem> {
    let parsed = text.split_once(',').and_then(|(latitude, longitude)| {
        let (latitude, longitude) = (latitude.trim().parse().ok()?, longitude.trim().parse().ok()?);
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        on_earth.then_some(v1::Location { latitude, longitude })
    });
    parsed.ok_or_else(|| Problem::new(Detail::Near))
}
