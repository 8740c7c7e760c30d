//! The HTTP edge: paths, and what they have in common.

mod addresses;
mod audit;
mod bookings;
mod call;
mod connection;
mod docs;
mod events;
mod guest_access;
mod guests;
mod health;
mod holds;
mod hygiene;
mod log;
mod openapi;
mod principals;
mod problem;
mod properties;
mod server;
mod shape;
mod stays;

pub use addresses::Addresses;
pub use connection::{RemoteAddress, Security};
pub use openapi::document;
pub use server::{Door, Limits, Routers, serve};

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};

use crate::access::guard_http;
use crate::metrics::method_name;
use crate::problem::{Code, Problem};
use crate::service::Edge;

/// Every path of the API.
pub fn router(edge: Edge) -> Router {
    guarded(edge, paths())
}

/// The same, and what only operators have: for their own listener.
pub fn operator_router(edge: Edge) -> Router {
    let operators = Router::new()
        .route("/v1/principals", get(principals::list))
        .route("/v1/principals/{principal}", get(principals::get).put(principals::put))
        .route("/v1/principals/{principal}/revoke", post(principals::revoke))
        .route("/v1/principals/{principal}/keys", post(principals::create_key))
        .route("/v1/principals/{principal}/keys/{prefix}/revoke", post(principals::revoke_key))
        .route("/v1/nodes", get(principals::nodes))
        .route("/v1/nodes/{node}/fence", post(principals::fence))
        .route("/v1/nodes/{node}/admit", post(principals::admit))
        .route("/v1/nodes/{node}/lead", post(principals::lead));
    guarded(edge, paths().merge(operators))
}

fn paths() -> Router<Edge> {
    Router::new()
        .route("/v1/properties", get(properties::list))
        .route("/v1/properties/{property}", put(properties::put).get(properties::get))
        .route("/v1/properties/{property}/room-types/{code}", put(properties::put_room_type))
        .route("/v1/properties/{property}/rate-plans/{code}", put(properties::put_rate_plan))
        .route("/v1/properties/{property}/ari", post(properties::update_ari))
        .route("/v1/properties/{property}/close-business-date", post(properties::close_business_date))
        .route("/v1/properties/{property}/availability", get(stays::availability))
        .route("/v1/offers", get(stays::offers))
        .route("/v1/holds", post(holds::place))
        .route("/v1/holds/{hold}/confirm", post(holds::confirm))
        .route("/v1/holds/{hold}", axum::routing::delete(holds::release))
        .route("/v1/bookings", post(bookings::book).get(bookings::list))
        .route("/v1/bookings/{booking}", get(bookings::get))
        .route("/v1/bookings/{booking}/amend", post(bookings::amend))
        .route("/v1/bookings/{booking}/cancel", post(bookings::cancel))
        .route("/v1/bookings/{booking}/check-in", post(bookings::check_in))
        .route("/v1/bookings/{booking}/check-out", post(bookings::check_out))
        .route("/v1/bookings/{booking}/no-show", post(bookings::no_show))
        .route("/v1/bookings/{booking}/receipt", get(bookings::receipt))
        .route("/v1/bookings/{booking}/guest-link", post(guest_access::link))
        .route("/v1/guest-sessions", post(guest_access::sign_in))
        .route("/v1/guests/{guest}/erase", post(guests::erase))
        .route("/v1/events", get(events::events))
        .route("/v1/audit", get(audit::page))
        .route("/log/policy", get(log::policy))
        .route("/log/{shard}/checkpoint", get(log::checkpoint))
        .route("/log/{shard}/tile/entries/{*tile}", get(log::entries))
        .route("/log/{shard}/tile/{*tile}", get(log::tile))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(docs::openapi))
        .route("/docs", get(docs::page))
}

fn guarded(edge: Edge, paths: Router<Edge>) -> Router {
    paths
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(edge.clone(), guard_http))
        .layer(from_fn_with_state(edge.clone(), finish))
        .with_state(edge)
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "there is no such path; see /docs")
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "see /docs for the methods of this path")
}

/// What every answer gets: a problem's body in the caller's language, the quota, a count, a line in the log.
async fn finish(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_name(request.method());
    // The pattern, not the path: a path has ids in it, and there are endlessly many.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    // Whether the answer is for one caller's eyes.
    let is_known = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = next.run(request).await;
    problem::finish(&mut response, languages.as_ref());
    hygiene::finish(&mut response, is_known);
    let status = response.status().as_u16();
    edge.metrics().answered(method, &route, status, began.elapsed());
    let trace = response.headers().get("keyrack-trace-id").and_then(|value| value.to_str().ok());
    match status {
        500.. => tracing::warn!(method, route, status, trace, took_us = began.elapsed().as_micros() as u64, "answered"),
        _ => tracing::debug!(method, route, status, trace, took_us = began.elapsed().as_micros() as u64, "answered"),
    }
    response
}
