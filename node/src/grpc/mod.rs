//! The public gRPC services, with health and reflection.

mod inventory;
mod receipts;
mod reservations;
mod status;

use axum::Router;
use keyrack_proto::v1::inventory_server::InventoryServer;
use keyrack_proto::v1::receipts_server::ReceiptsServer;
use keyrack_proto::v1::reservations_server::ReservationsServer;
use tokio::time::Instant;
use tonic::Request;
use tonic::service::Routes;

pub use self::status::status_of;
use crate::access::{Caller, guard_grpc};
use crate::problem::{Code, Problem};
use crate::service::{Edge, Mutation};

/// All services as paths beside the HTTP API's.
pub async fn router(edge: Edge) -> anyhow::Result<Router> {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<ReservationsServer<reservations::Service>>().await;
    reporter.set_serving::<InventoryServer<inventory::Service>>().await;
    reporter.set_serving::<ReceiptsServer<receipts::Service>>().await;
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(keyrack_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Both versions: many tools still ask for the older one.
    let (reflection, older_reflection) = (described().build_v1()?, described().build_v1alpha()?);
    let routes = Routes::new(ReservationsServer::new(reservations::Service::new(edge.clone())))
        .add_service(InventoryServer::new(inventory::Service::new(edge.clone())))
        .add_service(ReceiptsServer::new(receipts::Service::new(edge.clone())))
        .add_service(health)
        .add_service(reflection)
        .add_service(older_reflection);
    Ok(routes.into_axum_router().layer(axum::middleware::from_fn_with_state(edge, guard_grpc)))
}

/// Who calls, by the `authorization` metadata.
fn caller<T>(request: &Request<T>) -> Result<Caller, tonic::Status> {
    // The guard let it in, or nobody is there.
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| status_of(Problem::new(Code::Unauthenticated, "send authorization: Bearer <api key or token>")))
}

/// When the caller stops waiting: its own deadline, or the node's.
fn deadline<T>(edge: &Edge, request: &Request<T>) -> Instant {
    let text = request.metadata().get("grpc-timeout").and_then(|value| value.to_str().ok());
    text.and_then(timeout).map_or_else(|| edge.default_deadline(), |timeout| Instant::now() + timeout)
}

/// `grpc-timeout`: up to eight digits and a unit, see the gRPC over HTTP/2 protocol.
fn timeout(text: &str) -> Option<std::time::Duration> {
    use std::time::Duration;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// A mutation as gRPC callers make it.
fn mutation<T>(edge: &Edge, request: &Request<T>, key: &str) -> Result<Mutation, tonic::Status> {
    Mutation::keyed(caller(request)?, key, deadline(edge, request)).map_err(status_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        use std::time::Duration;
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("2S"), Some(Duration::from_secs(2)));
        for wrong in ["", "m", "1x", "123456789m", "-1S", "é"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }
}
