//! The listeners: HTTP/1.1 and HTTP/2 on one port, with or without TLS, bounded in every direction.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::addresses::Addresses;
use super::connection::{Manners, Security};

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
    /// How long a connection may have no request.
    pub idle_timeout: Duration,
}

/// A bound listener and what it asks of those who connect.
pub struct Door {
    /// Where.
    pub listener: TcpListener,
    /// What it asks.
    pub security: Security,
}

/// All APIs: every listener answers HTTP and gRPC, so a client needs one address only.
#[derive(Clone)]
pub struct Routers {
    /// The HTTP API.
    pub http: Router,
    /// The gRPC services.
    pub grpc: Router,
    /// The HTTP API of the operators' listener.
    pub operator: Router,
}

impl Routers {
    /// The same for the operators' listener, where HTTP is another API.
    fn of_door(self, security: &Security) -> Routers {
        match security {
            Security::Operators(_) => Routers { http: self.operator.clone(), ..self },
            Security::Plain | Security::Clients(_) => self,
        }
    }

    /// Who answers a request.
    pub fn of<B>(&self, request: &hyper::Request<B>) -> Router {
        let media_type = request.headers().get(hyper::header::CONTENT_TYPE).map(|value| value.as_bytes());
        let is_grpc = media_type.is_some_and(|value| value.starts_with(b"application/grpc"));
        if is_grpc { self.grpc.clone() } else { self.http.clone() }
    }
}

/// How long open requests have when the node stops.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves until `stop` turns true, then lets open requests finish.
pub async fn serve(door: Door, routers: Routers, addresses: Addresses, limits: Limits, mut stop: watch::Receiver<bool>) {
    let Door { listener, security } = door;
    let (routers, connections) = (routers.of_door(&security), limits.connections.clamp(1, Semaphore::MAX_PERMITS >> 3) as u32);
    let manners = Manners { security, routers, builder: Arc::new(builder(limits)), limits, stop: stop.clone() };
    let permits = Arc::new(Semaphore::new(connections as usize));
    loop {
        let next = async {
            // Never closed.
            let permit = permits.clone().acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let accepted = tokio::select! {
            next = next => next,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((permit, accepted)) = accepted else { break };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(cause) => {
                // Out of descriptors, most likely: give connections time to end.
                tracing::warn!(%cause, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = addresses.place(address.ip()) else {
            tracing::debug!(%address, "too many connections of one address: closed");
            continue;
        };
        let manners = manners.clone();
        tokio::spawn(async move {
            manners.serve(stream, address).await;
            drop((permit, place));
        });
    }
    drop(listener);
    // All permits are back when the last connection has ended.
    let _ = tokio::time::timeout(DRAIN, permits.acquire_many(connections)).await;
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Counts from the end of the last answer, so it ends idle connections too.
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
