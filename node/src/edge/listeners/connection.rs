//! One connection: handshake, requests, idle time, close.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use keyrack_cluster::{Refusals, Tasks, handshake_failure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, OpenRequest};
use super::apis::Apis;
use super::exchange::{Exchange, is_grpc};
use super::executor::StreamExecutor;
use super::http::builder;
use super::kept::Kept;
use super::limits::Limits;
use super::metered::Metered;
use super::reading::Reading;
use crate::budget::{ConnectionAccounts, RequestAccounts};
use crate::edge::http::BodyLimits;
use crate::edge::remote_address::RemoteAddress;
use crate::tls::{ClientCertificate, ListenerTls};

/// How a connection failed, as hyper says it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The other end of a connection.
struct Client {
    address: SocketAddr,
    accounts: Arc<ConnectionAccounts>,
}

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
    /// The limits of a connection.
    pub limits: Limits,
    /// Limits the log lines about refused operators.
    pub refusals: Arc<Refusals>,
    /// The tasks of the listeners. The connection is one of them.
    pub tasks: Tasks,
}

/// The maximum time of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may take to close.
const CLOSE: Duration = Duration::from_secs(1);
/// The most bytes that are read and dropped at the end of a connection.
const DROPPED_BYTES: u64 = 16 << 20;
/// How long open requests have to finish when the node stops.
pub const DRAIN: Duration = Duration::from_secs(5);

/// About how much memory the head of a request needs.
fn head_bytes(request: &Request<Incoming>) -> usize {
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
    fields.sum::<usize>() + request.uri().path_and_query().map_or(0, |path| path.as_str().len())
}

/// Whether a handshake failed because the client's certificate is revoked.
fn is_revoked(cause: &anyhow::Error) -> bool {
    format!("{cause:#}").ends_with("is revoked")
}

impl ConnectionSettings {
    /// Serves one connection until it ends.
    pub async fn serve(self, stream: TcpStream, address: SocketAddr, accounts: Arc<ConnectionAccounts>) {
        let client = Client { address, accounts };
        // Sends small answers at once. A socket that refuses the option also works.
        let _ = stream.set_nodelay(true);
        let (tls, config, is_for_operators) = match &self.security {
            Security::Plain => return self.serve_requests(stream, client, None).await,
            Security::Clients(tls) => (tls.clone(), tls.public(), false),
            Security::Operators(tls) => (tls.clone(), tls.operator(), true),
        };
        let handshake = async {
            let within = HANDSHAKE.min(self.limits.read_timeout);
            let accepted = tokio::time::timeout(within, TlsAcceptor::from(config).accept(stream)).await;
            let mut stream = accepted
                .context("the TLS handshake did not finish in time")?
                .map_err(|cause| anyhow!(handshake_failure(&cause)))?;
            match ClientCertificate::of(stream.get_ref().1.peer_certificates(), &tls) {
                Ok(certificate) => Ok((stream, certificate)),
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
            Ok((stream, certificate)) => self.serve_requests(stream, client, certificate).await,
            // Failed handshakes are common on the internet, but not at the operators' listener.
            Err(cause) if is_for_operators && self.refusals.is_new(&format!("{} {cause:#}", address.ip())) => {
                tracing::warn!(event = "operator_refused", %address, cause = format!("{cause:#}"), "refused a connection at the operators' port");
            }
            Err(cause) if is_revoked(&cause) && self.refusals.is_new(&format!("{} {cause:#}", address.ip())) => {
                tracing::warn!(event = "client_refused", %address, cause = format!("{cause:#}"), "a client shows a revoked certificate");
            }
            Err(cause) => tracing::debug!(%address, cause = format!("{cause:#}"), "a TLS handshake failed"),
        }
    }

    /// Answers requests until the connection ends, and closes it properly.
    async fn serve_requests<S>(self, stream: S, client: Client, certificate: Option<ClientCertificate>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (stream, address) = (Kept::new(stream), client.address);
        if let Err(cause) = self.answer_requests(stream.second(), client, certificate).await {
            tracing::debug!(%address, %cause, "a connection ended badly");
        }
        if let Some(stream) = stream.alone() {
            // The time is limited, because a client may never read and never close.
            let _ = tokio::time::timeout(CLOSE, close(stream)).await;
        }
    }

    async fn answer_requests<S>(self, stream: S, client: Client, certificate: Option<ClientCertificate>) -> Result<(), Failed>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::default());
        let Limits { body_bytes, read_timeout, write_timeout, idle_timeout, .. } = self.limits;
        let ends_at = Instant::now() + self.limits.most_age(certificate.as_ref().map(|certificate| certificate.not_after_ms));
        let Client { address, accounts } = client;
        let executor = StreamExecutor::new(self.tasks.clone(), write_timeout);
        let builder = builder(self.limits, executor.clone());
        let (apis, is_for_operators) = (self.apis.clone(), matches!(self.security, Security::Operators(_)));
        let (requests, counted) = (activity.clone(), accounts.clone());
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let open = OpenRequest::begin(requests.clone());
            counted.stream_begins();
            let reading = Arc::new(Reading::new());
            executor.expect(reading.clone());
            let extensions = request.extensions_mut();
            extensions.insert(BodyLimits { bytes: body_bytes, timeout: read_timeout });
            extensions.insert(RemoteAddress(address));
            // The certificate may have expired or been revoked since the handshake.
            if let Some(certificate) = certificate.as_ref().filter(|certificate| certificate.is_accepted()) {
                extensions.insert(certificate.clone());
            }
            let (exchange, routers) = (Exchange { open, reading, read_timeout }, apis.routers());
            let router = match (is_grpc(&request), is_for_operators) {
                (true, _) => routers.grpc.clone(),
                (false, true) => routers.operator.clone(),
                (false, false) => routers.http.clone(),
            };
            let accounts = RequestAccounts::open(counted.clone(), head_bytes(&request)).map(Arc::new);
            async move { Ok::<_, Infallible>(exchange.answer(router, request, accounts).await) }
        });
        let stream = TokioIo::new(Metered::new(stream, accounts.clone()));
        let mut connection = pin!(builder.serve_connection_with_upgrades(stream, service));
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
                () = tokio::time::sleep_until(ends_at) => {
                    connection.as_mut().graceful_shutdown();
                    return tokio::time::timeout(DRAIN, connection).await.unwrap_or(Ok(()));
                }
                () = tokio::time::sleep_until(check_at.min(Instant::now() + write_timeout)) => {
                    if accounts.stalled_for() >= write_timeout {
                        tracing::debug!(%address, "a client does not read its answers: the connection is closed");
                        return Ok(());
                    }
                    if Instant::now() < check_at {
                        continue;
                    }
                    match activity.idle_since() {
                        Some(since) if since + idle_timeout <= Instant::now() || activity.is_unused() => {
                            connection.as_mut().graceful_shutdown();
                            return tokio::time::timeout(CLOSE, connection).await.unwrap_or(Ok(()));
                        }
                        Some(since) => check_at = since + idle_timeout,
                        None => check_at = Instant::now() + idle_timeout,
                    }
                }
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
