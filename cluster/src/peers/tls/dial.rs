//! Outgoing connections to other nodes. Only this file of the crate uses hyper, because tonic needs connections with hyper's
//! traits.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rustls::pki_types::{DnsName, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::codegen::{Service, http};

use super::PeerTls;
use super::refusals::handshake_failure;
use super::watched::{self, Watched};

/// A connection to a node. It ends when the node's certificate is not accepted any more.
pub type DialedStream = Watched<TlsStream<TcpStream>>;

/// Connects to one node, each time with the current credentials.
#[derive(Clone)]
pub struct Dial {
    tls: PeerTls,
    node: u64,
    address: String,
}

impl Dial {
    /// For node `node` at `address` (`host:port`).
    pub fn new(tls: PeerTls, node: u64, address: &str) -> Dial {
        Dial { tls, node, address: address.into() }
    }

    async fn connect(self) -> io::Result<TokioIo<DialedStream>> {
        let stream = TcpStream::connect(&self.address).await?;
        let _ = stream.set_nodelay(true);
        let config = self.tls.client(self.node).map_err(io::Error::other)?;
        // The name is neither sent nor compared: see `verifier.rs`.
        let name = DnsName::try_from_str("node").map_err(io::Error::other)?;
        let stream = TlsConnector::from(config).connect(ServerName::DnsName(name.to_owned()), stream).await;
        let stream = stream.map_err(|cause| io::Error::new(cause.kind(), handshake_failure(&cause)))?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|one| one.clone().into_owned()).collect();
        let refused = watched::refused(self.tls, self.node, chain);
        Ok(TokioIo::new(Watched::new(stream, refused, ())))
    }
}

impl Service<http::Uri> for Dial {
    type Response = TokioIo<DialedStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: http::Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}
