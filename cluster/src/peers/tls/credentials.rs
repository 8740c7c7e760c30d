//! What a node shows and whom it trusts.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use webpki::{EndEntityCert, KeyUsage};

use super::identity::{Identity, IdentityError};

/// A certificate chain with its key, and the certificate authorities to trust. That they fit together was checked.
#[derive(Clone, Debug)]
pub struct Credentials {
    key: Arc<CertifiedKey>,
    trust: Arc<RootCertStore>,
    identity: Identity,
}

/// Why files are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Another key's certificate, or a key of an unknown kind.
    #[error("the key does not fit the certificate: {0}")]
    Key(rustls::Error),
    /// Nobody would be trusted.
    #[error("the trust bundle has no certificate of an authority in it")]
    NoTrust,
    /// One of the bundle is none.
    #[error("the trust bundle: {0}")]
    Trust(rustls::Error),
    /// It does not say whose it is.
    #[error("the certificate: {0}")]
    Identity(#[from] IdentityError),
    /// It is out of date, made for something else, or nobody in the trust bundle has issued it.
    #[error("the certificate of {identity} does not stand before the trust bundle: {cause}")]
    Untrusted {
        /// Whose it is.
        identity: Identity,
        /// Why.
        cause: webpki::Error,
    },
}

impl Credentials {
    /// Checks that key, certificate and trust fit together now: `chain` begins with the node's own certificate.
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
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(CredentialsError::Key)?;
        let own = key.end_entity_cert().map_err(CredentialsError::Key)?;
        let identity = Identity::of(own)?;
        let verified = verify(&key.cert, &roots, UnixTime::now(), KeyUsage::server_auth())
            .and_then(|()| verify(&key.cert, &roots, UnixTime::now(), KeyUsage::client_auth()));
        verified.map_err(|cause| CredentialsError::Untrusted { identity: identity.clone(), cause })?;
        Ok(Credentials { key: Arc::new(key), trust: Arc::new(roots), identity })
    }

    /// Whose they are.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The chain and its key.
    pub fn key(&self) -> &Arc<CertifiedKey> {
        &self.key
    }

    /// Whom to trust.
    pub fn trust(&self) -> &Arc<RootCertStore> {
        &self.trust
    }
}

/// The cryptography that everything here uses.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Whether a chain, its end first, leads to one of `trust` at `now` and is for `usage`.
pub fn verify(chain: &[CertificateDer<'_>], trust: &RootCertStore, now: UnixTime, usage: KeyUsage) -> Result<(), webpki::Error> {
    let Some((end, intermediates)) = chain.split_first() else { return Err(webpki::Error::BadDer) };
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    EndEntityCert::try_from(end)?.verify_for_usage(algorithms, &trust.roots, intermediates, now, usage, None, None).map(drop)
}
