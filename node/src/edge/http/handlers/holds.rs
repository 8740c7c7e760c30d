//! `/v1/holds`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::{done, done_empty};
use crate::edge::http::call::{Call, PathOf};
use crate::service::Service;

/// Take rooms for a few minutes while the guest pays.
#[utoipa::path(post, path = Operation::PlaceHold.route(), tag = "Holds", request_body = v1::PlaceHoldRequest,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = v1::Hold)))]
pub async fn place(State(service): State<Service>, call: Call<v1::PlaceHoldRequest>) -> Result<Response, Problem> {
    done(&service.place_hold(call.mutation, call.body).await?, None)
}

/// Turn a hold into a booking.
#[utoipa::path(post, path = Operation::ConfirmHold.route(), tag = "Holds", request_body = v1::ConfirmHoldRequest,
    params(("hold" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = v1::Booking)))]
pub async fn confirm(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::ConfirmHoldRequest>,
) -> Result<Response, Problem> {
    let booking = service.confirm_hold(call.mutation, v1::ConfirmHoldRequest { hold_id: id, ..call.body }).await?;
    done(&booking, Some(booking.value.revision))
}

/// Give a hold back; a second time answers the same.
#[utoipa::path(delete, path = Operation::ReleaseHold.route(), tag = "Holds", params(("hold" = String, Path)),
    responses((status = 204)))]
pub async fn release(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<v1::ReleaseHoldRequest>,
) -> Result<Response, Problem> {
    let released = service.release_hold(call.mutation, v1::ReleaseHoldRequest { hold_id: id, ..call.body }).await?;
    Ok(done_empty(&released))
}
