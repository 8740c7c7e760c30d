//! `/v1/guests`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::done;
use crate::edge::http::call::{Call, PathOf};
use crate::service::Service;

/// Erase a guest: the key of the data is destroyed for good. The booking, its counts and its receipts stay.
#[utoipa::path(post, path = Operation::EraseGuest.route(), tag = "Guests",
    params(("guest" = String, Path, description = "the guestId of a booking"), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = v1::ErasedGuest)))]
pub async fn erase(
    State(service): State<Service>,
    PathOf(guest_id): PathOf<String>,
    call: Call<v1::EraseGuestRequest>,
) -> Result<Response, Problem> {
    let erased = service.erase_guest(call.mutation, v1::EraseGuestRequest { guest_id, ..call.body }).await?;
    done(&erased, None)
}
