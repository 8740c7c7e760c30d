//! The listener: HTTP/1.1 and HTTP/2 on one port, bounded in every direction.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use super::call::BodyLimits;

/// What a connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// How long head and body may take.
    pub read_timeout: Duration,
}

/// Both APIs: every listener answers both, so a client needs one address only.
#[derive(Clone)]
pub struct Routers {
    /// The HTTP API.
    pub http: Router,
    /// The gRPC services.
    pub grpc: Router,
}

impl Routers {
    fn of<B>(&self, request: &hyper::Request<B>) -> Router {
        let media_type = request.headers().get(hyper::header::CONTENT_TYPE).map(|value| value.as_bytes());
        let is_grpc = media_type.is_some_and(|value| value.starts_with(b"application/grpc"));
        if is_grpc { self.grpc.clone() } else { self.http.clone() }
    }
}

/// How long open requests have when the node stops.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves until `stop` turns true, then lets open requests finish.
pub async fn serve(listener: TcpListener, routers: Routers, limits: Limits, mut stop: watch::Receiver<bool>) {
    let builder = Arc::new(builder(limits));
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let body_limits = BodyLimits { bytes: limits.body_bytes, timeout: limits.read_timeout };
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(cause) => {
                // Out of descriptors, most likely: give connections time to end.
                tracing::warn!(%cause, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers leave at once; a socket that refuses works without it.
        let _ = stream.set_nodelay(true);
        let routers = routers.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(body_limits);
            routers.of(&request).oneshot(request.map(axum::body::Body::new) as Request)
        });
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(cause) = connection.await {
                tracing::debug!(%cause, "a connection ended badly");
            }
            drop(permit);
        });
    }
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.read_timeout)
        // hyper answers 431 when the head does not fit.
        .max_buf_size(limits.header_bytes.max(8_192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.header_bytes as u32)
        .max_concurrent_streams(2_048)
        .max_pending_accept_reset_streams(64)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(8 << 20)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}
