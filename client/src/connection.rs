//! Connections to a node, with TLS or without. Each error has a remedy.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use http::Uri;
use keyrack_os_error::in_words;
use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Not an address.
    #[error("{0:?} is not the address of a node. Write http://HOST:PORT or https://HOST:PORT.")]
    Address(String),
    /// The host's name has no address.
    #[error("cannot reach {host}: the host name cannot be resolved ({cause}). Check the address, or this machine's DNS.")]
    UnknownHost {
        /// Host and port.
        host: String,
        /// The resolver's answer.
        cause: String,
    },
    /// No connection was made, or it was closed during the handshake.
    #[error("cannot reach {host}: {cause}. Check that a node runs there, or pass another address with --endpoint.")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The cause in words.
        cause: String,
    },
    /// No connection was made in time.
    #[error(
        "cannot reach {host}: no answer within {seconds} s. Check the address and the firewall, or try another node with \
         --endpoint."
    )]
    TimedOut {
        /// Host and port.
        host: String,
        /// The time limit.
        seconds: u64,
    },
    /// The server answered gRPC with HTTP/1.1.
    #[error("{host} does not speak HTTP/2: it is not a Keyrack node. Pass the address of a node with --endpoint.")]
    NotANode {
        /// Host and port.
        host: String,
    },
    /// TLS failed: one side does not trust the other, or only one side speaks TLS.
    #[error("{host}: {why}")]
    Tls {
        /// Host and port.
        host: String,
        /// The reason and the remedy.
        why: String,
    },
}

/// Keeps why a connection failed after it was made. HTTP/1.1 and HTTP/2 report a broken connection without its cause.
#[derive(Clone, Debug, Default)]
pub struct Fault(Arc<Mutex<Option<ConnectError>>>);

/// A connection to a node.
pub struct Connection {
    stream: Stream,
    /// Host and port.
    host: Arc<str>,
    fault: Fault,
    protocol: Protocol,
    /// Whether the peer has sent anything.
    has_read: bool,
    /// The error of a write, until it is known whether the peer sent the reason.
    write_error: Option<io::Error>,
    /// Bytes from the peer that were read while looking for the reason.
    early: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
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

    /// Host and port for messages, also if the address has no port.
    fn shown(&self) -> String {
        if self.authority.ends_with(&format!(":{}", self.port)) {
            self.authority.clone()
        } else {
            format!("{}:{}", self.authority, self.port)
        }
    }

    /// Connects, without a time limit.
    pub async fn connect(&self, tls: &Tls, protocol: Protocol) -> Result<Connection, ConnectError> {
        self.connect_with(tls, protocol, Fault::default()).await
    }

    /// Connects, without a time limit. `fault` gets the cause if the connection fails later.
    pub(crate) async fn connect_with(&self, tls: &Tls, protocol: Protocol, fault: Fault) -> Result<Connection, ConnectError> {
        let unreachable = |cause: &io::Error| ConnectError::Unreachable { host: self.authority.clone(), cause: in_words(cause) };
        let tcp = self.open().await?;
        tcp.set_nodelay(true).map_err(|cause| unreachable(&cause))?;
        let connection = |stream| Connection {
            stream,
            host: self.authority.as_str().into(),
            fault: fault.clone(),
            protocol,
            has_read: false,
            write_error: None,
            early: Vec::new(),
        };
        if !self.is_tls {
            return Ok(connection(Stream::Plain(tcp)));
        }
        let name = ServerName::try_from(self.host.clone()).map_err(|_| ConnectError::Address(self.authority.clone()))?;
        let config = match protocol {
            Protocol::Http1 => &tls.http1,
            Protocol::Http2 => &tls.http2,
        };
        let stream = TlsConnector::from(config.clone()).connect(name, tcp).await;
        let stream = stream.map_err(|cause| explain(&self.authority, &cause).unwrap_or_else(|| self.ended(&cause)))?;
        if protocol == Protocol::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            let why = "this port does not speak HTTP/2, which gRPC needs. Pass a node's HTTP or gRPC port.".to_owned();
            return Err(ConnectError::Tls { host: self.authority.clone(), why });
        }
        Ok(connection(Stream::Tls(Box::new(stream))))
    }

    /// Resolves the host and tries each of its addresses.
    async fn open(&self) -> Result<TcpStream, ConnectError> {
        let host = || self.shown();
        let found = lookup_host((self.host.as_str(), self.port)).await.map_err(|cause| {
            let cause = cause.to_string();
            let cause = cause.strip_prefix("failed to lookup address information: ").unwrap_or(&cause).to_owned();
            ConnectError::UnknownHost { host: host(), cause }
        })?;
        let addresses: Vec<_> = found.collect();
        TcpStream::connect(&addresses[..])
            .await
            .map_err(|cause| ConnectError::Unreachable { host: host(), cause: in_words(&cause) })
    }

    /// The handshake ended without a TLS error.
    fn ended(&self, cause: &io::Error) -> ConnectError {
        let cause = match cause.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                "it closed the connection during the TLS handshake; if the port does not speak TLS, use http://".to_owned()
            }
            _ => in_words(cause),
        };
        ConnectError::Unreachable { host: self.authority.clone(), cause }
    }
}

impl Fault {
    /// The cause, if the connection knows it.
    pub fn get(&self) -> Option<ConnectError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, cause: Option<ConnectError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cause;
    }
}

/// Explains a TLS error and its remedy; `None` for other errors.
fn explain(host: &str, cause: &io::Error) -> Option<ConnectError> {
    use rustls::Error;
    let why = match cause.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "no authority that you trust issued the node's certificate. Give the cluster's ca.pem with --ca or KEYRACK_CA."
                    .to_owned()
            }
            CertificateError::NotValidForName => {
                "the node's certificate names another host. Use an address that it names, or issue it again with --host."
                    .to_owned()
            }
            CertificateError::NotValidForNameContext { presented, .. } => format!(
                "the node's certificate names {}. Use an address that it names, or issue it again with --host.",
                hosts(presented)
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the node's certificate has expired. Replace it with `keyrack pki rotate`, or correct this machine's clock."
                    .to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the node's certificate is not valid yet. Check the clocks of the node and of this machine.".to_owned()
            }
            other => format!("the node's certificate cannot be used: {other}. Issue it again."),
        },
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the node requires a client certificate. Give yours with --cert and --cert-key, or KEYRACK_CERT and \
             KEYRACK_CERT_KEY."
                .to_owned()
        }
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "this port is for nodes, not for callers. Use the HTTP, gRPC or operators' port of a node.".to_owned()
        }
        Error::AlertReceived(alert) => match refusal(*alert) {
            Some(reason) => format!("the node refused your certificate: {reason}. Check --cert and the port."),
            None => format!("the node ended TLS with the alert {alert:?}. Its log has the reason."),
        },
        Error::InvalidMessage(_) => {
            format!("this port does not speak TLS, but the address begins with https://. Use http://{host}.")
        }
        other => format!("TLS failed: {other}. Check the address, --ca and --cert."),
    };
    Some(ConnectError::Tls { host: host.to_owned(), why })
}

/// The DNS names and IP addresses of a certificate, which webpki lists as `DnsName("node-1")` and `IpAddress(10.0.0.1)`.
fn hosts(names: &[String]) -> String {
    let host = |name: &String| {
        let inner = name.strip_prefix("DnsName(").or_else(|| name.strip_prefix("IpAddress("))?;
        Some(inner.trim_end_matches(')').trim_matches('"').to_owned())
    };
    let hosts: Vec<String> = names.iter().filter_map(host).collect();
    if hosts.is_empty() { "no host".to_owned() } else { hosts.join(", ") }
}

/// Why a node refuses a client certificate; `None` for an alert about anything else.
fn refusal(alert: AlertDescription) -> Option<&'static str> {
    Some(match alert {
        AlertDescription::UnknownCA => "an authority that the node does not trust issued it",
        AlertDescription::CertificateExpired => "it has expired or is not valid yet",
        AlertDescription::CertificateRevoked => "it was revoked",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => {
            "it is not from this cluster's authority, it is revoked, or this port is for other certificates (7113 for operators, 7112 for nodes only)"
        }
        _ => return None,
    })
}

impl Connection {
    /// The cause of a later failure of this connection.
    pub fn fault(&self) -> Fault {
        self.fault.clone()
    }

    /// An error of the connection with its explanation, which [`Fault`] keeps too. With TLS 1.3 the server refuses a client
    /// certificate after the client's handshake is done: the first read fails.
    fn explained(&self, cause: io::Error) -> io::Error {
        match explain(&self.host, &cause) {
            Some(error) => self.failed(cause.kind(), error),
            None => cause,
        }
    }

    fn failed(&self, kind: io::ErrorKind, error: ConnectError) -> io::Error {
        self.fault.set(Some(error.clone()));
        io::Error::new(kind, error)
    }

    /// The result of a write. After an error it waits for the last bytes from the peer: they may be a TLS alert with the reason,
    /// sent before the peer closed the connection.
    fn written<T>(&mut self, cx: &mut Context<'_>, result: io::Result<T>) -> Poll<io::Result<T>> {
        let cause = match result {
            Ok(done) => return Poll::Ready(Ok(done)),
            Err(cause) => cause,
        };
        let mut bytes = [0; 2];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut *self).poll_read(cx, &mut buffer) {
            Poll::Pending => {
                self.write_error = Some(cause);
                Poll::Pending
            }
            Poll::Ready(Err(reason)) => Poll::Ready(Err(reason)),
            Poll::Ready(Ok(())) => {
                self.early.extend_from_slice(buffer.filled());
                Poll::Ready(Err(self.explained(cause)))
            }
        }
    }

    /// Checks the first bytes from the peer. Without TLS a TLS alert is refused: it is how a TLS port answers HTTP. An answer in
    /// HTTP/1.1 is refused if HTTP/2 was asked. Valid bytes end the fault of an earlier connection.
    fn check_first(&mut self, bytes: &[u8]) -> io::Result<()> {
        const ALERT: [u8; 2] = [0x15, 0x03];
        if bytes.is_empty() || std::mem::replace(&mut self.has_read, true) {
            return Ok(());
        }
        if matches!(self.stream, Stream::Plain(_)) && bytes.starts_with(&ALERT) {
            let why = format!(
                "this port speaks TLS, but the address begins with http://. Use https://{} with --ca, if it is the HTTP, gRPC or \
                 operators' port.",
                self.host
            );
            return Err(self.failed(io::ErrorKind::InvalidData, ConnectError::Tls { host: self.host.to_string(), why }));
        }
        // The first frame of HTTP/2 is shorter than the number that these letters are.
        if self.protocol == Protocol::Http2 && bytes.starts_with(b"HT") {
            return Err(self.failed(io::ErrorKind::InvalidData, ConnectError::NotANode { host: self.host.to_string() }));
        }
        self.fault.set(None);
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.early.is_empty() {
            let count = this.early.len().min(buffer.remaining());
            buffer.put_slice(&this.early[..count]);
            this.early.drain(..count);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = ready!(match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        });
        read.map_err(|cause| this.explained(cause))?;
        Poll::Ready(this.check_first(&buffer.filled()[before..]))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = match (this.write_error.take(), &mut this.stream) {
            (Some(cause), _) => Err(cause),
            (None, Stream::Plain(stream)) => ready!(Pin::new(stream).poll_write(cx, bytes)),
            (None, Stream::Tls(stream)) => ready!(Pin::new(stream).poll_write(cx, bytes)),
        };
        this.written(cx, result)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = match (this.write_error.take(), &mut this.stream) {
            (Some(cause), _) => Err(cause),
            (None, Stream::Plain(stream)) => ready!(Pin::new(stream).poll_write_vectored(cx, parts)),
            (None, Stream::Tls(stream)) => ready!(Pin::new(stream).poll_write_vectored(cx, parts)),
        };
        this.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = match (this.write_error.take(), &mut this.stream) {
            (Some(cause), _) => Err(cause),
            (None, Stream::Plain(stream)) => ready!(Pin::new(stream).poll_flush(cx)),
            (None, Stream::Tls(stream)) => ready!(Pin::new(stream).poll_flush(cx)),
        };
        this.written(cx, result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
