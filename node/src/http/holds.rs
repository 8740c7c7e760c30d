//! `/v1/holds`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;

use super::call::{Call, PathOf, done, done_empty};
use crate::problem::Problem;
use crate::service::Edge;

/// Take rooms for a few minutes while the guest pays.
#[utoipa::path(post, path = "/v1/holds", tag = "Holds", request_body = v1::PlaceHoldRequest,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = v1::Hold)))]
pub async fn place(State(edge): State<Edge>, call: Call<v1::PlaceHoldRequest>) -> Result<Response, Problem> {
    done(&edge.place_hold(call.mutation, call.body).await?, None)
}

/// Turn a hold into a booking.
#[utoipa::path(post, path = "/v1/holds/{hold}/confirm", tag = "Holds", request_body = v1::ConfirmHoldRequest,
    params(("hold" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = v1::Booking)))]
pub async fn confirm(
    State(edge): State<Edge>,
    PathOf(id): PathOf<String>,
    call: Call<v1::ConfirmHoldRequest>,
) -> Result<Response, Problem> {
    let booking = edge.confirm_hold(call.mutation, v1::ConfirmHoldRequest { hold_id: id, ..call.body }).await?;
    done(&booking, Some(booking.value.revision))
}

/// Give a hold back; a second time answers the same.
#[utoipa::path(delete, path = "/v1/holds/{hold}", tag = "Holds", params(("hold" = String, Path)),
    responses((status = 204)))]
pub async fn release(
    State(edge): State<Edge>,
    PathOf(id): PathOf<String>,
    call: Call<v1::ReleaseHoldRequest>,
) -> Result<Response, Problem> {
    let released = edge.release_hold(call.mutation, v1::ReleaseHoldRequest { hold_id: id, ..call.body }).await?;
    Ok(done_empty(&released))
}
