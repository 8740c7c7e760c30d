//! TLS of the listeners for clients: HTTP, gRPC, operators.

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

use super::files::not_after;
use super::holders::Holders;

/// Sessions that clients may resume.
const SESSIONS: usize = 8_192;

/// What the listeners show and ask for; replaceable while they serve.
pub struct EdgeTls {
    cluster: String,
    versions: &'static [&'static SupportedProtocolVersion],
    public: ArcSwap<ServerConfig>,
    operator: ArcSwap<ServerConfig>,
}

static ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];
static FROM_12: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

impl EdgeTls {
    /// TLS 1.3, and 1.2 too at the public listeners if `allow_12`.
    pub fn new(cluster: &str, allow_12: bool, credentials: &Credentials) -> anyhow::Result<EdgeTls> {
        let versions = if allow_12 { FROM_12 } else { ONLY_13 };
        Ok(EdgeTls {
            cluster: cluster.into(),
            versions,
            public: ArcSwap::new(public(cluster, versions, credentials)?),
            operator: ArcSwap::new(operator(cluster, credentials)?),
        })
    }

    /// Handshakes from now on use these credentials. Open connections go on; sessions of before are not resumed, for they
    /// were begun under the old trust.
    pub fn replace(&self, credentials: &Credentials) -> anyhow::Result<()> {
        let (public, operator) = (public(&self.cluster, self.versions, credentials)?, operator(&self.cluster, credentials)?);
        self.public.store(public);
        self.operator.store(operator);
        Ok(())
    }

    /// For the HTTP and gRPC listeners: a client's certificate is welcome, and must be good if there is one.
    pub fn public(&self) -> Arc<ServerConfig> {
        self.public.load_full()
    }

    /// For the operators' listener: an operator's certificate is needed.
    pub fn operator(&self) -> Arc<ServerConfig> {
        self.operator.load_full()
    }
}

/// Who the client is by its certificate, if it showed one. An error when the certificate ran out since the session began:
/// a resumed session does not look at it again.
pub fn client_identity(chain: Option<&[CertificateDer<'_>]>) -> anyhow::Result<Option<Identity>> {
    let Some(certificate) = chain.and_then(<[_]>::first) else { return Ok(None) };
    let identity = Identity::of(certificate)?;
    let is_over = not_after(certificate).is_none_or(|end| end <= Timestamp::now().as_second());
    anyhow::ensure!(!is_over, "the certificate of {identity} has run out");
    Ok(Some(identity))
}

fn public(
    cluster: &str,
    versions: &[&'static SupportedProtocolVersion],
    credentials: &Credentials,
) -> anyhow::Result<Arc<ServerConfig>> {
    let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider());
    let chains = chains.allow_unauthenticated().build()?;
    let mut config = config(versions, Holders { chains, cluster: cluster.into(), operators_only: false }, credentials)?;
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    Ok(Arc::new(config))
}

fn operator(cluster: &str, credentials: &Credentials) -> anyhow::Result<Arc<ServerConfig>> {
    let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider()).build()?;
    let mut config = config(ONLY_13, Holders { chains, cluster: cluster.into(), operators_only: true }, credentials)?;
    // Every handshake looks at the certificate: operators are few.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn config(
    versions: &[&'static SupportedProtocolVersion],
    holders: Holders,
    credentials: &Credentials,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(Arc::new(holders))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(credentials.key().clone())));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
