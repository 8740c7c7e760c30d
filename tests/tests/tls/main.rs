//! Which TLS clients each listener admits, and certificates that change under load.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod clients;
mod early_refusals;
mod operators;
mod peers;
mod rotation;
mod start;

use std::sync::Arc;

use keyrack_tests::secure::SecureConnection;

/// A TLS client's configuration.
type Client = Arc<rustls::ClientConfig>;

/// The status of the simplest request of a client, or the cause of its refusal.
async fn status(address: &str, client: &Client) -> Result<u16, String> {
    let mut connection = SecureConnection::open(address, client).await.map_err(|cause| cause.to_string())?;
    let answer = connection.request("GET /healthz", "", "").await;
    answer.map(|(status, _)| status).map_err(|cause| cause.to_string())
}
