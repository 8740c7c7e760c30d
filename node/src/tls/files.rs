//! The files with certificate, key and trust bundle, in PEM.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use keyrack_cluster::{Credentials, Identity, Revoked};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::config::Tls;
use crate::messages::files::{AccessError, hints};
use crate::messages::tls::TlsError;

/// The paths of the files, and the identity that the certificate must have.
#[derive(Clone, Debug)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    trust: PathBuf,
    /// Empty if no certificates are revoked.
    revoked: PathBuf,
    cluster: String,
    node: u64,
}

/// The contents of files that were read and match.
pub struct Loaded {
    /// The credentials in them.
    pub credentials: Credentials,
    /// Facts about the certificate, for the log.
    pub facts: CertificateFacts,
    /// SHA-256 of all files' bytes, to detect changes.
    pub digest: [u8; 32],
    /// The revoked certificates.
    pub revoked: Revoked,
    /// What is wrong with the list of revoked certificates: a line that is no fingerprint, or the node's own certificate in it.
    pub fault: Option<TlsError>,
}

/// Facts about a certificate, for the log.
#[derive(Clone, Debug)]
pub struct CertificateFacts {
    /// Its holder.
    pub identity: Identity,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    /// When it expires.
    pub not_after: Timestamp,
}

/// The files' metadata. A different stamp means that a file may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<Option<[i64; 6]>>);

impl Files {
    /// The files of node `node` of `cluster`.
    pub fn new(tls: &Tls, cluster: &str, node: u64) -> Files {
        let Tls { certificate, key, trust, revoked, .. } = tls.clone();
        Files { certificate, key, trust, revoked, cluster: cluster.into(), node }
    }

    /// Reads and checks all files. The error names the file and what to do.
    pub fn load(&self) -> anyhow::Result<Loaded> {
        let mut loaded = self.load_anyway()?;
        loaded.fault.take().map_or(Ok(loaded), |fault| Err(fault.into()))
    }

    /// The same for a node that runs: a fault in the list of revoked certificates does not keep it from using the other lines.
    pub fn load_anyway(&self) -> anyhow::Result<Loaded> {
        let certificate = read(&self.certificate, hints::CERTIFICATE)?;
        let key = Zeroizing::new(read(&self.key, hints::KEY)?);
        check_private(&self.key)?;
        let trust = read(&self.trust, hints::TRUST)?;
        let revoked = if self.has_revoked() { read(&self.revoked, hints::REVOKED)? } else { Vec::new() };
        let files = [certificate.as_slice(), &key, &trust, &revoked];
        let digest = files.iter().fold(Sha256::new(), |sum, file| sum.chain_update(Sha256::digest(file))).finalize().into();
        let (revoked, faulty) = revoked_in(&revoked);
        let faulty = faulty.map(|line| TlsError::RevokedLine { path: self.revoked.clone(), line });
        let chain = certificates(&certificate, &self.certificate, hints::CERTIFICATE)?;
        let no_certificate = || TlsError::NoCertificate { path: self.certificate.clone(), hint: hints::CERTIFICATE };
        let own = chain.first().ok_or_else(no_certificate)?;
        if is_authority(own) {
            return Err(TlsError::OfAuthority { path: self.certificate.clone(), node: self.node }.into());
        }
        let facts = CertificateFacts::of(own).with_context(|| TlsError::Unusable(self.certificate.clone()))?;
        self.check(&facts)?;
        // The parser's message may quote the file, so it is not shown.
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::NoKey(self.key.clone()))?;
        let trust = in_date(certificates(&trust, &self.trust, hints::TRUST)?, &self.trust);
        let Files { certificate, key: key_file, trust: trust_file, .. } = self.clone();
        let together = || TlsError::NoMatch { certificate, key: key_file, trust: trust_file };
        let own = revoked
            .contains(&fingerprint(own))
            .then(|| TlsError::OwnRevoked { path: self.certificate.clone(), list: self.revoked.clone() });
        let fault = faulty.or(own);
        let credentials = Credentials::new(chain, key, trust).with_context(together)?.without(revoked.clone());
        Ok(Loaded { credentials, facts, digest, revoked, fault })
    }

    /// The certificate must be this node's, and valid.
    fn check(&self, facts: &CertificateFacts) -> Result<(), TlsError> {
        let (identity, path) = (&facts.identity, self.certificate.clone());
        if identity.cluster != self.cluster || identity.node() != Some(self.node) {
            let (identity, cluster) = (identity.to_string(), self.cluster.clone());
            return Err(TlsError::OtherIdentity { path, identity, node: self.node, cluster });
        }
        if facts.not_after <= Timestamp::now() {
            return Err(TlsError::Expired { path, at: facts.not_after.to_string() });
        }
        Ok(())
    }

    /// The files' stamp now. It follows links, so a link with a new target changes it.
    pub fn stamp(&self) -> Stamp {
        let of = |path: &PathBuf| {
            let data = fs::metadata(path).ok()?;
            Some([data.ino() as i64, data.len() as i64, data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()])
        };
        let revoked = self.has_revoked().then_some(&self.revoked);
        Stamp([&self.certificate, &self.key, &self.trust].into_iter().chain(revoked).map(of).collect())
    }

    fn has_revoked(&self) -> bool {
        !self.revoked.as_os_str().is_empty()
    }
}

impl Loaded {
    /// If a line is no fingerprint, the file may have been cut: the certificates that were revoked before stay revoked.
    pub fn with_earlier(mut self, earlier: &Revoked) -> Loaded {
        if matches!(self.fault, Some(TlsError::RevokedLine { .. })) {
            self.revoked.extend(earlier.iter().copied());
            self.credentials = self.credentials.without(self.revoked.clone());
        }
        self
    }
}

impl CertificateFacts {
    fn of(certificate: &CertificateDer<'_>) -> anyhow::Result<CertificateFacts> {
        let identity = Identity::of(certificate)?;
        let (_, parsed) = X509Certificate::from_der(certificate).context(TlsError::NotX509)?;
        let not_after = Timestamp::from_second(parsed.validity().not_after.timestamp())?;
        let serial = base16ct::lower::encode_string(parsed.raw_serial());
        let fingerprint = base16ct::lower::encode_string(&fingerprint(certificate));
        Ok(CertificateFacts { identity, serial, fingerprint, not_after })
    }
}

/// An error if other users than the owner may read a secret file.
pub fn check_private(path: &Path) -> anyhow::Result<()> {
    let metadata = fs::metadata(path);
    let metadata = metadata.map_err(|cause| AccessError::Read { path: path.into(), cause, hint: hints::SECRET })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(AccessError::Exposed { path: path.into(), mode }.into()) }
}

/// Whether a certificate is a certificate authority's.
fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| parsed.is_ca())
}

/// When a certificate expires, in seconds since 1970. `None` if it cannot be read.
pub fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

/// The SHA-256 digest of a certificate, by which it is revoked.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

/// Reads the list of revoked certificates: a SHA-256 fingerprint on each line, as `openssl x509 -fingerprint -sha256` writes it or
/// without colons. `#` begins a comment. The second value is the first line that is no fingerprint, from 1.
fn revoked_in(list: &[u8]) -> (Revoked, Option<usize>) {
    let (mut revoked, mut faulty) = (Revoked::default(), None);
    for (place, line) in String::from_utf8_lossy(list).lines().enumerate() {
        let fingerprint = line.split('#').next().unwrap_or_default().trim();
        if fingerprint.is_empty() {
            continue;
        }
        let digits = fingerprint.rsplit('=').next().unwrap_or_default().replace(':', "");
        let mut bytes = [0; 32];
        let is_whole = base16ct::mixed::decode(digits.trim(), &mut bytes).is_ok_and(|read| read.len() == 32);
        if is_whole {
            revoked.insert(bytes);
        } else {
            faulty = faulty.or(Some(place + 1));
        }
    }
    (revoked, faulty)
}

/// Removes expired authorities, because the check of a chain ignores the dates of its last certificate.
fn in_date(authorities: Vec<CertificateDer<'static>>, path: &Path) -> Vec<CertificateDer<'static>> {
    let now = Timestamp::now().as_second();
    let (good, over): (Vec<_>, Vec<_>) = authorities.into_iter().partition(|ca| not_after(ca).is_none_or(|end| end > now));
    if !over.is_empty() {
        tracing::warn!(event = "authority_expired", file = %path.display(), count = over.len(), "ignoring expired authorities in the trust bundle");
    }
    good
}

fn read(path: &Path, hint: &'static str) -> Result<Vec<u8>, AccessError> {
    fs::read(path).map_err(|cause| AccessError::Read { path: path.into(), cause, hint })
}

fn certificates(pem: &[u8], path: &Path, hint: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.ok().filter(|certificates| !certificates.is_empty());
    read.ok_or_else(|| TlsError::NoCertificate { path: path.into(), hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_revoked_certificates_has_one_fingerprint_on_a_line() {
        let (one, two) = ("ab".repeat(32), vec!["0F"; 32].join(":"));
        let list = format!("# stolen in May\n{one}\n\nsha256 Fingerprint={two} # anna\n");
        assert_eq!(revoked_in(list.as_bytes()), (Revoked::from([[0xab; 32], [0x0f; 32]]), None));
        assert_eq!(revoked_in(b""), (Revoked::default(), None));
        for (wrong, line) in [(one[1..].to_owned(), 1), (format!("{one}\n{one}00"), 2), (format!("# x\n\nanna {one}"), 3)] {
            let (revoked, faulty) = revoked_in(format!("{wrong}\n{two}").as_bytes());
            assert_eq!(faulty, Some(line));
            assert!(revoked.contains(&[0x0f; 32]), "the lines after it count");
        }
    }
}
