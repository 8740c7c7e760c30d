//! Guests' links and sessions.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::call::{Call, PathOf, answer, body_of};
use super::connection::RemoteAddress;
use crate::problem::Problem;
use crate::service::{Edge, GuestLink, GuestSession, LinkWish, ReadOptions, SignIn};

/// A link with which a guest sees this booking, together with its confirmation number.
#[utoipa::path(post, path = "/v1/bookings/{booking}/guest-link", tag = "Guests", request_body = LinkWish,
    params(("booking" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = GuestLink)))]
pub async fn link(State(edge): State<Edge>, PathOf(id): PathOf<String>, call: Call<LinkWish>) -> Result<Response, Problem> {
    let options = ReadOptions::linearizable(call.mutation.deadline);
    answer(StatusCode::CREATED, &edge.link_guest(&call.mutation.caller, &id, &call.body, options).await?)
}

/// Sign a guest in: a link and the confirmation number for a session of half an hour.
#[utoipa::path(post, path = "/v1/guest-sessions", tag = "Guests", request_body = SignIn, security(()),
    responses((status = 201, body = GuestSession)))]
pub async fn sign_in(State(edge): State<Edge>, request: Request) -> Result<Response, Problem> {
    let from = request.extensions().get::<RemoteAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0.ip());
    let sign_in: SignIn = body_of(request).await?;
    answer(StatusCode::CREATED, &edge.sign_guest_in(&sign_in, from)?)
}
