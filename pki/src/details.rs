//! Reads certificates: holder, hosts, validity, fingerprint.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::x509::X509Name;

use crate::error::PkiError;
use crate::files::read_if_there;
use crate::identity::{Identity, is_cluster_name};

/// The content of a certificate. Nothing is verified: TLS does that when a peer connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The cluster in its SPIFFE URI; `None` for a certificate of another system.
    pub cluster: Option<String>,
    /// The holder; `None` for a CA.
    pub identity: Option<Identity>,
    /// Whether it may sign certificates.
    pub is_ca: bool,
    /// The common name of the holder.
    pub subject: String,
    /// The common name of the CA that signed it.
    pub issuer: String,
    /// DNS names and IP addresses of the holder.
    pub hosts: Vec<String>,
    /// The serial number: bytes in hex with colons.
    pub serial: String,
    /// Start of validity, seconds since 1970.
    pub not_before: u64,
    /// End of validity, seconds since 1970.
    pub not_after: u64,
    /// SHA-256 of the certificate (DER): bytes in hex with colons.
    pub fingerprint: String,
}

/// The certificates of a PEM file in file order; at least one.
///
/// # Errors
/// [`PkiError::File`] and [`PkiError::Content`].
pub fn read(file: &Path) -> Result<Vec<Details>, PkiError> {
    let certificates = read_certificates(file)?.ok_or_else(|| PkiError::NoCertificate(file.to_owned()))?;
    certificates.iter().map(|der| Details::of(der).map_err(|why| PkiError::Content { path: file.to_owned(), why })).collect()
}

/// The certificates in DER; `None` if there is no such file.
pub(crate) fn read_certificates(file: &Path) -> Result<Option<Vec<CertificateDer<'static>>>, PkiError> {
    let Some(bytes) = read_if_there(file)? else { return Ok(None) };
    let content = |why: String| PkiError::Content { path: file.to_owned(), why };
    let certificates = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|cause| content(pem_in_words(&cause).to_owned()))?;
    if certificates.is_empty() {
        return Err(content("it has no certificate".to_owned()));
    }
    Ok(Some(certificates))
}

/// Why a file is not PEM.
fn pem_in_words(cause: &pem::Error) -> &'static str {
    match cause {
        pem::Error::Base64Decode(_) => "it has a line that is not base64",
        pem::Error::MissingSectionEnd { .. } => "its last section has no END line",
        pem::Error::IllegalSectionStart { .. } => "it has a damaged BEGIN line",
        _ => "it is not a PEM file",
    }
}

impl Details {
    /// Parses a certificate.
    pub(crate) fn of(der: &CertificateDer<'_>) -> Result<Details, String> {
        let parsed = parse(der)?;
        let names = parsed.subject_alternative_name().map_err(|_| "its alternative names cannot be read")?;
        let names = names.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
        let (cluster, identity) = holder(names);
        let validity = parsed.validity();
        let seconds = |at: i64| u64::try_from(at).unwrap_or(0);
        Ok(Details {
            cluster,
            identity,
            is_ca: parsed.is_ca(),
            subject: common_name(parsed.subject()),
            issuer: common_name(parsed.issuer()),
            hosts: names.iter().filter_map(host).collect(),
            serial: colon_hex(parsed.raw_serial()),
            not_before: seconds(validity.not_before.timestamp()),
            not_after: seconds(validity.not_after.timestamp()),
            fingerprint: colon_hex(&Sha256::digest(der)),
        })
    }
}

/// The public key of the certificate (subjectPublicKey).
pub(crate) fn public_key(der: &CertificateDer<'_>) -> Result<Vec<u8>, String> {
    Ok(parse(der)?.public_key().subject_public_key.data.to_vec())
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, String> {
    let parsed = x509_parser::parse_x509_certificate(der);
    parsed.map(|(_, certificate)| certificate).map_err(|_| "it is not a certificate".to_owned())
}

/// Cluster and identity; both `None` unless there is exactly one URI.
fn holder(names: &[GeneralName<'_>]) -> (Option<String>, Option<Identity>) {
    let mut uris = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    let (Some(uri), None) = (uris.next(), uris.next()) else { return (None, None) };
    match Identity::parse(uri) {
        Ok((cluster, identity)) => (Some(cluster), Some(identity)),
        // A CA's URI names only the cluster.
        Err(_) => (uri.strip_prefix("spiffe://").filter(|name| is_cluster_name(name)).map(str::to_owned), None),
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The common name, or the whole distinguished name if it has none.
fn common_name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().and_then(|common| common.as_str().ok());
    common.map_or_else(|| name.to_string(), str::to_owned)
}

/// `0a:ff:...`
fn colon_hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}
