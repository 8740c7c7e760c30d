//! The TLS settings of connections between nodes. They can be replaced while the node runs.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::server::NoServerSessionStorage;
use rustls::sign::SingleCertAndKey;
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};

use super::credentials::{Credentials, provider};
use super::identity::Identity;
use super::verifier::Nodes;

/// One node's TLS settings for its peers: TLS 1.3, both sides with a certificate. Cheap to clone.
///
/// Sessions are never resumed: a resumed session would not check the certificate again, so a replaced trust bundle or an
/// expiry would not count.
#[derive(Clone)]
pub struct PeerTls {
    shared: Arc<Shared>,
}

struct Shared {
    cluster: String,
    node: u64,
    current: ArcSwap<Current>,
}

struct Current {
    credentials: Credentials,
    server: Arc<ServerConfig>,
}

/// Why a node cannot use credentials.
#[derive(Debug, thiserror::Error)]
pub enum PeerTlsError {
    /// The certificate is for another node or cluster, or not for a node.
    #[error("the certificate is for {found}, but this is node {node} of the cluster {cluster}. Use this node's certificate.")]
    OtherIdentity {
        /// The certificate's identity.
        found: Identity,
        /// This node's cluster.
        cluster: String,
        /// This node.
        node: u64,
    },
    /// rustls refuses them.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl PeerTls {
    /// The settings of node `node` of `cluster`.
    pub fn new(cluster: &str, node: u64, credentials: Credentials) -> Result<PeerTls, PeerTlsError> {
        let current = ArcSwap::from_pointee(current(cluster, node, credentials)?);
        Ok(PeerTls { shared: Arc::new(Shared { cluster: cluster.into(), node, current }) })
    }

    /// Uses these credentials for all later handshakes. Open connections are checked again within a minute.
    pub fn replace(&self, credentials: Credentials) -> Result<(), PeerTlsError> {
        self.shared.current.store(Arc::new(current(&self.shared.cluster, self.shared.node, credentials)?));
        Ok(())
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.shared.current.load().server.clone()
    }

    /// Whether the certificate of an open connection is accepted now.
    pub(crate) fn accepts(&self, chain: &[CertificateDer<'_>]) -> bool {
        let credentials = &self.shared.current.load().credentials;
        let Some((end, intermediates)) = chain.split_first() else { return false };
        Nodes::of(&self.shared.cluster, credentials, provider()).accepts(end, intermediates)
    }

    /// The settings for a connection to node `id` only.
    pub(crate) fn client(&self, id: u64) -> Result<Arc<ClientConfig>, rustls::Error> {
        let credentials = &self.shared.current.load().credentials;
        let provider = provider();
        let verifier = Nodes::only(id, &self.shared.cluster, credentials, provider.clone());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(credentials.key().clone())));
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.resumption = Resumption::disabled();
        // The certificate already identifies the node. SNI would show the name to an eavesdropper.
        config.enable_sni = false;
        Ok(Arc::new(config))
    }
}

fn current(cluster: &str, node: u64, credentials: Credentials) -> Result<Current, PeerTlsError> {
    let found = credentials.identity();
    if found.cluster != cluster || found.node() != Some(node) {
        return Err(PeerTlsError::OtherIdentity { found: found.clone(), cluster: cluster.into(), node });
    }
    let provider = provider();
    let verifier = Nodes::of(cluster, &credentials, provider.clone());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(credentials.key().clone())));
    server.alpn_protocols = vec![b"h2".to_vec()];
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(Current { credentials, server: Arc::new(server) })
}
