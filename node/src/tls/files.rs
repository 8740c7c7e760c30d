//! Certificate, key and trust bundle as files: PEM, as `keyrack pki` and everybody else writes them.

use std::fmt;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use keyrack_cluster::{Credentials, Identity};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::config::Tls;

/// The paths of the files, and the identity that the certificate must have.
#[derive(Clone, Debug)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    trust: PathBuf,
    cluster: String,
    node: u64,
}

/// The contents of files that were read and fit together.
pub struct Loaded {
    /// The credentials in them.
    pub credentials: Credentials,
    /// What the log says about them.
    pub facts: CertificateFacts,
    /// SHA-256 of all three files' bytes, to see whether anything changed.
    pub digest: [u8; 32],
}

/// What the log says of a certificate.
#[derive(Clone, Debug)]
pub struct CertificateFacts {
    /// Whose it is.
    pub identity: Identity,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    /// When it runs out.
    pub not_after: Timestamp,
}

/// What the file system says of the files without reading them. A different stamp means that they may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<Option<[i64; 6]>>);

impl Files {
    /// The files of node `node` of `cluster`.
    pub fn new(tls: &Tls, cluster: &str, node: u64) -> Files {
        let Tls { certificate, key, trust, .. } = tls.clone();
        Files { certificate, key, trust, cluster: cluster.into(), node }
    }

    /// Reads and checks all three. The error says which file and what to do.
    pub fn load(&self) -> anyhow::Result<Loaded> {
        check_private(&self.key)?;
        let certificate = read(&self.certificate)?;
        let key = Zeroizing::new(read(&self.key)?);
        let trust = read(&self.trust)?;
        let digest = Sha256::new().chain_update(&certificate).chain_update(&*key).chain_update(&trust).finalize().into();
        let chain = certificates(&certificate, &self.certificate)?;
        let own = chain.first().with_context(|| format!("{} has no certificate in it", self.certificate.display()))?;
        let facts = CertificateFacts::of(own).with_context(|| format!("in {}", self.certificate.display()))?;
        let identity = &facts.identity;
        ensure!(
            identity.cluster == self.cluster && identity.node() == Some(self.node),
            "{} is the certificate of {identity}; this is node {} of the cluster {}",
            self.certificate.display(),
            self.node,
            self.cluster
        );
        ensure!(
            facts.not_after > Timestamp::now(),
            "{} ran out at {}: make a new one",
            self.certificate.display(),
            facts.not_after
        );
        let key = PrivateKeyDer::from_pem_slice(&key);
        // What the parser says may quote the file.
        let Ok(key) = key else { bail!("{} has no private key in PEM in it", self.key.display()) };
        let trust = in_date(certificates(&trust, &self.trust)?, &self.trust);
        let credentials = Credentials::new(chain, key, trust).with_context(|| self.to_string())?;
        Ok(Loaded { credentials, facts, digest })
    }

    /// The files' stamp now. It follows links, so a link that points elsewhere changes it.
    pub fn stamp(&self) -> Stamp {
        let of = |path: &PathBuf| {
            let data = fs::metadata(path).ok()?;
            Some([data.ino() as i64, data.len() as i64, data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()])
        };
        Stamp([&self.certificate, &self.key, &self.trust].into_iter().map(of).collect())
    }
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.certificate.display(), self.key.display(), self.trust.display())
    }
}

impl CertificateFacts {
    fn of(certificate: &CertificateDer<'_>) -> anyhow::Result<CertificateFacts> {
        let identity = Identity::of(certificate)?;
        let (_, parsed) = X509Certificate::from_der(certificate).context("not an X.509 certificate")?;
        let not_after = Timestamp::from_second(parsed.validity().not_after.timestamp())?;
        let serial = base16ct::lower::encode_string(parsed.raw_serial());
        let fingerprint = base16ct::lower::encode_string(&Sha256::digest(certificate));
        Ok(CertificateFacts { identity, serial, fingerprint, not_after })
    }
}

/// An error when others than the owner may read a secret file.
pub fn check_private(path: &Path) -> anyhow::Result<()> {
    let mode = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.permissions().mode();
    ensure!(mode & 0o077 == 0, "{} can be read by others (mode {:03o}): chmod 600 {0}", path.display(), mode & 0o777);
    Ok(())
}

/// When a certificate runs out, in seconds since 1970; `None` when it cannot be read.
pub fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

/// Authorities whose own time is over are not trusted: the check of a chain does not look at its last link's dates.
fn in_date(authorities: Vec<CertificateDer<'static>>, path: &Path) -> Vec<CertificateDer<'static>> {
    let now = Timestamp::now().as_second();
    let (good, over): (Vec<_>, Vec<_>) = authorities.into_iter().partition(|ca| not_after(ca).is_none_or(|end| end > now));
    if !over.is_empty() {
        tracing::warn!(file = %path.display(), count = over.len(), "authorities that have run out are not trusted");
    }
    good
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn certificates(pem: &[u8], path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.ok().filter(|certificates| !certificates.is_empty());
    read.with_context(|| format!("{} has no certificates in PEM in it", path.display()))
}
