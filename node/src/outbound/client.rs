//! Bounded HTTP exchanges, with or without TLS.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures::future::{Either, select};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::url::Url;
use crate::messages::outbound::ExchangeError;

/// How long one exchange may take, from the lookup of the name to the last byte.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest head of an answer.
const HEAD_BYTES: usize = 32 << 10;

/// A server's answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, up to the given limit.
    pub body: Bytes,
}

/// Sends requests to other servers. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    tls: TlsConnector,
}

impl Outbound {
    /// Trusts the public certificate authorities (Mozilla's) and those in the file `trust`. With an empty path there is no file.
    ///
    /// # Errors
    /// The file cannot be read or has no certificate.
    pub fn new(trust: &Path) -> anyhow::Result<Outbound> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if !trust.as_os_str().is_empty() {
            add_roots(&mut roots, trust).with_context(|| ExchangeError::Trust(trust.into()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Outbound { tls: TlsConnector::from(Arc::new(tls)) })
    }

    /// Reads `url`. An answer of more than `limit` bytes is an error.
    pub async fn get(&self, url: &Url, limit: usize) -> anyhow::Result<Answer> {
        self.exchange(http::Method::GET, url, Bytes::new(), limit).await
    }

    /// Sends `body` to `url`. An answer of more than `limit` bytes is an error.
    pub async fn post(&self, url: &Url, body: impl Into<Bytes>, limit: usize) -> anyhow::Result<Answer> {
        self.exchange(http::Method::POST, url, body.into(), limit).await
    }

    async fn exchange(&self, method: http::Method, url: &Url, body: Bytes, limit: usize) -> anyhow::Result<Answer> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(&url.target)
            .header(http::header::HOST, &url.authority)
            .header(http::header::USER_AGENT, "keyrackd")
            .body(Full::new(body))?;
        let exchange = async {
            let connecting = TcpStream::connect((url.host.as_str(), url.port)).await;
            let stream = connecting.map_err(|cause| ExchangeError::Connect { host: url.host.clone(), port: url.port, cause })?;
            if !url.secure {
                return request_once(stream, request, limit).await;
            }
            let name = ServerName::try_from(url.host.clone()).with_context(|| ExchangeError::Name(url.host.clone()))?;
            let secured = self.tls.connect(name, stream).await;
            let secured = secured.map_err(|cause| ExchangeError::Handshake { host: url.host.clone(), cause })?;
            request_once(secured, request, limit).await
        };
        tokio::time::timeout(TIMEOUT, exchange).await.context(ExchangeError::Timeout(TIMEOUT.as_secs()))?
    }
}

/// Sends one request and reads its answer. The connection lives inside this future: dropping it closes the connection.
async fn request_once(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: hyper::Request<Full<Bytes>>,
    limit: usize,
) -> anyhow::Result<Answer> {
    let (mut sender, connection) = http1::Builder::new().max_buf_size(HEAD_BYTES).handshake(TokioIo::new(stream)).await?;
    let answer = pin!(async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), limit).collect().await;
        let body = body.map_err(|cause| ExchangeError::Answer(cause.to_string()))?.to_bytes();
        anyhow::Ok(Answer { status, body })
    });
    match select(answer, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        // The connection may have ended after the answer's last byte, so the answer can still be read.
        Either::Right((_, answer)) => answer.await,
    }
}

fn add_roots(roots: &mut RootCertStore, file: &Path) -> anyhow::Result<()> {
    let mut found = 0;
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
        found += 1;
    }
    if found == 0 {
        return Err(ExchangeError::NoCertificate.into());
    }
    Ok(())
}
