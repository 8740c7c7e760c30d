//! Liveness, readiness and metrics.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyrack_texts::Detail;

use crate::access::Operation;
use crate::convert::Problem;
use crate::service::Service;

/// Check that the process answers.
///
/// Returns the text `ok`.
#[utoipa::path(get, path = Operation::GetHealth.route(), tag = "Health", responses((status = 200)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// How old the replicas of a ready node may be.
const FRESH: Duration = Duration::from_secs(5);

/// Check that the node is ready.
///
/// 200 if this node knows the leader of every shard, and its replicas have every change that was acknowledged 5 seconds ago.
/// Otherwise 503 with the reason as text.
#[utoipa::path(get, path = Operation::GetReadiness.route(), tag = "Health", responses((status = 200), (status = 503)))]
pub async fn readyz(State(service): State<Service>) -> Response {
    let cluster = service.cluster();
    let status = cluster.status().into_iter().enumerate();
    let leaderless: Vec<String> = status.filter(|(_, one)| one.leader.is_none()).map(|(shard, _)| shard.to_string()).collect();
    let reason = match leaderless.as_slice() {
        [] if cluster.is_fresh(FRESH) => return "ready\n".into_response(),
        [] => "no majority of the nodes has answered within the last 5 s".to_owned(),
        shards => format!("no leader in shards {}", shards.join(", ")),
    };
    let lost: Vec<String> = cluster.lost_peers().iter().map(u64::to_string).collect();
    // A fenced node gets no answer either: the other nodes close its connections without a reason.
    let is_alone = lost.len() + 1 == cluster.members().len();
    let fenced = if is_alone { "; if they run, this node may be fenced: see `keyrack node list` at another node" } else { "" };
    let missing =
        if lost.is_empty() { String::new() } else { format!(" (nodes that do not answer: {}{fenced})", lost.join(", ")) };
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}{missing}\n")).into_response()
}

/// Get the node's metrics.
///
/// In the OpenMetrics text format, for Prometheus. Needs the credentials of an operator or of an auditor of all properties, because
/// metrics show how much the whole cluster sells. A development node needs none.
#[utoipa::path(get, path = Operation::GetMetrics.route(), tag = "Health", responses((status = 200)))]
pub async fn metrics(State(service): State<Service>) -> Result<Response, Problem> {
    let page = service.metrics().render(service.cluster());
    let page = page.map_err(|_| Problem::new(Detail::MetricsUnwritable))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], page).into_response())
}
