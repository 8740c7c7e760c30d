//! Connections to a node, with TLS or without. An error says what to do about it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls::Tls;

/// Where a node listens: `https://host:port` or `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    is_tls: bool,
    host: String,
    port: u16,
    authority: String,
}

/// The protocol of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, as gRPC needs it.
    Http2,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not an address.
    #[error("{0:?} is not an address like https://host:port or http://host:port")]
    Address(String),
    /// Nothing listens there.
    #[error("cannot reach {host}: {cause}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The handshake failed, because one side does not trust the other.
    #[error("{host}: {why}")]
    Tls {
        /// Host and port.
        host: String,
        /// The reason and the remedy.
        why: String,
    },
}

/// A connection to a node.
pub enum Connection {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS, to this host and port.
    Tls(Box<TlsStream<TcpStream>>, Arc<str>),
}

impl Address {
    /// Parses an address. A trailing slash is allowed.
    pub fn parse(text: &str) -> Result<Address, ConnectError> {
        let parsed = text.parse::<Uri>().ok().and_then(|uri| {
            let is_tls = match uri.scheme_str()? {
                "https" => true,
                "http" => false,
                _ => return None,
            };
            let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
            let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
            let port = match authority.as_str().len() == authority.host().len() {
                true if is_tls => 443,
                true => 80,
                false => authority.port_u16()?,
            };
            let is_bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
            Some(Address { is_tls, host, port, authority: authority.to_string() }).filter(|_| is_bare)
        });
        parsed.ok_or_else(|| ConnectError::Address(text.to_owned()))
    }

    /// Whether it is `https://`.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Host and port, as in the Host header of HTTP.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Connects, without a time limit.
    pub async fn connect(&self, tls: &Tls, protocol: Protocol) -> Result<Connection, ConnectError> {
        let unreachable = |cause| ConnectError::Unreachable { host: self.authority.clone(), cause };
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        if !self.is_tls {
            return Ok(Connection::Plain(stream));
        }
        let name = ServerName::try_from(self.host.clone()).map_err(|_| ConnectError::Address(self.authority.clone()))?;
        let config = match protocol {
            Protocol::Http1 => &tls.http1,
            Protocol::Http2 => &tls.http2,
        };
        let stream = TlsConnector::from(config.clone()).connect(name, stream).await;
        let stream = stream.map_err(|cause| explain(&self.authority, &cause).unwrap_or_else(|| unreachable(cause)))?;
        if protocol == Protocol::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            let why = "it does not speak HTTP/2, which gRPC needs".to_owned();
            return Err(ConnectError::Tls { host: self.authority.clone(), why });
        }
        Ok(Connection::Tls(Box::new(stream), self.authority.as_str().into()))
    }
}

/// Explains a TLS error and its remedy; `None` for other errors.
fn explain(host: &str, cause: &io::Error) -> Option<ConnectError> {
    use rustls::Error;
    let why = match cause.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "no CA that is trusted here has signed its certificate; give the cluster's CA certificates (ca.pem) with \
                 --ca or KEYRACK_CA"
                    .to_owned()
            }
            CertificateError::NotValidForName => {
                "its certificate is for another host; use an address that it names, or issue it with --host".to_owned()
            }
            CertificateError::NotValidForNameContext { presented, .. } => format!(
                "its certificate is for {}; use an address that it names, or issue it with --host",
                if presented.is_empty() { "no host".to_owned() } else { presented.join(", ") }
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired; it needs a new one, unless the clock here is wrong".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet; is the clock right, here and there?".to_owned()
            }
            other => format!("its certificate is not accepted: {other}"),
        },
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it wants a client's certificate; give yours with --cert and --cert-key, or KEYRACK_CERT and KEYRACK_CERT_KEY"
                .to_owned()
        }
        Error::AlertReceived(
            alert @ (AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError),
        ) => format!("it does not accept the certificate shown to it ({alert:?}); is it of this cluster, and still valid?"),
        Error::InvalidMessage(_) => "it does not speak TLS; is its address http:// ?".to_owned(),
        other => format!("TLS failed: {other}"),
    };
    Some(ConnectError::Tls { host: host.to_owned(), why })
}

impl Connection {
    /// With TLS 1.3 the server refuses a client certificate after the client's handshake is done: the first read fails.
    fn explained(host: &str, cause: io::Error) -> io::Error {
        match explain(host, &cause) {
            Some(error) => io::Error::new(cause.kind(), error),
            None => cause,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Connection::Tls(stream, host) => {
                Pin::new(stream).poll_read(cx, buffer).map_err(|cause| Connection::explained(host, cause))
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Connection::Tls(stream, _) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Connection::Tls(stream, _) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Connection::Plain(stream) => stream.is_write_vectored(),
            Connection::Tls(stream, _) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Connection::Tls(stream, _) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Connection::Tls(stream, _) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
