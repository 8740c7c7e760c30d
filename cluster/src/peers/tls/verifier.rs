//! Which nodes may be at the other end of a connection between nodes.
//!
//! A certificate is accepted if an authority in the trust bundle issued it, it has not expired, and its one identity is the
//! intended node (outgoing) or any node of this cluster (incoming). Host names and addresses are not compared: a node may
//! have any.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use webpki::KeyUsage;

use super::credentials::{Credentials, Revoked, verify};
use super::identity::{Identity, IdentityError};

/// Why the other end was refused. The text goes to this node's log; the other end only sees the refusal.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("cannot identify the other end: {0}")]
    NoIdentity(IdentityError),
    #[error("this node's trust bundle does not accept the other end's certificate of {who}: {cause}")]
    Untrusted { who: Identity, cause: webpki::Error },
    #[error("the other end shows a revoked certificate of {0}")]
    Revoked(Identity),
    #[error("the other end is {who}, not {wanted}")]
    WrongIdentity { who: Identity, wanted: String },
}

impl From<Refused> for rustls::Error {
    fn from(refused: Refused) -> Self {
        CertificateError::Other(OtherError(Arc::new(refused))).into()
    }
}

/// Accepts the nodes of one cluster, or only one of them. TLS 1.3 only.
#[derive(Debug)]
pub struct Nodes {
    cluster: String,
    only: Option<u64>,
    trust: Arc<RootCertStore>,
    revoked: Arc<Revoked>,
    provider: Arc<CryptoProvider>,
}

impl Nodes {
    /// Any node of `cluster`, for a server.
    pub fn of(cluster: &str, credentials: &Credentials, provider: Arc<CryptoProvider>) -> Nodes {
        let (trust, revoked) = (credentials.trust().clone(), credentials.revoked().clone());
        Nodes { cluster: cluster.into(), only: None, trust, revoked, provider }
    }

    /// Only node `id`, for a client.
    pub fn only(id: u64, cluster: &str, credentials: &Credentials, provider: Arc<CryptoProvider>) -> Nodes {
        Nodes { only: Some(id), ..Nodes::of(cluster, credentials, provider) }
    }

    /// Whether the certificate of a client is accepted now.
    pub fn accepts(&self, end: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> bool {
        self.check(end, intermediates, UnixTime::now(), KeyUsage::client_auth()).is_ok()
    }

    fn check(
        &self,
        end: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        usage: KeyUsage,
    ) -> Result<(), Refused> {
        let who = Identity::of(end).map_err(Refused::NoIdentity)?;
        let chain: Vec<CertificateDer<'_>> = [end].into_iter().chain(intermediates).cloned().collect();
        if let Err(cause) = verify(&chain, &self.trust, now, usage) {
            return Err(Refused::Untrusted { who, cause });
        }
        if self.revoked.contains::<[u8; 32]>(&Sha256::digest(end).into()) {
            return Err(Refused::Revoked(who));
        }
        match who.node() {
            Some(id) if who.cluster == self.cluster && self.only.is_none_or(|only| only == id) => Ok(()),
            _ => {
                let wanted = self.only.map_or_else(|| "a node".to_owned(), |id| format!("node {id}"));
                Err(Refused::WrongIdentity { who, wanted: format!("{wanted} of the cluster {}", self.cluster) })
            }
        }
    }

    fn verify_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    /// Never called, because no side offers TLS 1.2. The traits require it.
    fn verify_old_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }
}

impl ClientCertVerifier for Nodes {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A node has one certificate and needs no hint. Outsiders must not learn the cluster's authorities.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.check(end_entity, intermediates, now, KeyUsage::client_auth())?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_old_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Nodes {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.check(end_entity, intermediates, now, KeyUsage::server_auth())?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_old_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
