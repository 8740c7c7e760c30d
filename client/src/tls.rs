//! TLS as clients speak it: whom they trust, and the certificate that they show.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::pki::{PkiError, check_private};

/// What a client needs for `https://` addresses. Cheap to clone; TLS 1.3, or 1.2 with those who have nothing newer.
#[derive(Clone)]
pub struct Tls {
    pub(crate) http1: Arc<ClientConfig>,
    pub(crate) http2: Arc<ClientConfig>,
}

/// Why a client cannot speak TLS with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A key that others can read, or a file that cannot be read.
    #[error(transparent)]
    File(#[from] PkiError),
    /// A file that is not what it should be.
    #[error("{path}: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate that does not go with its key, or is none that TLS can use.
    #[error("{path}: {cause}")]
    Identity {
        /// The certificate's file.
        path: PathBuf,
        /// What TLS says.
        cause: rustls::Error,
    },
    /// The cryptography does not work here.
    #[error("TLS: {0}")]
    Setup(rustls::Error),
}

impl Tls {
    /// Trusts the CAs of the public web (Mozilla's), and shows no certificate.
    ///
    /// # Errors
    /// Only when the cryptography does not work at all.
    pub fn public() -> Result<Tls, TlsError> {
        Tls::from_files(None, None)
    }

    /// Trusts the CA certificates of a PEM file (the public web's if there is none), and shows a certificate with its
    /// key, both PEM files, if there are such.
    pub fn from_files(trust: Option<&Path>, own: Option<(&Path, &Path)>) -> Result<Tls, TlsError> {
        let roots = match trust {
            Some(file) => roots(file)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Setup)?.with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate)?;
                let refused = |cause| TlsError::Identity { path: certificate.to_owned(), cause };
                // rustls wipes the key when nobody uses it any more.
                builder.with_client_auth_cert(chain, private_key(key)?).map_err(refused)?
            }
        };
        let speaking = |protocol: &str| {
            // Both share the sessions to resume.
            let mut config = config.clone();
            config.alpn_protocols = vec![protocol.into()];
            Arc::new(config)
        };
        Ok(Tls { http1: speaking("http/1.1"), http2: speaking("h2") })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        let bad = |cause| TlsError::Content { path: file.to_owned(), why: format!("not a CA's certificate: {cause}") };
        roots.add(certificate).map_err(bad)?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = std::fs::read(file).map_err(|cause| PkiError::File { path: file.to_owned(), cause })?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(TlsError::Content { path: file.to_owned(), why: "there is no certificate in it".to_owned() }),
        Err(cause) => Err(TlsError::Content { path: file.to_owned(), why: format!("not a PEM file: {cause}") }),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    check_private(file)?;
    let bytes = std::fs::read(file).map_err(|cause| PkiError::File { path: file.to_owned(), cause })?;
    let bytes = zeroize::Zeroizing::new(bytes);
    // What the reader says could quote the file.
    let bad = |_| TlsError::Content { path: file.to_owned(), why: "there is no private key in it (PEM)".to_owned() };
    PrivateKeyDer::from_pem_slice(&bytes).map_err(bad)
}
