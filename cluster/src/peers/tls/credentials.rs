//! A node's certificate and key, and the authorities that it trusts.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore};
use webpki::{EndEntityCert, KeyUsage};

use super::identity::{Identity, IdentityError};

/// A certificate chain with its key, and the trusted certificate authorities. All of them match: [`Credentials::new`] checks.
#[derive(Clone, Debug)]
pub struct Credentials {
    key: Arc<CertifiedKey>,
    trust: Arc<RootCertStore>,
    identity: Identity,
    revoked: Arc<Revoked>,
}

/// SHA-256 digests of certificates that are refused although an authority issued them.
pub type Revoked = BTreeSet<[u8; 32]>;

/// Why certificate, key and trust bundle cannot be used together.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The key belongs to another certificate.
    #[error("the key does not match the certificate. Use the key that was made with this certificate.")]
    KeyMismatch,
    /// The key's type is unknown, or it is damaged.
    #[error("the key is damaged, or of a kind that TLS does not support. Use the key that was made with this certificate.")]
    UnusableKey,
    /// The trust bundle is empty.
    #[error("the trust bundle has no certificate of an authority. Add the certificate of the cluster's CA.")]
    NoTrust,
    /// A certificate in the trust bundle cannot be used as an authority.
    #[error("cannot use a certificate in the trust bundle: {}", trust_words(.0))]
    Trust(rustls::Error),
    /// The certificate names no identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// It is outside its validity period, made for another usage, or not issued by an authority in the trust bundle.
    #[error(
        "the trust bundle does not accept the certificate of {identity}: {}. Check the certificate's dates, and that the bundle \
         has the CA that issued it.", chain_words(.cause)
    )]
    Untrusted {
        /// The certificate's identity.
        identity: Identity,
        /// The cause.
        cause: webpki::Error,
    },
}

/// Why a key cannot be used with its certificate.
fn key_error(cause: rustls::Error) -> CredentialsError {
    match cause {
        rustls::Error::InconsistentKeys(_) => CredentialsError::KeyMismatch,
        rustls::Error::InvalidCertificate(_) => IdentityError::Unreadable.into(),
        _ => CredentialsError::UnusableKey,
    }
}

/// Why a certificate cannot be used as an authority.
fn trust_words(cause: &rustls::Error) -> &'static str {
    match cause {
        rustls::Error::InvalidCertificate(CertificateError::BadEncoding) => "it cannot be read as X.509",
        _ => "it is not the certificate of an authority",
    }
}

/// Why a chain of certificates is not accepted.
fn chain_words(cause: &webpki::Error) -> &'static str {
    match cause {
        webpki::Error::UnknownIssuer => "no authority in the bundle issued it",
        webpki::Error::CertExpired { .. } => "it or its CA's certificate has expired",
        webpki::Error::CertNotValidYet { .. } => "it or its CA's certificate is not valid yet",
        webpki::Error::CaUsedAsEndEntity => "it is a CA's certificate",
        webpki::Error::RequiredEkuNotFoundContext(_) => "it is not for TLS servers and TLS clients",
        webpki::Error::InvalidSignatureForPublicKey => "its signature does not match the authority of this name",
        webpki::Error::NameConstraintViolation => "its authority may not issue certificates with this name",
        webpki::Error::UnsupportedSignatureAlgorithmContext(_) => "its signature has a kind that TLS does not support",
        _ => "it is damaged, or of a kind that TLS does not support",
    }
}

impl Credentials {
    /// Checks that the key matches the certificate and that the trust bundle accepts it now. `chain` begins with the node's own
    /// certificate.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        trust: Vec<CertificateDer<'static>>,
    ) -> Result<Credentials, CredentialsError> {
        let mut roots = RootCertStore::empty();
        for authority in trust {
            roots.add(authority).map_err(CredentialsError::Trust)?;
        }
        if roots.is_empty() {
            return Err(CredentialsError::NoTrust);
        }
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(key_error)?;
        let own = key.end_entity_cert().map_err(key_error)?;
        let identity = Identity::of(own)?;
        let verified = verify(&key.cert, &roots, UnixTime::now(), KeyUsage::server_auth())
            .and_then(|()| verify(&key.cert, &roots, UnixTime::now(), KeyUsage::client_auth()));
        verified.map_err(|cause| CredentialsError::Untrusted { identity: identity.clone(), cause })?;
        Ok(Credentials { key: Arc::new(key), trust: Arc::new(roots), identity, revoked: Arc::default() })
    }

    /// The same, but these certificates of others are refused.
    pub fn without(self, revoked: Revoked) -> Credentials {
        Credentials { revoked: Arc::new(revoked), ..self }
    }

    /// The revoked certificates.
    pub fn revoked(&self) -> &Arc<Revoked> {
        &self.revoked
    }

    /// The identity in the certificate.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The chain and its key.
    pub fn key(&self) -> &Arc<CertifiedKey> {
        &self.key
    }

    /// The trusted authorities.
    pub fn trust(&self) -> &Arc<RootCertStore> {
        &self.trust
    }
}

/// The cryptography for all TLS between nodes.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Checks that a chain, its end first, leads to one of `trust`, and is valid at `now` and for `usage`.
pub fn verify(chain: &[CertificateDer<'_>], trust: &RootCertStore, now: UnixTime, usage: KeyUsage) -> Result<(), webpki::Error> {
    let Some((end, intermediates)) = chain.split_first() else { return Err(webpki::Error::BadDer) };
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    EndEntityCert::try_from(end)?.verify_for_usage(algorithms, &trust.roots, intermediates, now, usage, None, None).map(drop)
}
