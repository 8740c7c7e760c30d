//! Guests' links and sessions.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::answer;
use crate::edge::http::body;
use crate::edge::http::call::{Call, PathOf};
use crate::edge::remote_address::RemoteAddress;
use crate::service::{GuestLink, GuestLinkRequest, GuestSession, GuestSignIn, ReadOptions, Service};

/// A link with which a guest sees this booking, together with its confirmation number.
#[utoipa::path(post, path = Operation::LinkGuest.route(), tag = "Guests", request_body = GuestLinkRequest,
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = GuestLink)))]
pub async fn link(
    State(service): State<Service>,
    PathOf(id): PathOf<String>,
    call: Call<GuestLinkRequest>,
) -> Result<Response, Problem> {
    let options = ReadOptions::linearizable(call.mutation.deadline);
    answer(StatusCode::CREATED, &service.link_guest(&call.mutation.caller, &id, &call.body, options).await?)
}

/// Sign a guest in: a link and the confirmation number for a session of half an hour.
#[utoipa::path(post, path = Operation::SignGuestIn.route(), tag = "Guests", request_body = GuestSignIn, security(()),
    responses((status = 201, body = GuestSession)))]
pub async fn sign_in(State(service): State<Service>, request: Request) -> Result<Response, Problem> {
    let from = RemoteAddress::ip_of(request.extensions());
    let sign_in: GuestSignIn = body::read_json(request).await?;
    answer(StatusCode::CREATED, &service.sign_guest_in(&sign_in, from)?)
}
