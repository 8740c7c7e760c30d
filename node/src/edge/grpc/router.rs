//! All gRPC services as one router, with health and reflection.

use axum::Router;
use keyrack_proto::v1::inventory_server::InventoryServer;
use keyrack_proto::v1::receipts_server::ReceiptsServer;
use keyrack_proto::v1::reservations_server::ReservationsServer;
use tonic::service::Routes;

use super::guard::guard;
use super::inventory::InventoryService;
use super::open_streams::OpenStreams;
use super::receipts::ReceiptsService;
use super::reservations::ReservationsService;
use crate::service::Service;

/// The largest message to the services that answer anybody, in bytes.
const OPEN_MESSAGE_BYTES: usize = 16 << 10;

/// The largest message to the service that takes bookings, in bytes. A stream may have many of them open.
const RESERVATION_BYTES: usize = 64 << 10;

/// The router of all services, behind the guard. A message to them has at most `message_bytes`.
pub async fn router(service: Service, message_bytes: usize) -> anyhow::Result<Router> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let health = health.max_decoding_message_size(OPEN_MESSAGE_BYTES);
    reporter.set_serving::<ReservationsServer<ReservationsService>>().await;
    reporter.set_serving::<InventoryServer<InventoryService>>().await;
    reporter.set_serving::<ReceiptsServer<ReceiptsService>>().await;
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(keyrack_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Many tools still use the older version of reflection.
    let reflection = described().build_v1()?.max_decoding_message_size(OPEN_MESSAGE_BYTES);
    let older_reflection = described().build_v1alpha()?.max_decoding_message_size(OPEN_MESSAGE_BYTES);
    let reservations = ReservationsServer::new(ReservationsService::new(service.clone()));
    let inventory = InventoryServer::new(InventoryService::new(service.clone()));
    let receipts = ReceiptsServer::new(ReceiptsService::new(service.clone()));
    let routes = Routes::new(reservations.max_decoding_message_size(message_bytes.min(RESERVATION_BYTES)))
        .add_service(inventory.max_decoding_message_size(message_bytes))
        .add_service(receipts.max_decoding_message_size(message_bytes))
        .add_service(health)
        .add_service(reflection)
        .add_service(older_reflection);
    Ok(routes.into_axum_router().layer(axum::middleware::from_fn_with_state((service, OpenStreams::new()), guard)))
}
