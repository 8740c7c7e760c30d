//! `/v1/guests`.

use axum::extract::State;
use axum::response::Response;
use keyrack_proto::v1;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::done;
use crate::edge::http::call::{MutationCall, PathOf};
use crate::service::Service;

/// Erase a guest's data.
///
/// For managers and operators. Permanently destroys the key of the data, so that the data can no longer be read. The booking and
/// its receipts stay. Erasing again changes nothing and succeeds. Errors: 404 `not_found`.
#[utoipa::path(post, path = Operation::EraseGuest.route(), tag = "Guests",
    params(("guest" = String, Path, description = "The guestId of a booking."),
        ("Idempotency-Key" = String, Header, description = super::IDEMPOTENCY_KEY)),
    responses((status = 200, body = v1::ErasedGuest)))]
pub async fn erase(
    State(service): State<Service>,
    PathOf(guest_id): PathOf<String>,
    call: MutationCall<v1::EraseGuestRequest>,
) -> Result<Response, Problem> {
    let erased = service.erase_guest(call.mutation, v1::EraseGuestRequest { guest_id, ..call.body }).await?;
    done(&erased, None)
}
