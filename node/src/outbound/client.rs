//! One bounded HTTP exchange at a time, over TLS or plain.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
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

/// How long one exchange may take, from looking up the name to the last byte.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest head of an answer that is read.
const HEAD_BYTES: usize = 32 << 10;

/// A server's answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, at most as long as was asked for.
    pub body: Bytes,
}

/// Asks others; cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    tls: TlsConnector,
}

impl Outbound {
    /// Trusts the public certificate authorities (Mozilla's) and those in the file `trust`; an empty path names no file.
    ///
    /// # Errors
    /// The file cannot be read or holds no certificate.
    pub fn new(trust: &Path) -> anyhow::Result<Outbound> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if !trust.as_os_str().is_empty() {
            add_roots(&mut roots, trust).with_context(|| format!("outbound.trust: {}", trust.display()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Outbound { tls: TlsConnector::from(Arc::new(tls)) })
    }

    /// Reads `url`; an answer of more than `limit` bytes is an error.
    pub async fn get(&self, url: &Url, limit: usize) -> anyhow::Result<Answer> {
        self.exchange(http::Method::GET, url, Bytes::new(), limit).await
    }

    /// Sends `body` to `url`; an answer of more than `limit` bytes is an error.
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
            let stream = connecting.with_context(|| format!("cannot connect to {}:{}", url.host, url.port))?;
            if !url.secure {
                return request_once(stream, request, limit).await;
            }
            let name = ServerName::try_from(url.host.clone()).with_context(|| format!("{} is no name for TLS", url.host))?;
            let secured = self.tls.connect(name, stream).await;
            request_once(secured.with_context(|| format!("no TLS with {}", url.host))?, request, limit).await
        };
        tokio::time::timeout(TIMEOUT, exchange).await.context("no answer in time")?
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
        let body = body.map_err(|cause| anyhow::anyhow!("its answer cannot be read: {cause}"))?.to_bytes();
        anyhow::Ok(Answer { status, body })
    });
    match select(answer, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        // It may have ended after the answer's last byte: what has arrived can still be read.
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
        bail!("no certificate in it");
    }
    Ok(())
}
