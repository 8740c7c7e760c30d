//! TLS of a client: the CAs that it trusts and the certificate that it shows.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// What a client needs for `https://` addresses. Cheap to clone. TLS 1.3, or 1.2 if the server has nothing newer.
#[derive(Clone)]
pub struct Tls {
    pub(crate) http1: Arc<ClientConfig>,
    pub(crate) http2: Arc<ClientConfig>,
}

/// Why these files cannot be used for TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Other users can read the private key.
    #[error("{0} can be read by others than its owner: chmod 600 {0}, and rotate it if somebody may have")]
    Exposed(PathBuf),
    /// A file that cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A file with the wrong content.
    #[error("{path}: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate that does not match its key, or that TLS cannot use.
    #[error("{path}: {cause}")]
    Identity {
        /// The certificate's file.
        path: PathBuf,
        /// The error of TLS.
        cause: rustls::Error,
    },
    /// The cryptography library failed.
    #[error("TLS: {0}")]
    Setup(rustls::Error),
}

impl Tls {
    /// Trusts the CAs of the public web (Mozilla's list) and shows no certificate.
    ///
    /// # Errors
    /// Only if the cryptography library fails.
    pub fn public() -> Result<Tls, TlsError> {
        Tls::from_files(None, None)
    }

    /// Trusts the CA certificates of a PEM file, or those of the public web. Shows the certificate of `own`, which is a
    /// certificate and its key, both PEM files.
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
                // rustls wipes the key when it is dropped.
                builder.with_client_auth_cert(chain, private_key(key)?).map_err(refused)?
            }
        };
        let speaking = |protocol: &str| {
            // Both protocols share the store of resumable sessions.
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
    let bytes = std::fs::read(file).map_err(|cause| unreadable(file, cause))?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(TlsError::Content { path: file.to_owned(), why: "there is no certificate in it".to_owned() }),
        Err(cause) => Err(TlsError::Content { path: file.to_owned(), why: format!("not a PEM file: {cause}") }),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let metadata = std::fs::metadata(file).map_err(|cause| unreadable(file, cause))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(TlsError::Exposed(file.to_owned()));
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(file).map_err(|cause| unreadable(file, cause))?);
    // The reader's error is dropped: it could quote the key.
    let bad = |_| TlsError::Content { path: file.to_owned(), why: "there is no private key in it (PEM)".to_owned() };
    PrivateKeyDer::from_pem_slice(&bytes).map_err(bad)
}

fn unreadable(file: &Path, cause: io::Error) -> TlsError {
    TlsError::File { path: file.to_owned(), cause }
}
