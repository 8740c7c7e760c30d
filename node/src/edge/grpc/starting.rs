//! The gRPC answers of a node that has not started yet: not serving, and `unavailable` to everything else.

use axum::Router;
use axum::body::Body;
use keyrack_texts::Detail;
use tonic::service::Routes;
use tonic_health::ServingStatus;

use super::status::status_of;
use crate::convert::Problem;

/// The gRPC services until the node has started.
pub async fn starting_router() -> Router {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("", ServingStatus::NotServing).await;
    Routes::new(health).into_axum_router().fallback(async || status_of(Problem::new(Detail::NodeStarting)).into_http::<Body>())
}
