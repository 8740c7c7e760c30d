//! Connections of `dev` to its own nodes, with or without TLS.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use crate::messages::dev::DevError;

/// The address of one listener, and how to connect to it.
#[derive(Clone)]
pub struct Dial {
    /// `host:port`.
    pub address: String,
    /// `None` for plain HTTP.
    pub tls: Option<Arc<ClientConfig>>,
}

/// A connection, with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Dial {
    /// A connection for bytes.
    pub async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(&self.address).await?;
        let Some(config) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(config.clone()).connect(name, stream).await?))
    }

    /// A connection for gRPC.
    pub async fn channel(&self) -> anyhow::Result<Channel> {
        let dial = self.clone();
        let connector = tower::service_fn(move |_| {
            let dial = dial.clone();
            async move { dial.connect().await.map(TokioIo::new) }
        });
        // The connector adds TLS, so tonic gets an http:// address.
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))?;
        Ok(endpoint.connect_with_connector(connector).await?)
    }
}

/// Trusts the authorities of a file.
pub fn trusting(bundle: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let read = || DevError::Unusable(bundle.into());
    for authority in CertificateDer::pem_file_iter(bundle).with_context(read)? {
        roots.add(authority.with_context(read)?).with_context(read)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    Ok(Arc::new(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth()))
}
