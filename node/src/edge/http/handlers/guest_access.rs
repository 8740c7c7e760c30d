//! Links and sessions of guests.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::answer;
use crate::edge::http::body;
use crate::edge::http::call::{MutationCall, PathOf};
use crate::edge::remote_address::RemoteAddress;
use crate::service::{GuestLink, GuestLinkRequest, GuestSession, GuestSignIn, ReadOptions, Service};

/// Create a link for a guest.
///
/// With the link and the confirmation number together, the guest can sign in and see this booking. Returns both. Links are not
/// stored: a retry creates another link, and a link stays valid until it expires.
#[utoipa::path(post, path = Operation::LinkGuest.route(), tag = "Guests", request_body = GuestLinkRequest,
    params(("booking" = String, Path, description = "The bookingId."),
        ("Idempotency-Key" = String, Header, description = super::UNSTORED_IDEMPOTENCY_KEY)),
    responses((status = 201, body = GuestLink)))]
pub async fn link(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: MutationCall<GuestLinkRequest>,
) -> Result<Response, Problem> {
    let options = ReadOptions::linearizable(call.mutation.deadline);
    answer(StatusCode::CREATED, &service.link_guest(&call.mutation.caller, &id, &call.body, options).await?)
}

/// Sign a guest in.
///
/// Needs no credentials. Takes a link and the confirmation number, and returns a bearer token for half an hour. With it, the
/// guest can read the booking and its receipt, and cancel it. Errors: 401 `unauthenticated`, whichever value is wrong.
#[utoipa::path(post, path = Operation::SignGuestIn.route(), tag = "Guests", request_body = GuestSignIn, security(()),
    responses((status = 201, body = GuestSession)))]
pub async fn sign_in(State(service): State<Service>, request: Request) -> Result<Response, Problem> {
    let from = RemoteAddress::ip_of(request.extensions());
    // Before the body is read, so that a stranger cannot make the node read more bodies than this.
    service.guard().quotas().take_sign_in(from)?;
    let sign_in: GuestSignIn = body::read_json(request).await?;
    answer(StatusCode::CREATED, &service.sign_guest_in(&sign_in, from, service.default_deadline()).await?)
}
