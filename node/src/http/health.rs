//! Is it alive, is it ready, how is it doing.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::{Code, Problem};
use crate::service::Edge;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "Health", responses((status = 200)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Every shard has a leader that this node knows.
#[utoipa::path(get, path = "/readyz", tag = "Health", responses((status = 200), (status = 503)))]
pub async fn readyz(State(edge): State<Edge>) -> Response {
    let leaderless = edge.cluster().status().iter().filter(|status| status.leader.is_none()).count();
    if leaderless == 0 {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("{leaderless} shards without a leader\n")).into_response()
}

/// Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "Health", responses((status = 200)))]
pub async fn metrics(State(edge): State<Edge>) -> Result<Response, Problem> {
    let page = edge.metrics().render(edge.cluster());
    let page = page.map_err(|_| Problem::new(Code::Internal, "the metrics cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], page).into_response())
}
