//! `/v1/bookings`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use keyrack_proto::v1;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{done, found};
use crate::edge::http::call::{Ask, Call, PathOf};
use crate::edge::http::freshness::Freshness;
use crate::edge::http::problem::ProblemBody;
use crate::service::{ReadOptions, Service, Step, receipt_text};

/// Filters of a list of bookings.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Whose bookings.
    #[param(required = true)]
    property_id: String,
    /// First arrival, included.
    arrival_from: String,
    /// Last arrival, included.
    arrival_to: String,
    /// confirmed, checked_in, checked_out, cancelled or no_show.
    state: String,
    /// The seller's own reference.
    channel_ref: String,
    /// From the answer before.
    cursor: String,
    /// At most 500; 100 when absent.
    limit: u32,
    /// linearizable (default) or bounded.
    consistency: String,
    /// With bounded: how old the answer may be.
    max_staleness_ms: Option<u32>,
}

/// Take a booking: all its rooms for all its nights, or nothing.
#[utoipa::path(post, path = Operation::Book.route(), tag = "Bookings", request_body = v1::BookRequest,
    params(("Idempotency-Key" = String, Header, description = "a fresh key for every new request")),
    responses((status = 201, body = v1::Booking)))]
pub async fn book(State(service): State<Service>, call: Call<v1::BookRequest>) -> Result<Response, Problem> {
    let booking = service.book(call.mutation, call.body).await?;
    done(&booking, Some(booking.value.revision))
}

/// Look a booking up.
#[utoipa::path(get, path = Operation::GetBooking.route(), tag = "Bookings", params(("booking" = String, Path), Freshness),
    responses((status = 200, body = v1::Booking)))]
pub async fn get(State(service): State<Service>, PathOf(id): PathOf<String>, ask: Ask<Freshness>) -> Result<Response, Problem> {
    let options = ask.query.options(ask.deadline)?;
    let booking = service.booking(&ask.caller, &id, options).await?;
    found(&booking, Some(booking.revision))
}

/// List a property's bookings by arrival.
#[utoipa::path(get, path = Operation::ListBookings.route(), tag = "Bookings", params(ListQuery),
    responses((status = 200, body = v1::BookingList)))]
pub async fn list(State(service): State<Service>, ask: Ask<ListQuery>) -> Result<Response, Problem> {
    let query = ask.query;
    let options = ReadOptions::parse(&query.consistency, query.max_staleness_ms, ask.deadline)?;
    let request = v1::ListBookingsRequest {
        property_id: query.property_id,
        arrival_from: query.arrival_from,
        arrival_to: query.arrival_to,
        state: query.state,
        channel_ref: query.channel_ref,
        cursor: query.cursor,
        limit: query.limit,
    };
    found(&service.bookings(&ask.caller, request, options).await?, None)
}

/// Change a booking: the new stay is taken and the old one released together, or nothing happens.
#[utoipa::path(post, path = Operation::Amend.route(), tag = "Bookings", request_body = v1::AmendRequest,
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = v1::Booking)))]
pub async fn amend(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::AmendRequest>,
) -> Result<Response, Problem> {
    let request = v1::AmendRequest { booking_id: id, expected_revision: call.expected_revision, ..call.body };
    let booking = service.amend(call.mutation, request).await?;
    done(&booking, Some(booking.value.revision))
}

/// Give a booking up; a second time answers the same.
#[utoipa::path(post, path = Operation::Cancel.route(), tag = "Bookings",
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = v1::Booking)))]
pub async fn cancel(
    service: State<Service>,
    id: PathOf<String>,
    call: Call<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::Cancel).await
}

/// The guest is here.
#[utoipa::path(post, path = Operation::CheckIn.route(), tag = "Bookings",
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = v1::Booking)))]
pub async fn check_in(
    service: State<Service>,
    id: PathOf<String>,
    call: Call<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::CheckIn).await
}

/// The guest has left.
#[utoipa::path(post, path = Operation::CheckOut.route(), tag = "Bookings",
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = v1::Booking)))]
pub async fn check_out(
    service: State<Service>,
    id: PathOf<String>,
    call: Call<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::CheckOut).await
}

/// The guest never came: the rooms are free again.
#[utoipa::path(post, path = Operation::NoShow.route(), tag = "Bookings",
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = v1::Booking)))]
pub async fn no_show(
    service: State<Service>,
    id: PathOf<String>,
    call: Call<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::NoShow).await
}

/// The receipt of a booking's newest event: `text/plain` is a c2sp.org/tlog-proof@v1 file with the leaf as its extra line,
/// `application/json` has leaf and disclosures beside the proof. 202 until a majority of the replicas has signed.
#[utoipa::path(get, path = Operation::GetReceipt.route(), tag = "Receipts", params(("booking" = String, Path), Freshness),
    responses((status = 200, content((String = "text/plain"), (v1::Receipt = "application/json"))), (status = 202, body = ProblemBody, content_type = "application/problem+json")))]
pub async fn receipt(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
    ask: Ask<Freshness>,
) -> Result<Response, Problem> {
    let options = ask.query.options(ask.deadline)?;
    let receipt = service.receipt(&ask.caller, &id, options).await?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if weight_of(accept, "application/json") > weight_of(accept, "text/plain") {
        return found(&receipt, None);
    }
    let media_type = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, media_type)], receipt_text(&receipt)).into_response())
}

/// The weight of a media type in an Accept header (RFC 9110 section 12.5.1): that of the most specific range that names it.
fn weight_of(accept: &str, media_type: &str) -> f32 {
    let (kind, _) = media_type.split_once('/').unwrap_or((media_type, ""));
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specific = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media_type => 3,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse::<f32>().ok());
        Some((specific, weight.unwrap_or(0.0)))
    });
    ranges.max_by_key(|(specific, _)| *specific).map_or(0.0, |(_, weight)| weight)
}

async fn step(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::BookingStepRequest>,
    step: Step,
) -> Result<Response, Problem> {
    let request = v1::BookingStepRequest { booking_id: id, expected_revision: call.expected_revision, ..call.body };
    let booking = service.step(call.mutation, step, request).await?;
    done(&booking, Some(booking.value.revision))
}

#[cfg(test)]
mod tests {
    use super::weight_of;

    #[test]
    fn the_wanted_representation_is_chosen_by_weight() {
        for (accept, json) in [
            ("", false),
            ("*/*", false),
            ("application/json", true),
            ("APPLICATION/JSON", true),
            ("application/json;q=0.1, text/plain", false),
            ("application/json;q=0, */*", false),
            ("text/plain;q=0.5, application/*", true),
            ("text/html, application/json, */*;q=0.1", true),
        ] {
            assert_eq!(weight_of(accept, "application/json") > weight_of(accept, "text/plain"), json, "{accept}");
        }
    }
}
