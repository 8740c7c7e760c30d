//! `/v1/properties`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{done, found};
use crate::edge::http::call::{Ask, Call, PathOf};
use crate::edge::http::freshness::Freshness;
use crate::service::{ReadOptions, Service};

/// Filters of a search.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// In this city.
    city: String,
    /// Near here: latitude,longitude.
    near: Option<String>,
    /// How near, with near.
    radius_km: f64,
    /// From the answer before.
    cursor: String,
    /// At most 200; 50 when absent.
    limit: u32,
}

/// Onboard or change a property.
#[utoipa::path(put, path = Operation::PutProperty.route(), tag = "Properties", request_body = v1::PutPropertyRequest,
    params(("property" = String, Path), ("Idempotency-Key" = Option<String>, Header), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = v1::Property), (status = 201, body = v1::Property)))]
pub async fn put(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::PutPropertyRequest>,
) -> Result<Response, Problem> {
    let request = v1::PutPropertyRequest { property_id: id, expected_revision: call.expected_revision, ..call.body };
    let property = service.put_property(call.mutation, request).await?;
    done(&property, Some(property.value.revision))
}

/// View a property with its room types and rate plans.
#[utoipa::path(get, path = Operation::GetProperty.route(), tag = "Properties", params(("property" = String, Path), Freshness),
    responses((status = 200, body = v1::Property)))]
pub async fn get(State(service): State<Service>, PathOf(id): PathOf<String>, ask: Ask<Freshness>) -> Result<Response, Problem> {
    let options = ask.query.options(ask.deadline)?;
    let property = service.property(&ask.caller, &id, options).await?;
    found(&property, Some(property.revision))
}

/// Search properties by city or distance.
#[utoipa::path(get, path = Operation::ListProperties.route(), tag = "Properties", params(SearchQuery),
    responses((status = 200, body = v1::PropertyList)))]
pub async fn list(State(service): State<Service>, ask: Ask<SearchQuery>) -> Result<Response, Problem> {
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

/// Add or change a room type.
#[utoipa::path(put, path = Operation::PutRoomType.route(), tag = "Properties", request_body = v1::PutRoomTypeRequest,
    params(("property" = String, Path), ("code" = String, Path), ("Idempotency-Key" = Option<String>, Header), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = v1::RoomType), (status = 201, body = v1::RoomType)))]
pub async fn put_room_type(
    State(service): State<Service>,
    PathOf((property_id, code)): PathOf<(String, String)>,
    call: Call<v1::PutRoomTypeRequest>,
) -> Result<Response, Problem> {
    let request = v1::PutRoomTypeRequest { property_id, code, expected_revision: call.expected_revision, ..call.body };
    let room_type = service.put_room_type(call.mutation, request).await?;
    done(&room_type, Some(room_type.value.revision))
}

/// Add or change a rate plan.
#[utoipa::path(put, path = Operation::PutRatePlan.route(), tag = "Properties", request_body = v1::PutRatePlanRequest,
    params(("property" = String, Path), ("code" = String, Path), ("Idempotency-Key" = Option<String>, Header), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = v1::RatePlan), (status = 201, body = v1::RatePlan)))]
pub async fn put_rate_plan(
    State(service): State<Service>,
    PathOf((property_id, code)): PathOf<(String, String)>,
    call: Call<v1::PutRatePlanRequest>,
) -> Result<Response, Problem> {
    let request = v1::PutRatePlanRequest { property_id, code, expected_revision: call.expected_revision, ..call.body };
    let rate_plan = service.put_rate_plan(call.mutation, request).await?;
    done(&rate_plan, Some(rate_plan.value.revision))
}

/// Change availability, rates and inventory: all lines or none.
#[utoipa::path(post, path = Operation::UpdateAri.route(), tag = "Properties", request_body = v1::UpdateAriRequest,
    params(("property" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = v1::AriResult)))]
pub async fn update_ari(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::UpdateAriRequest>,
) -> Result<Response, Problem> {
    done(&service.update_ari(call.mutation, v1::UpdateAriRequest { property_id: id, ..call.body }).await?, None)
}

/// End the hotel's day.
#[utoipa::path(post, path = Operation::CloseBusinessDate.route(), tag = "Properties", request_body = v1::CloseBusinessDateRequest,
    params(("property" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = v1::BusinessDate)))]
pub async fn close_business_date(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::CloseBusinessDateRequest>,
) -> Result<Response, Problem> {
    done(&service.close_business_date(call.mutation, v1::CloseBusinessDateRequest { property_id: id, ..call.body }).await?, None)
}

fn location(text: &str) -> Result<v1::Location, Problem> {
    let parsed = text.split_once(',').and_then(|(latitude, longitude)| {
        let (latitude, longitude) = (latitude.trim().parse().ok()?, longitude.trim().parse().ok()?);
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        on_earth.then_some(v1::Location { latitude, longitude })
    });
    parsed.ok_or_else(|| Problem::field("near", "latitude,longitude such as 38.72,-9.14"))
}
