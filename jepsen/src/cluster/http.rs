//! HTTP/1.1 over TLS to one node. Written by hand, so that a failed request says whether it was sent.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(2);

/// A client of one listener of a node. Cheap to clone.
#[derive(Clone)]
pub struct NodeClient {
    /// The listener's address.
    pub address: SocketAddr,
    tls: Arc<ClientConfig>,
    key: Option<Arc<str>>,
}

/// A caller's own connection to a listener. It is opened when needed and dropped after any error.
pub struct Connection {
    client: NodeClient,
    open: Option<SendRequest<Full<Bytes>>>,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The header `Keyrack-As-Of`.
    pub as_of: Option<String>,
    /// Whether the answer has the header `Idempotency-Replayed: true`.
    pub replayed: bool,
    /// The body's bytes.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum RequestError {
    /// Nothing was sent, so the request had no effect.
    NotSent(String),
    /// The request was sent, at least in part. Its outcome is unknown.
    Sent(String),
}

impl Reply {
    /// The body as JSON; `Null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The stable code of a problem document.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// The TLS configuration of a client. `trust` is the file of trusted authorities, `own` the client's certificate and key.
pub fn tls(trust: &Path, own: Option<(&Path, &Path)>) -> anyhow::Result<Arc<ClientConfig>> {
    let read = |path: &Path| format!("cannot read {}", path.display());
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(trust).with_context(|| read(trust))? {
        roots.add(authority?)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = CertificateDer::pem_file_iter(certificate).with_context(|| read(certificate))?;
            let key = PrivateKeyDer::from_pem_file(key).with_context(|| read(key))?;
            builder.with_client_auth_cert(chain.collect::<Result<_, _>>()?, key)?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl NodeClient {
    /// A client of one listener. `key` is the API key to send.
    pub fn new(address: SocketAddr, tls: Arc<ClientConfig>, key: Option<&str>) -> NodeClient {
        NodeClient { address, tls, key: key.map(Into::into) }
    }

    /// The same client with another API key.
    pub fn with_key(&self, key: &str) -> NodeClient {
        NodeClient { key: Some(key.into()), ..self.clone() }
    }

    /// A connection that is not open yet.
    pub fn connection(&self) -> Connection {
        Connection { client: self.clone(), open: None }
    }

    /// Sends one request on a new connection.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>, within: Duration) -> Result<Reply, RequestError> {
        self.connection().ask(method, path, None, body, within).await
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::from(self.address.ip());
        let stream = TlsConnector::from(self.tls.clone()).connect(name, stream).await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // This task ends when its sender is dropped. The sender reports its errors to the waiting request.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        idempotency_key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Request<Full<Bytes>>, RequestError> {
        let mut request = Request::builder().method(method).uri(path).header("host", self.address.to_string());
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let bytes = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        request.body(Full::new(bytes)).map_err(|cause| RequestError::NotSent(cause.to_string()))
    }
}

impl Connection {
    /// Sends a request and waits for its answer, for at most `within`; opening a connection has a limit of its own.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        idempotency_key: Option<&str>,
        body: Option<&Value>,
        within: Duration,
    ) -> Result<Reply, RequestError> {
        let request = self.client.request(method, path, idempotency_key, body)?;
        let mut sender = match self.open.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => match timeout(CONNECT.min(within), self.client.connect()).await {
                Ok(Ok(sender)) => sender,
                Ok(Err(cause)) => return Err(RequestError::NotSent(format!("{cause:#}"))),
                Err(_) => {
                    let (address, limit) = (self.client.address, CONNECT.min(within).as_millis());
                    return Err(RequestError::NotSent(format!("no connection to {address} within {limit} ms")));
                }
            },
        };
        let exchange = async {
            let response = sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let replayed = header("idempotency-replayed").as_deref() == Some("true");
            Ok::<_, hyper::Error>(Reply { status: head.status, as_of: header("keyrack-as-of"), replayed, body })
        };
        match timeout(within, exchange).await {
            Ok(Ok(reply)) => {
                self.open = Some(sender);
                Ok(reply)
            }
            // The node had closed the connection before any of this request was written.
            Ok(Err(cause)) if cause.is_canceled() => Err(RequestError::NotSent(cause.to_string())),
            Ok(Err(cause)) => Err(RequestError::Sent(cause.to_string())),
            Err(_) => Err(RequestError::Sent(format!("no answer within {} ms", within.as_millis()))),
        }
    }
}
