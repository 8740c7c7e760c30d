//! One connection from its first byte to its last: handshake, requests, idleness, end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::body::Body;
use axum::response::IntoResponse;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::{Request, Response, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use keyrack_cluster::handshake_failure;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::call::BodyLimits;
use super::problem;
use super::server::{Limits, Routers};
use crate::problem::{Code, Problem};
use crate::tls::{ClientIdentity, EdgeTls, client_identity};

/// Who sent a request, as an extension of it: the address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddress(pub SocketAddr);

/// What a listener asks of those who connect.
#[derive(Clone)]
pub enum Security {
    /// Nothing: plain HTTP, for development.
    Plain,
    /// TLS; a client may show a certificate.
    Clients(Arc<EdgeTls>),
    /// TLS with an operator's certificate.
    Operators(Arc<EdgeTls>),
}

/// What all connections of a listener have in common.
#[derive(Clone)]
pub struct Manners {
    pub security: Security,
    pub routers: Routers,
    pub builder: Arc<Builder<TokioExecutor>>,
    pub limits: Limits,
    pub stop: watch::Receiver<bool>,
}

/// The longest path with its query.
const URI_BYTES: usize = 8 << 10;
/// The longest that a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the last words of a connection may take, once it is to end.
const FAREWELL: Duration = Duration::from_secs(1);

impl Manners {
    /// Serves one connection until it ends.
    pub async fn serve(mut self, stream: TcpStream, address: SocketAddr) {
        // Small answers leave at once; a socket that refuses works without it.
        let _ = stream.set_nodelay(true);
        let (config, operators) = match &self.security {
            Security::Plain => return self.converse(stream, address, None).await,
            Security::Clients(tls) => (tls.public(), false),
            Security::Operators(tls) => (tls.operator(), true),
        };
        let handshake = async {
            let within = HANDSHAKE.min(self.limits.read_timeout);
            let accepted = tokio::time::timeout(within, TlsAcceptor::from(config).accept(stream)).await;
            let stream = accepted.context("no handshake in time")?.map_err(|cause| anyhow!(handshake_failure(&cause)))?;
            let identity = client_identity(stream.get_ref().1.peer_certificates())?;
            anyhow::Ok((stream, identity))
        };
        let greeted = tokio::select! {
            greeted = handshake => greeted,
            () = stopped(&mut self.stop) => return,
        };
        match greeted {
            Ok((stream, identity)) => self.converse(stream, address, identity).await,
            // Who knocks at the operators' door without being one is worth a line; the others are the internet.
            Err(cause) if operators => tracing::warn!(%address, cause = format!("{cause:#}"), "no operator: refused"),
            Err(cause) => tracing::debug!(%address, cause = format!("{cause:#}"), "a handshake failed"),
        }
    }

    async fn converse<S>(mut self, stream: S, address: SocketAddr, identity: Option<ClientIdentity>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::default());
        let body_limits = BodyLimits { bytes: self.limits.body_bytes, timeout: self.limits.read_timeout };
        let (routers, at_work) = (self.routers.clone(), activity.clone());
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let open = Open::begin(at_work.clone());
            let extensions = request.extensions_mut();
            extensions.insert(body_limits);
            extensions.insert(RemoteAddress(address));
            if let Some(identity) = &identity {
                extensions.insert(identity.clone());
            }
            let routers = routers.clone();
            async move { Ok::<_, Infallible>(answer(routers, request).await.map(|body| Counted { body, _open: open })) }
        });
        let mut connection = pin!(self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
        // The first request has to come soon.
        let mut look_at = Instant::now() + self.limits.read_timeout;
        let ended = loop {
            tokio::select! {
                ended = connection.as_mut() => break ended,
                () = stopped(&mut self.stop) => {
                    connection.as_mut().graceful_shutdown();
                    // As long as the open requests take; the server does not wait for ever.
                    break connection.await;
                }
                () = tokio::time::sleep_until(look_at) => match activity.idle_since() {
                    Some(since) if since + self.limits.idle_timeout <= Instant::now() || activity.is_unused() => {
                        connection.as_mut().graceful_shutdown();
                        match tokio::time::timeout(FAREWELL, connection).await {
                            Ok(ended) => break ended,
                            Err(_) => return,
                        }
                    }
                    Some(since) => look_at = since + self.limits.idle_timeout,
                    None => look_at = Instant::now() + self.limits.idle_timeout,
                },
            }
        };
        if let Err(cause) = ended {
            tracing::debug!(%address, %cause, "a connection ended badly");
        }
    }
}

/// Waits until the node is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The sender is dropped when the node is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn answer(routers: Routers, request: Request<Incoming>) -> Response<Body> {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > URI_BYTES {
        let address = request.extensions().get::<RemoteAddress>().map(|remote| remote.0);
        tracing::debug!(?address, length, "a path that is too long");
        let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
        let mut response = Problem::new(Code::UriTooLong, format!("at most {URI_BYTES} bytes")).into_response();
        problem::finish(&mut response, languages.as_ref());
        return response;
    }
    match routers.of(&request).oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Whether anything is going on. Neither HTTP/1 nor HTTP/2 of hyper tells, and an idle HTTP/2 connection would stay open
/// for as long as its other end answers pings.
struct Activity {
    began: Instant,
    open: AtomicUsize,
    requests: AtomicU64,
    /// Milliseconds from `began` to the end of the last answer.
    idle_since_ms: AtomicU64,
}

impl Default for Activity {
    fn default() -> Self {
        Activity {
            began: Instant::now(),
            open: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            idle_since_ms: AtomicU64::new(0),
        }
    }
}

impl Activity {
    /// Since when no request is open; `None` while one is.
    fn idle_since(&self) -> Option<Instant> {
        let since = self.began + Duration::from_millis(self.idle_since_ms.load(Ordering::Acquire));
        (self.open.load(Ordering::Acquire) == 0).then_some(since)
    }

    fn is_unused(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0
    }
}

/// A request from its head to the end of its answer's body.
struct Open(Arc<Activity>);

impl Open {
    fn begin(activity: Arc<Activity>) -> Open {
        activity.open.fetch_add(1, Ordering::AcqRel);
        activity.requests.fetch_add(1, Ordering::Relaxed);
        Open(activity)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.idle_since_ms.store(self.0.began.elapsed().as_millis() as u64, Ordering::Release);
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// An answer's body, which keeps its request open: a feed may go on for hours.
struct Counted {
    body: Body,
    _open: Open,
}

impl hyper::body::Body for Counted {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<bytes::Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
