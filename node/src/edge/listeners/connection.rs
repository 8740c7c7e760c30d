//! One connection: handshake, requests, idle time, close.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use keyrack_cluster::{Refusals, Tasks, handshake_failure};
use keyrack_texts::Detail;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::activity::{Activity, CountedBody, OpenRequest};
use super::apis::Apis;
use super::executor::StreamExecutor;
use super::kept::Kept;
use super::limits::Limits;
use crate::convert::Problem;
use crate::edge::http::{BodyLimits, finish_problem};
use crate::edge::remote_address::RemoteAddress;
use crate::tls::{ClientIdentity, ListenerTls, client_identity};

/// How a connection failed, as hyper says it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What a listener requires of clients.
#[derive(Clone)]
pub enum Security {
    /// Nothing: plain HTTP, for development.
    Plain,
    /// TLS; a client may show a certificate.
    Clients(Arc<ListenerTls>),
    /// TLS with an operator's certificate.
    Operators(Arc<ListenerTls>),
}

/// The settings that all connections of a listener share.
#[derive(Clone)]
pub struct ConnectionSettings {
    /// What the listener requires of clients.
    pub security: Security,
    /// Answer requests.
    pub apis: Apis,
    /// hyper's settings.
    pub builder: Arc<Builder<StreamExecutor>>,
    /// The limits of a connection.
    pub limits: Limits,
    /// Limits the log lines about refused operators.
    pub refusals: Arc<Refusals>,
    /// The tasks of the listeners. The connection is one of them.
    pub tasks: Tasks,
}

/// The most bytes of a path with its query.
const URI_BYTES: usize = 8 << 10;
/// The maximum time of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may take to close.
const CLOSE: Duration = Duration::from_secs(1);
/// The most bytes that are read and dropped at the end of a connection.
const DROPPED_BYTES: u64 = 16 << 20;
/// How long open requests have to finish when the node stops.
pub const DRAIN: Duration = Duration::from_secs(5);

impl ConnectionSettings {
    /// Serves one connection until it ends.
    pub async fn serve(self, stream: TcpStream, address: SocketAddr) {
        // Sends small answers at once. A socket that refuses the option also works.
        let _ = stream.set_nodelay(true);
        let (config, is_for_operators) = match &self.security {
            Security::Plain => return self.serve_requests(stream, address, None).await,
            Security::Clients(tls) => (tls.public(), false),
            Security::Operators(tls) => (tls.operator(), true),
        };
        let handshake = async {
            let within = HANDSHAKE.min(self.limits.read_timeout);
            let accepted = tokio::time::timeout(within, TlsAcceptor::from(config).accept(stream)).await;
            let mut stream = accepted
                .context("the TLS handshake did not finish in time")?
                .map_err(|cause| anyhow!(handshake_failure(&cause)))?;
            match client_identity(stream.get_ref().1.peer_certificates()) {
                Ok(identity) => Ok((stream, identity)),
                Err(cause) => {
                    // So the client gets close_notify.
                    let _ = tokio::time::timeout(CLOSE, stream.shutdown()).await;
                    Err(cause)
                }
            }
        };
        let accepted = tokio::select! {
            accepted = handshake => accepted,
            () = self.tasks.stopping() => return,
        };
        match accepted {
            Ok((stream, identity)) => self.serve_requests(stream, address, identity).await,
            // Failed handshakes are common on the internet, but not at the operators' listener.
            Err(cause) if is_for_operators && self.refusals.is_new(&format!("{} {cause:#}", address.ip())) => {
                tracing::warn!(event = "operator_refused", %address, cause = format!("{cause:#}"), "refused a connection at the operators' port");
            }
            Err(cause) => tracing::debug!(%address, cause = format!("{cause:#}"), "a TLS handshake failed"),
        }
    }

    /// Answers requests until the connection ends, and closes it properly.
    async fn serve_requests<S>(self, stream: S, address: SocketAddr, identity: Option<ClientIdentity>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stream = Kept::new(stream);
        if let Err(cause) = self.answer_requests(stream.second(), address, identity).await {
            tracing::debug!(%address, %cause, "a connection ended badly");
        }
        if let Some(stream) = stream.alone() {
            // The time is limited, because a client may never read and never close.
            let _ = tokio::time::timeout(CLOSE, close(stream)).await;
        }
    }

    async fn answer_requests<S>(self, stream: S, address: SocketAddr, identity: Option<ClientIdentity>) -> Result<(), Failed>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::default());
        let Limits { body_bytes, read_timeout, idle_timeout, .. } = self.limits;
        let (apis, is_for_operators) = (self.apis.clone(), matches!(self.security, Security::Operators(_)));
        let requests = activity.clone();
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let open = OpenRequest::begin(requests.clone());
            let extensions = request.extensions_mut();
            extensions.insert(BodyLimits { bytes: body_bytes, timeout: read_timeout });
            extensions.insert(RemoteAddress(address));
            if let Some(identity) = &identity {
                extensions.insert(identity.clone());
            }
            let routers = apis.routers();
            let router = match (is_grpc(&request), is_for_operators) {
                (true, _) => routers.grpc.clone(),
                (false, true) => routers.operator.clone(),
                (false, false) => routers.http.clone(),
            };
            async move { Ok::<_, Infallible>(answer(router, request).await.map(|body| CountedBody::new(body, open))) }
        });
        let mut connection = pin!(self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
        let mut stopping = pin!(self.tasks.stopping());
        // The first request must arrive within the read timeout.
        let mut check_at = Instant::now() + read_timeout;
        loop {
            tokio::select! {
                ended = connection.as_mut() => return ended,
                () = stopping.as_mut() => {
                    connection.as_mut().graceful_shutdown();
                    return tokio::time::timeout(DRAIN, connection).await.unwrap_or(Ok(()));
                }
                () = tokio::time::sleep_until(check_at) => match activity.idle_since() {
                    Some(since) if since + idle_timeout <= Instant::now() || activity.is_unused() => {
                        connection.as_mut().graceful_shutdown();
                        return tokio::time::timeout(CLOSE, connection).await.unwrap_or(Ok(()));
                    }
                    Some(since) => check_at = since + idle_timeout,
                    None => check_at = Instant::now() + idle_timeout,
                },
            }
        }
    }
}

/// Ends the stream, then reads and drops what the client still sends. A node may answer before it has read the whole request. A
/// socket that is closed with unread bytes sends a reset, and the reset can destroy the answer and the end of TLS on their way.
async fn close(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(DROPPED_BYTES), &mut tokio::io::sink()).await.map(drop)
}

fn is_grpc<B>(request: &Request<B>) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    media_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

async fn answer(router: Router, request: Request<Incoming>) -> Response<Body> {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > URI_BYTES {
        let address = request.extensions().get::<RemoteAddress>().map(|remote| remote.0);
        tracing::debug!(?address, length, "a path that is too long");
        let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
        let mut response = Problem::new(Detail::UriTooLong { limit_bytes: URI_BYTES as u64 }).into_response();
        finish_problem(&mut response, languages.as_ref());
        return response;
    }
    match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
