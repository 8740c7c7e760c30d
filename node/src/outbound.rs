//! The node's one way out: small HTTP exchanges with witnesses and with the issuers of staff tokens. One connection
//! per exchange, no redirects, no proxy, a bound on time and on size: whoever answers is not trusted to stop.

use std::net::IpAddr;
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

use crate::config;

/// How long one exchange may take, from looking up the name to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest head of an answer that is read.
const HEAD_BYTES: usize = 32 << 10;

/// An `http://` or `https://` address of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// `host` or `host:port` as it was written: the Host header.
    authority: String,
    /// Path and query.
    target: String,
}

/// What was answered.
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

impl Url {
    /// Reads an absolute address. Names and passwords in it are refused: they would end up in logs.
    pub fn parse(text: &str) -> anyhow::Result<Url> {
        let uri: http::Uri = text.parse().with_context(|| format!("{text:?} is not a URL"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => bail!("{text:?} begins neither with https:// nor with http://"),
        };
        let authority = uri.authority().with_context(|| format!("{text:?} has no host"))?;
        if authority.as_str().contains('@') {
            bail!("a name or password in a URL is not accepted");
        }
        if text.contains('#') {
            bail!("{text:?}: a fragment has no meaning here");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_string();
        if host.is_empty() {
            bail!("{text:?} has no host");
        }
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() == authority.host() => {
                if secure {
                    443
                } else {
                    80
                }
            }
            None => bail!("{text:?}: what follows the colon is no port"),
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_string();
        Ok(Url { secure, host, port, authority: authority.to_string(), target })
    }

    /// The address with more path at its end: a `/` between the two, whether or not it was there.
    pub fn join(&self, path: &str) -> Url {
        Url { target: format!("{}/{path}", self.target.trim_end_matches('/')), ..self.clone() }
    }

    /// Whether it is `https://`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether its host is a loopback address: digits, since a name may mean anything.
    pub fn is_loopback(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether it has a query.
    pub fn has_query(&self) -> bool {
        self.target.contains('?')
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", if self.secure { "https" } else { "http" }, self.authority, self.target)
    }
}

impl Outbound {
    /// Trusts the public certificate authorities (Mozilla's), and those in the configured file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn new(config: &config::Outbound) -> anyhow::Result<Outbound> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if !config.trust.as_os_str().is_empty() {
            add_roots(&mut roots, &config.trust).with_context(|| format!("outbound.trust: {}", config.trust.display()))?;
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
                return converse(stream, request, limit).await;
            }
            let name = ServerName::try_from(url.host.clone()).with_context(|| format!("{} is no name for TLS", url.host))?;
            let secured = self.tls.connect(name, stream).await;
            converse(secured.with_context(|| format!("no TLS with {}", url.host))?, request, limit).await
        };
        tokio::time::timeout(TIMEOUT, exchange).await.context("no answer in time")?
    }
}

/// One request and its answer. The connection lives inside this future: whoever gives up on it hangs up.
async fn converse(
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

#[cfg(test)]
mod tests;
