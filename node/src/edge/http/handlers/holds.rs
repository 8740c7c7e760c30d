//! `/v1/holds`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{done, done_empty, found};
use crate::edge::http::call::{MutationCall, PathOf, ReadCall};
use crate::edge::http::freshness::Freshness;
use crate::service::Service;

/// Place a hold.
///
/// Takes rooms for `ttlSeconds` (1 to 600; 600 when absent), for example while the guest pays. Required: as for a booking.
/// Returns the hold with its prices and `expiresAt`. Errors: as for a booking, 429 `quota_exceeded` if the caller's open
/// holds would exceed its room-minutes at the property.
#[utoipa::path(post, path = Operation::PlaceHold.route(), tag = "Holds", request_body = v1::PlaceHoldRequest,
    params(("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 201, body = v1::Hold)))]
pub async fn place(State(service): State<Service>, call: MutationCall<v1::PlaceHoldRequest>) -> Result<Response, Problem> {
    done(&service.place_hold(call.mutation, call.body).await?, None)
}

/// Get a hold.
///
/// Returns the hold as it is now: open, expired, released, or confirmed with the booking that it became. Holds that ended are kept for a
/// while. Errors: 404 `not_found` if no hold that the caller may see has this id.
#[utoipa::path(get, path = Operation::GetHold.route(), tag = "Holds",
    params(("hold" = String, Path, description = "The holdId."), Freshness),
    responses((status = 200, body = v1::Hold)))]
pub async fn get(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    ask: ReadCall<Freshness>,
) -> Result<Response, Problem> {
    let options = ask.query.options(ask.deadline)?;
    found(&service.hold(&ask.caller, &id, options).await?, None)
}

/// Confirm a hold.
///
/// Turns an open hold into a booking at the prices of the hold. Returns the booking, with its revision as ETag. Errors: 410
/// `hold_expired`, 409 `wrong_state` if it was released, or if it was confirmed: then the sentence names the booking, 422
/// `arrival_in_past`.
#[utoipa::path(post, path = Operation::ConfirmHold.route(), tag = "Holds", request_body = v1::ConfirmHoldRequest,
    params(("hold" = String, Path, description = "The holdId."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 201, body = v1::Booking)))]
pub async fn confirm(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<v1::ConfirmHoldRequest>,
) -> Result<Response, Problem> {
    let booking = service.confirm_hold(call.mutation, v1::ConfirmHoldRequest { hold_id: id, ..call.body }).await?;
    done(&booking, Some(booking.value.revision))
}

/// Release a hold.
///
/// Its rooms are free again. If it was already released or has expired, nothing changes and the answer is the same. Errors: 409
/// `wrong_state` if it was confirmed.
#[utoipa::path(delete, path = Operation::ReleaseHold.route(), tag = "Holds",
    params(("hold" = String, Path, description = "The holdId.")),
    responses((status = 204)))]
pub async fn release(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<v1::ReleaseHoldRequest>,
) -> Result<Response, Problem> {
    let released = service.release_hold(call.mutation, v1::ReleaseHoldRequest { hold_id: id, ..call.body }).await?;
    Ok(done_empty(&released))
}
