//! TLS of the listeners for clients: HTTP, gRPC and operators.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use keyrack_cluster::{Credentials, Identity};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::client_verifier::ClientVerifier;
use super::files::not_after;
use crate::messages::tls::TlsError;

/// Sessions that clients may resume.
const SESSIONS: usize = 8_192;

/// The server side of TLS at the listeners. It can be replaced while they serve.
pub struct ListenerTls {
    cluster: String,
    versions: &'static [&'static SupportedProtocolVersion],
    public: ArcSwap<ServerConfig>,
    operator: ArcSwap<ServerConfig>,
}

static ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];
static FROM_12: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

impl ListenerTls {
    /// TLS 1.3, and with `allow_12` also 1.2 at the public listeners.
    pub fn new(cluster: &str, allow_12: bool, credentials: &Credentials) -> anyhow::Result<ListenerTls> {
        let versions = if allow_12 { FROM_12 } else { ONLY_13 };
        Ok(ListenerTls {
            cluster: cluster.into(),
            versions,
            public: ArcSwap::new(public(cluster, versions, credentials)?),
            operator: ArcSwap::new(operator(cluster, credentials)?),
        })
    }

    /// Uses these credentials for every handshake from now on. Open connections stay open. Earlier sessions are not resumed,
    /// because they began under the previous trust bundle.
    pub fn replace(&self, credentials: &Credentials) -> anyhow::Result<()> {
        let (public, operator) = (public(&self.cluster, self.versions, credentials)?, operator(&self.cluster, credentials)?);
        self.public.store(public);
        self.operator.store(operator);
        Ok(())
    }

    /// For the HTTP and gRPC listeners: a client's certificate is optional, and must be valid if there is one.
    pub fn public(&self) -> Arc<ServerConfig> {
        self.public.load_full()
    }

    /// For the operators' listener: an operator's certificate is required.
    pub fn operator(&self) -> Arc<ServerConfig> {
        self.operator.load_full()
    }
}

/// The identity in the client's certificate, if it showed one. An error if the certificate has expired since the session
/// began, because a resumed session does not check it again.
pub fn client_identity(chain: Option<&[CertificateDer<'_>]>) -> anyhow::Result<Option<Identity>> {
    let Some(certificate) = chain.and_then(<[_]>::first) else { return Ok(None) };
    let identity = Identity::of(certificate)?;
    let has_expired = not_after(certificate).is_none_or(|end| end <= Timestamp::now().as_second());
    if has_expired { Err(TlsError::ClientExpired(identity.to_string()).into()) } else { Ok(Some(identity)) }
}

fn public(
    cluster: &str,
    versions: &[&'static SupportedProtocolVersion],
    credentials: &Credentials,
) -> anyhow::Result<Arc<ServerConfig>> {
    let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider());
    let chains = chains.allow_unauthenticated().build()?;
    let mut config = config(versions, ClientVerifier { chains, cluster: cluster.into(), operators_only: false }, credentials)?;
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    Ok(Arc::new(config))
}

fn operator(cluster: &str, credentials: &Credentials) -> anyhow::Result<Arc<ServerConfig>> {
    let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider()).build()?;
    let mut config = config(ONLY_13, ClientVerifier { chains, cluster: cluster.into(), operators_only: true }, credentials)?;
    // Every handshake checks the certificate. This is cheap, because operators are few.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn config(
    versions: &[&'static SupportedProtocolVersion],
    verifier: ClientVerifier,
    credentials: &Credentials,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(credentials.key().clone())));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
