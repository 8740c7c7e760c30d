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
use crate::edge::http::call::{MutationCall, PathOf, ReadCall};
use crate::edge::http::freshness::Freshness;
use crate::edge::http::problem::ProblemBody;
use crate::service::{ReadOptions, Service, Step, receipt_text};

/// Filters of a list of bookings.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// The property; required except with confirmationNumber.
    property_id: String,
    /// The first arrival date, inclusive, such as `2026-12-24`.
    arrival_from: String,
    /// The last arrival date, inclusive.
    arrival_to: String,
    /// Only bookings in these states, separated by commas: confirmed, checked_in, checked_out, cancelled, no_show.
    state: String,
    /// The first departure date, inclusive.
    departure_from: String,
    /// The last departure date, inclusive.
    departure_to: String,
    /// Only bookings that were changed at or after this time, such as `2026-12-24T18:00:00Z`.
    updated_since: String,
    /// Only the booking with this confirmation number: in upper or lower case, with or without the hyphen. With it, propertyId may be
    /// left out.
    confirmation_number: String,
    /// Only bookings of guests whose name has these words, or who have this e-mail address. Case and accents do not matter.
    guest: String,
    /// Only bookings with this channelRef.
    channel_ref: String,
    /// nextCursor of the previous page; empty for the first page.
    cursor: String,
    /// The most bookings of the page: at most 500; 100 when absent.
    limit: u32,
    /// linearizable (default): reflects every change acknowledged before. bounded: may be at most maxStalenessMs old.
    consistency: String,
    /// For bounded: the maximum age of the answer in milliseconds. Not allowed with linearizable.
    max_staleness_ms: Option<u32>,
}

/// Take a booking.
///
/// Takes all rooms for all nights, or nothing. Required: `propertyId`, `arrival`, `departure` (at most 366 nights later)
/// and `rooms` (1 to 50 in total, each with `roomType` and `ratePlan`). Returns the booking with its prices, its revision
/// as ETag, and its receipt or `receiptUrl`.
///
/// Errors: 409 `sold_out` and `restricted` (with the nights), 404 `unknown_property`, 422 `unknown_room_type`,
/// `unknown_rate_plan`, `arrival_in_past`, `occupancy_exceeded` and `currency_mismatch`, 400 `card_number`. After 504
/// `outcome_unknown`, repeat the request with the same key.
#[utoipa::path(post, path = Operation::Book.route(), tag = "Bookings", request_body = v1::BookRequest,
    params(("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 201, body = v1::Booking)))]
pub async fn book(State(service): State<Service>, call: MutationCall<v1::BookRequest>) -> Result<Response, Problem> {
    let booking = service.book(call.mutation, call.body).await?;
    done(&booking, Some(booking.value.revision))
}

/// Get a booking.
///
/// Returns the booking, with its revision as ETag. Auditors get no guest data. A principal's reads of bookings are always
/// linearizable. Errors: 404 `not_found` if no booking that the caller may see has this id.
#[utoipa::path(get, path = Operation::GetBooking.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."), Freshness),
    responses((status = 200, body = v1::Booking)))]
pub async fn get(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    ask: ReadCall<Freshness>,
) -> Result<Response, Problem> {
    let options = ask.query.options(ask.deadline)?;
    let booking = service.booking(&ask.caller, &id, options).await?;
    found(&booking, Some(booking.revision))
}

/// List the bookings of a property.
///
/// Returns a page in order of arrival, or of booking id with `channelRef`. A page may be empty and still have a
/// `nextCursor`: continue until it is absent. A principal's reads of bookings are always linearizable. Errors: 400
/// `invalid_cursor`, `invalid_date`.
#[utoipa::path(get, path = Operation::ListBookings.route(), tag = "Bookings", params(ListQuery),
    responses((status = 200, body = v1::BookingList)))]
pub async fn list(State(service): State<Service>, ask: ReadCall<ListQuery>) -> Result<Response, Problem> {
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
        departure_from: query.departure_from,
        departure_to: query.departure_to,
        updated_since: query.updated_since,
        confirmation_number: query.confirmation_number,
        guest: query.guest,
    };
    found(&service.bookings(&ask.caller, request, options).await?, None)
}

/// Amend a booking.
///
/// Required: at least one of `arrival`, `departure`, `rooms`, `guest` and `notes`. Absent fields keep their values; a field of the guest
/// that is null is cleared. The new rooms are taken and the old ones released in one step, or nothing changes. Rooms and nights that stay
/// keep their price and policy, and restrictions bind only what is new. Nights before the business date keep the rooms that they had.
/// Nights that are given up late cost what the policy says; `fees` lists them. Returns the booking with its new revision as ETag.
///
/// Errors: as for a new booking, 409 `wrong_state` unless it is confirmed or checked in, 409 `stay_over` if a channel amends it after the
/// departure, 422 `departure_in_past`, 412 `precondition_failed`.
#[utoipa::path(post, path = Operation::Amend.route(), tag = "Bookings", request_body = v1::AmendRequest,
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::Booking)))]
pub async fn amend(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<v1::AmendRequest>,
) -> Result<Response, Problem> {
    let request = v1::AmendRequest { booking_id: id, expected_revision: call.expected_revision(), ..call.body };
    let booking = service.amend(call.mutation, request).await?;
    done(&booking, Some(booking.value.revision))
}

/// Cancel a booking.
///
/// Its rooms are free again. Returns the booking with its `cancellationFee`. If it is already cancelled, nothing changes and the
/// answer is the same. Errors: 409 `wrong_state` unless it is confirmed or cancelled, 412 `precondition_failed`.
#[utoipa::path(post, path = Operation::Cancel.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::Booking)))]
pub async fn cancel(
    service: State<Service>,
    id: PathOf<String>,
    call: MutationCall<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::Cancel).await
}

/// Check a guest in.
///
/// Returns the booking in the state checked_in. Errors: 409 `wrong_state` unless the booking is confirmed and its arrival is not
/// after the property's business date.
#[utoipa::path(post, path = Operation::CheckIn.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 200, body = v1::Booking)))]
pub async fn check_in(
    service: State<Service>,
    id: PathOf<String>,
    call: MutationCall<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::CheckIn).await
}

/// Check a guest out.
///
/// Returns the booking in the state checked_out. Errors: 409 `wrong_state` unless the booking is checked in.
#[utoipa::path(post, path = Operation::CheckOut.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 200, body = v1::Booking)))]
pub async fn check_out(
    service: State<Service>,
    id: PathOf<String>,
    call: MutationCall<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::CheckOut).await
}

/// Mark a booking as a no-show.
///
/// Its rooms are free again. Returns the booking in the state no_show. Errors: 409 `wrong_state` unless the booking is confirmed
/// and its arrival is not after the property's business date.
#[utoipa::path(post, path = Operation::NoShow.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 200, body = v1::Booking)))]
pub async fn no_show(
    service: State<Service>,
    id: PathOf<String>,
    call: MutationCall<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::NoShow).await
}

/// Undo a check-in.
///
/// Returns the booking in the state confirmed. Errors: 409 `wrong_state` unless the booking is checked in, 409 `too_late_to_revert` if
/// it was checked in on an earlier business date.
#[utoipa::path(post, path = Operation::RevertCheckIn.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::Booking)))]
pub async fn revert_check_in(
    service: State<Service>,
    id: PathOf<String>,
    call: MutationCall<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::RevertCheckIn).await
}

/// Reinstate a booking.
///
/// Confirms a cancelled booking or a no-show again. Its rooms are taken again from the business date on, at their old prices, and the fee
/// is taken back except for nights that are over. Restrictions do not matter. Errors: 409 `sold_out` with the nights, 409 `wrong_state`
/// unless it is cancelled or a no-show, 409 `stay_over`.
#[utoipa::path(post, path = Operation::Reinstate.route(), tag = "Bookings",
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY),
        ("If-Match" = Option<String>, Header, description = super::IF_MATCH)),
    responses((status = 200, body = v1::Booking)))]
pub async fn reinstate(
    service: State<Service>,
    id: PathOf<String>,
    call: MutationCall<v1::BookingStepRequest>,
) -> Result<Response, Problem> {
    step(service, id, call, Step::Reinstate).await
}

/// Get the receipt of a booking.
///
/// Returns the proof that the booking's newest event is in the log. `text/plain` is a c2sp.org/tlog-proof@v1 file with the
/// leaf as its extra line. `application/json` (chosen by `Accept`) has the proof, the leaf and the claims that its holder
/// may disclose; auditors get no claims. The answer is 202 `not_cosigned` until a majority of the replicas has signed: ask
/// again in a second.
#[utoipa::path(get, path = Operation::GetReceipt.route(), tag = "Receipts",
    params(("booking" = String, Path, description = "The bookingId."), Freshness),
    responses((status = 200, content((String = "text/plain"), (v1::Receipt = "application/json"))),
        (status = 202, body = ProblemBody, content_type = "application/problem+json", description = "Not cosigned yet")))]
pub async fn receipt(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
    ask: ReadCall<Freshness>,
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

/// The weight of a media type in an Accept header (RFC 9110 section 12.5.1): the weight of the most specific matching range.
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
    call: MutationCall<v1::BookingStepRequest>,
    step: Step,
) -> Result<Response, Problem> {
    let request = v1::BookingStepRequest { booking_id: id, expected_revision: call.expected_revision(), ..call.body };
    let booking = service.step(call.mutation, step, request).await?;
    done(&booking, Some(booking.value.revision))
}

#[cfg(test)]
mod tests {
    use super::weight_of;

    #[test]
    fn the_accept_weights_choose_the_representation() {
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
