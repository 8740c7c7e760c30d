//! Checks client certificates at the listeners for clients.

use std::error::Error;
use std::sync::Arc;

use keyrack_cluster::{Identity, IdentityKind, Revoked};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme};

use super::files::fingerprint;
use crate::messages::tls::TlsError;

/// Accepts a certificate that `chains` accepts and that has an identity of the cluster. With `operators_only`, the identity
/// must be an operator's.
#[derive(Debug)]
pub struct ClientVerifier {
    /// Checks chains, dates and signatures.
    pub chains: Arc<dyn ClientCertVerifier>,
    /// The cluster.
    pub cluster: String,
    /// Whether only operators are accepted.
    pub operators_only: bool,
    /// The revoked certificates.
    pub revoked: Arc<Revoked>,
}

impl ClientVerifier {
    /// The error is for this node's log. The client only sees that it was refused.
    fn check(&self, certificate: &CertificateDer<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let identity = Identity::of(certificate)?;
        let fits = identity.cluster == self.cluster && (!self.operators_only || identity.kind == IdentityKind::Operator);
        if !fits {
            return Err(TlsError::ClientRefused(identity.to_string()).into());
        }
        let is_revoked = self.revoked.contains(&fingerprint(certificate));
        if is_revoked { Err(TlsError::ClientRevoked(identity.to_string()).into()) } else { Ok(()) }
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.chains.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chains.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.chains.verify_client_cert(end_entity, intermediates, now)?;
        self.check(end_entity).map_err(|wrong| CertificateError::Other(OtherError(Arc::from(wrong))))?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}
