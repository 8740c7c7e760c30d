//! The answers of a node that has not started yet: health, readiness, and 503 to everything else.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use keyrack_cluster::StartProgress;
use keyrack_texts::Detail;

use super::handlers::health::healthz;
use super::{problem, response_headers};
use crate::access::Operation;
use crate::convert::Problem;

/// The HTTP API until the node has started.
pub fn starting_router(progress: StartProgress) -> Router {
    Router::new()
        .route(Operation::GetHealth.route(), get(healthz))
        .route(Operation::GetReadiness.route(), get(readyz))
        .fallback(async || Problem::new(Detail::NodeStarting))
        .layer(from_fn(finish))
        .with_state(progress)
}

async fn readyz(State(progress): State<StartProgress>) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", progress.awaited())).into_response()
}

async fn finish(request: Request, next: Next) -> Response {
    let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let is_for_one_caller = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = next.run(request).await;
    problem::finish(&mut response, languages.as_ref());
    response_headers::finish(&mut response, is_for_one_caller);
    response
}
