//! Accepts connections.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use keyrack_cluster::{Refusals, Tasks};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::addresses::Addresses;
use super::apis::Apis;
use super::connection::{ConnectionSettings, Security};
use super::executor::StreamExecutor;
use super::limits::Limits;

/// A bound socket and what it requires of clients.
pub struct BoundListener {
    /// The socket.
    pub socket: TcpListener,
    /// What it requires.
    pub security: Security,
}

/// Accepts connections until dropped. Each connection is a task of `tasks`.
pub async fn serve(listener: BoundListener, apis: Apis, addresses: Addresses, limits: Limits, tasks: Tasks) {
    let BoundListener { socket, security } = listener;
    let builder = Arc::new(builder(limits, StreamExecutor(tasks.clone())));
    let refusals = Arc::new(Refusals::default());
    let settings = ConnectionSettings { security, apis, builder, limits, refusals, tasks: tasks.clone() };
    let permits = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    // The semaphore is never closed.
    while let Ok(permit) = permits.clone().acquire_owned().await {
        let (stream, address) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                // Most likely there is no free file descriptor. Wait for connections to end.
                tracing::warn!(event = "accept_failed", %cause, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(slot) = addresses.take_slot(address.ip()) else {
            tracing::debug!(%address, "too many connections of one address: closed");
            continue;
        };
        let settings = settings.clone();
        tasks.spawn_contained("connection", async move {
            settings.serve(stream, address).await;
            drop((permit, slot));
        });
    }
}

fn builder(limits: Limits, executor: StreamExecutor) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        // This time begins at the end of the last answer, so it also ends idle connections.
        .header_read_timeout(limits.read_timeout)
        // hyper answers 431 when the head does not fit.
        .max_buf_size(limits.header_bytes.max(8_192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.header_bytes as u32)
        .max_concurrent_streams(2_048)
        .max_pending_accept_reset_streams(64)
        .max_local_error_reset_streams(128)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(8 << 20)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}
