//! TLS of the listeners for clients: HTTP, gRPC and operators.

use std::sync::Arc;

use arc_swap::ArcSwap;
use keyrack_cluster::{Credentials, Revoked};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::client_verifier::ClientVerifier;
use super::files::fingerprint;

/// Sessions that clients may resume.
const SESSIONS: usize = 8_192;

/// The server side of TLS at the listeners. It can be replaced while they serve.
pub struct ListenerTls {
    cluster: String,
    versions: &'static [&'static SupportedProtocolVersion],
    public: ArcSwap<ServerConfig>,
    operator: ArcSwap<ServerConfig>,
    trust: ArcSwap<Trust>,
}

/// What the listeners accept of clients' certificates since it was last replaced.
pub struct Trust {
    /// Counts the replacements, from 1.
    pub generation: u64,
    revoked: Arc<Revoked>,
    chains: Arc<dyn ClientCertVerifier>,
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
            trust: ArcSwap::from_pointee(Trust::new(1, credentials)?),
        })
    }

    /// Uses these credentials for every handshake from now on. Open connections stay open, but a client's certificate must be
    /// accepted again. Earlier sessions are not resumed, because they began under the previous trust bundle.
    pub fn replace(&self, credentials: &Credentials) -> anyhow::Result<()> {
        let (public, operator) = (public(&self.cluster, self.versions, credentials)?, operator(&self.cluster, credentials)?);
        let trust = Trust::new(self.trust.load().generation + 1, credentials)?;
        self.public.store(public);
        self.operator.store(operator);
        self.trust.store(Arc::new(trust));
        Ok(())
    }

    /// What is accepted of clients' certificates now.
    pub fn trust(&self) -> Arc<Trust> {
        self.trust.load_full()
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

impl Trust {
    fn new(generation: u64, credentials: &Credentials) -> anyhow::Result<Trust> {
        let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider()).build()?;
        Ok(Trust { generation, revoked: credentials.revoked().clone(), chains })
    }

    /// Whether the certificate is valid now, not revoked, and issued by an authority in the trust bundle.
    pub fn accepts(&self, chain: &[CertificateDer<'_>]) -> bool {
        let Some((own, intermediates)) = chain.split_first() else { return false };
        let is_revoked = self.revoked.contains(&fingerprint(own));
        !is_revoked && self.chains.verify_client_cert(own, intermediates, UnixTime::now()).is_ok()
    }
}

fn public(
    cluster: &str,
    versions: &[&'static SupportedProtocolVersion],
    credentials: &Credentials,
) -> anyhow::Result<Arc<ServerConfig>> {
    let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider());
    let chains = chains.allow_unauthenticated().build()?;
    let revoked = credentials.revoked().clone();
    let mut config =
        config(versions, ClientVerifier { chains, cluster: cluster.into(), operators_only: false, revoked }, credentials)?;
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    Ok(Arc::new(config))
}

fn operator(cluster: &str, credentials: &Credentials) -> anyhow::Result<Arc<ServerConfig>> {
    let chains = WebPkiClientVerifier::builder_with_provider(credentials.trust().clone(), provider()).build()?;
    let revoked = credentials.revoked().clone();
    let mut config =
        config(ONLY_13, ClientVerifier { chains, cluster: cluster.into(), operators_only: true, revoked }, credentials)?;
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
