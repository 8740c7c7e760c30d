//! What is free, and what a guest could book.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::{Ask, PathOf};
use crate::service::{ReadOptions, Service};

/// Which nights.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// The first night.
    #[param(required = true)]
    from: String,
    /// The day after the last night.
    #[param(required = true)]
    to: String,
    /// Only this room type.
    room_type: String,
    /// linearizable (default) or bounded.
    consistency: String,
    /// With bounded: how old the answer may be.
    max_staleness_ms: Option<u32>,
}

/// Which stay.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OffersQuery {
    /// Where.
    #[param(required = true)]
    property_id: String,
    /// The first night.
    #[param(required = true)]
    arrival: String,
    /// The day of leaving.
    #[param(required = true)]
    departure: String,
    /// Adults in the room.
    adults: u32,
    /// Children in the room.
    children: u32,
    /// linearizable (default) or bounded.
    consistency: String,
    /// With bounded: how old the answer may be.
    max_staleness_ms: Option<u32>,
}

/// What is free, night by night.
#[utoipa::path(get, path = Operation::GetAvailability.route(), tag = "Stays", params(("property" = String, Path), AvailabilityQuery),
    responses((status = 200, body = v1::AvailabilityReply)))]
pub async fn availability(
    State(service): State<Service>,
    PathOf(property_id): PathOf<String>,
    ask: Ask<AvailabilityQuery>,
) -> Result<Response, Problem> {
    let query = ask.query;
    let options = ReadOptions::parse(&query.consistency, query.max_staleness_ms, ask.deadline)?;
    let request =
        v1::AvailabilityRequest { property_id, from: query.from, to: query.to, room_type: query.room_type, ..Default::default() };
    found(&service.availability(&ask.caller, request, options).await?, None)
}

/// What a guest could book: free, allowed and priced.
#[utoipa::path(get, path = Operation::ListOffers.route(), tag = "Stays", params(OffersQuery),
    responses((status = 200, body = v1::OfferList)))]
pub async fn offers(State(service): State<Service>, ask: Ask<OffersQuery>) -> Result<Response, Problem> {
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
