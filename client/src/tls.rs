//! TLS of a client: the CAs that it trusts and the certificate that it presents.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use keyrack_os_error::in_words;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Where the files are named, for messages.
const CA: &str = "--ca or KEYRACK_CA";
const CERT: &str = "--cert or KEYRACK_CERT";

/// The settings of a client for `https://` addresses. Cheap to clone. TLS 1.3, or 1.2 if the server has nothing newer.
#[derive(Clone)]
pub struct Tls {
    pub(crate) http1: Arc<ClientConfig>,
    pub(crate) http2: Arc<ClientConfig>,
    has_certificate: bool,
}

/// Why these files cannot be used for TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Other users can read the private key.
    #[error(
        "other users can read the private key {path}. Run `chmod 600 {path}`. If another user may have read it, replace \
         it with \
         `keyrack pki rotate`.",
        path = .0.display()
    )]
    Exposed(PathBuf),
    /// A file that cannot be read.
    #[error("cannot read {}: {}. Check {option}.", .path.display(), in_words(.cause))]
    File {
        /// The file.
        path: PathBuf,
        /// The option that names it.
        option: &'static str,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A file with the wrong content.
    #[error("{} {why}. Check {option}.", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The option that names it.
        option: &'static str,
        /// The fault.
        why: String,
    },
    /// A certificate that does not match its key.
    #[error("the private key {} does not match the certificate {}. Pass the key that was issued with \
             it.", .key.display(), .path.display())]
    Mismatch {
        /// The certificate's file.
        path: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A certificate that TLS cannot use.
    #[error("TLS cannot use the certificate {}: {cause}. Check --cert or KEYRACK_CERT.", .path.display())]
    Identity {
        /// The certificate's file.
        path: PathBuf,
        /// The error of TLS.
        cause: rustls::Error,
    },
    /// The cryptography library failed.
    #[error("the TLS library cannot be set up: {0}")]
    Setup(rustls::Error),
}

impl Tls {
    /// Trusts the CAs of the public web (Mozilla's list) and presents no certificate.
    ///
    /// # Errors
    /// Only if the cryptography library fails.
    pub fn public() -> Result<Tls, TlsError> {
        Tls::from_files(None, None)
    }

    /// Trusts the CA certificates of a PEM file, or those of the public web. Presents the certificate of `own`, which is a
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
                let chain = certificates(certificate, CERT)?;
                let refused = |cause| match cause {
                    rustls::Error::InconsistentKeys(_) => {
                        TlsError::Mismatch { path: certificate.to_owned(), key: key.to_owned() }
                    }
                    cause => TlsError::Identity { path: certificate.to_owned(), cause },
                };
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
        Ok(Tls { http1: speaking("http/1.1"), http2: speaking("h2"), has_certificate: own.is_some() })
    }
}

impl Tls {
    /// Whether it presents a certificate.
    pub fn has_certificate(&self) -> bool {
        self.has_certificate
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, CA)? {
        roots.add(certificate).map_err(|_| content(file, CA, "has a certificate that is damaged or is not an authority's"))?;
    }
    Ok(roots)
}

fn certificates(file: &Path, option: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = std::fs::read(file).map_err(|cause| unreadable(file, option, cause))?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(content(file, option, "has no certificate in PEM form")),
        Err(cause) => Err(content(file, option, pem_in_words(&cause))),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    const OPTION: &str = "--cert-key or KEYRACK_CERT_KEY";
    let metadata = std::fs::metadata(file).map_err(|cause| unreadable(file, OPTION, cause))?;
    if metadata.is_dir() {
        return Err(unreadable(file, OPTION, io::ErrorKind::IsADirectory.into()));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(TlsError::Exposed(file.to_owned()));
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(file).map_err(|cause| unreadable(file, OPTION, cause))?);
    // The reader's error is dropped: it could quote the key.
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| content(file, OPTION, "has no private key in PEM form"))
}

/// Why a file is not PEM.
fn pem_in_words(cause: &pem::Error) -> &'static str {
    match cause {
        pem::Error::Base64Decode(_) => "has a line that is not base64",
        pem::Error::MissingSectionEnd { .. } => "has a last section without an END line",
        pem::Error::IllegalSectionStart { .. } => "has a damaged BEGIN line",
        _ => "is not a PEM file",
    }
}

fn content(file: &Path, option: &'static str, why: &str) -> TlsError {
    TlsError::Content { path: file.to_owned(), option, why: why.to_owned() }
}

fn unreadable(file: &Path, option: &'static str, cause: io::Error) -> TlsError {
    TlsError::File { path: file.to_owned(), option, cause }
}
