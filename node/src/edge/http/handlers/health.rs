//! Is it alive, is it ready, how is it doing.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyrack_proto::Code;

use crate::access::Operation;
use crate::convert::Problem;
use crate::service::Service;

/// The process answers.
#[utoipa::path(get, path = Operation::GetHealth.route(), tag = "Health", responses((status = 200)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// How long ago a majority may have been heard of.
const FRESH: Duration = Duration::from_secs(5);

/// Every shard has a leader that this node knows, and a majority that it has heard of lately.
#[utoipa::path(get, path = Operation::GetReadiness.route(), tag = "Health", responses((status = 200), (status = 503)))]
pub async fn readyz(State(service): State<Service>) -> Response {
    let leaderless = service.cluster().status().iter().filter(|status| status.leader.is_none()).count();
    match leaderless {
        0 if service.cluster().is_fresh(FRESH) => "ready\n".into_response(),
        0 => (StatusCode::SERVICE_UNAVAILABLE, "no majority has been heard of for 5 seconds\n").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, format!("{leaderless} shards without a leader\n")).into_response(),
    }
}

/// Prometheus' text format.
#[utoipa::path(get, path = Operation::GetMetrics.route(), tag = "Health", responses((status = 200)))]
pub async fn metrics(State(service): State<Service>) -> Result<Response, Problem> {
    let page = service.metrics().render(service.cluster());
    let page = page.map_err(|_| Problem::new(Code::Internal, "the metrics cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], page).into_response())
}
