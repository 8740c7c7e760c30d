//! The CA's folder and the operations on it.

use std::fs;
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroize;

use crate::certificate::{self, Key};
use crate::details::{self, Details, read_certificates};
use crate::error::PkiError;
use crate::files::{self, Readers, check_private, file_error, read_if_there};
use crate::identity::{Identity, is_cluster_name};
use crate::validity::{self, DAYS};

/// The hosts of a node certificate when none are given: the local machine.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A CA in its folder. It holds no key in memory: each operation locks the folder and reads the key.
#[derive(Clone, Debug)]
pub struct Authority {
    folder: PathBuf,
    cluster: String,
}

/// The CA that signs, and all trusted CA certificates.
struct Signing {
    key: Key,
    certificate: CertificateDer<'static>,
    details: Details,
    /// The certificates in `ca.pem`, newest first.
    trusted: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// Creates a CA for a cluster, and its folder if there is none. The CA is valid for ten years.
    ///
    /// # Errors
    /// [`PkiError::AuthorityExists`] if the folder already has a CA, which is left unchanged.
    pub fn init(folder: &Path, cluster: &str) -> Result<Authority, PkiError> {
        if !is_cluster_name(cluster) {
            return Err(PkiError::Cluster(cluster.to_owned()));
        }
        files::make_folder(folder)?;
        let _lock = files::lock(folder)?;
        let authority = Authority { folder: folder.to_owned(), cluster: cluster.to_owned() };
        if is_there(&authority.trust())? {
            return Err(PkiError::AuthorityExists(authority.trust()));
        }
        if is_there(&authority.ca_key())? {
            return Err(PkiError::KeyExists(authority.ca_key()));
        }
        let key = Key::generate()?;
        let certificate = certificate::authority(cluster, &key)?;
        files::replace(&authority.ca_key(), &files::pem("PRIVATE KEY", key.der()), Readers::Owner)?;
        authority.write_trust(&[certificate])?;
        Ok(authority)
    }

    /// Opens the CA of a folder.
    ///
    /// # Errors
    /// [`PkiError::NoAuthority`] if there is none, [`PkiError::Exposed`] if other users can read its key.
    pub fn open(folder: &Path) -> Result<Authority, PkiError> {
        let mut authority = Authority { folder: folder.to_owned(), cluster: String::new() };
        let signing = authority.signing()?;
        let no_cluster = || PkiError::Content { path: authority.trust(), why: "its CA certificate names no cluster".to_owned() };
        authority.cluster = signing.details.cluster.ok_or_else(no_cluster)?;
        Ok(authority)
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Creates a key and a certificate in the folder. `hosts` are the DNS names and IP addresses of a node (the local
    /// machine if empty). `days` is within [`DAYS`]; a certificate expires no later than its CA.
    ///
    /// # Errors
    /// [`PkiError::CertificateExists`] and [`PkiError::KeyExists`]: it never overwrites a file.
    pub fn issue(&self, identity: &Identity, hosts: &[String], days: u32) -> Result<(), PkiError> {
        let _lock = files::lock(&self.folder)?;
        if is_there(&self.certificate(identity))? {
            return Err(PkiError::CertificateExists(self.certificate(identity)));
        }
        if is_there(&self.key(identity))? {
            return Err(PkiError::KeyExists(self.key(identity)));
        }
        let local = LOCAL_HOSTS.map(str::to_owned);
        match identity {
            Identity::Node(_) if hosts.is_empty() => self.write(identity, &local, days),
            Identity::Operator(_) | Identity::Desk(_) if !hosts.is_empty() => Err(PkiError::HostsOfClient),
            _ => self.write(identity, hosts, days),
        }
    }

    /// Replaces a key and its certificate: same identity, same hosts, signed by the newest CA. The key is written first,
    /// so a node that reads between the two writes sees a mismatch and keeps its previous pair.
    ///
    /// # Errors
    /// [`PkiError::NoCertificate`], and [`PkiError::OtherIdentity`] if the file holds the certificate of another identity.
    pub fn rotate(&self, identity: &Identity, days: u32) -> Result<(), PkiError> {
        let _lock = files::lock(&self.folder)?;
        let before = self.issued(identity)?;
        self.write(identity, &before.hosts, days)
    }

    /// Creates a new CA, which signs from now on. The older CAs stay trusted.
    pub fn rotate_ca(&mut self) -> Result<(), PkiError> {
        let _lock = files::lock(&self.folder)?;
        let mut trusted = self.signing()?.trusted;
        let key = Key::generate()?;
        trusted.insert(0, certificate::authority(&self.cluster, &key)?);
        // The trusted CAs are written first. After a crash between the two writes the old key still signs. The new CA is then
        // trusted without effect, because its key is lost.
        self.write_trust(&trusted)?;
        files::replace(&self.ca_key(), &files::pem("PRIVATE KEY", key.der()), Readers::Owner)
    }

    /// Removes all CAs but the newest from the trusted ones.
    ///
    /// # Errors
    /// [`PkiError::InUse`] if the folder has valid certificates of older CAs.
    pub fn drop_old_cas(&mut self) -> Result<(), PkiError> {
        let _lock = files::lock(&self.folder)?;
        let signing = self.signing()?;
        let mut in_use = Vec::new();
        for identity in self.identities()? {
            let details = self.issued(&identity)?;
            if details.issuer != signing.details.subject && details.not_after > validity::now() {
                in_use.push(self.certificate(&identity).display().to_string());
            }
        }
        if !in_use.is_empty() {
            return Err(PkiError::InUse(in_use));
        }
        self.write_trust(&[signing.certificate])
    }

    /// The identities that have a certificate in the folder.
    pub fn identities(&self) -> Result<Vec<Identity>, PkiError> {
        let about = |cause| file_error(&self.folder, cause);
        let mut identities = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(about)? {
            let name = entry.map_err(about)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".pem"));
            identities.extend(stem.and_then(Identity::of_file_stem));
        }
        identities.sort();
        Ok(identities)
    }

    /// The file of the trusted CA certificates.
    pub fn trust(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The certificate file of an identity.
    pub fn certificate(&self, identity: &Identity) -> PathBuf {
        self.folder.join(identity.file_stem() + ".pem")
    }

    /// The key file of an identity.
    pub fn key(&self, identity: &Identity) -> PathBuf {
        self.folder.join(identity.file_stem() + ".key")
    }

    fn ca_key(&self) -> PathBuf {
        self.folder.join("ca.key")
    }

    /// The certificate in the folder for this identity.
    fn issued(&self, identity: &Identity) -> Result<Details, PkiError> {
        let path = self.certificate(identity);
        let details = details::read(&path)?.swap_remove(0);
        let wanted = identity.uri(&self.cluster);
        match (&details.cluster, &details.identity) {
            (Some(cluster), Some(found)) if found.uri(cluster) == wanted => Ok(details),
            (Some(cluster), Some(found)) => Err(PkiError::OtherIdentity { path, found: found.uri(cluster), wanted }),
            _ => Err(PkiError::OtherIdentity { path, found: details.subject, wanted }),
        }
    }

    fn write(&self, identity: &Identity, hosts: &[String], days: u32) -> Result<(), PkiError> {
        identity.check()?;
        if !DAYS.contains(&days) {
            return Err(PkiError::Days(days));
        }
        let signing = self.signing()?;
        let key = Key::generate()?;
        let ca = (&signing.certificate, &signing.key, signing.details.not_after);
        let certificate = certificate::member(&self.cluster, identity, hosts, days, &key, ca)?;
        files::replace(&self.key(identity), &files::pem("PRIVATE KEY", key.der()), Readers::Owner)?;
        files::replace(&self.certificate(identity), &files::pem("CERTIFICATE", &certificate), Readers::Everybody)
    }

    fn write_trust(&self, certificates: &[CertificateDer<'_>]) -> Result<(), PkiError> {
        let text: String = certificates.iter().map(|der| files::pem("CERTIFICATE", der).to_string()).collect();
        files::replace(&self.trust(), &text, Readers::Everybody)
    }

    /// Reads the CA. The certificate that matches `ca.key` signs. It is the newest one unless `rotate_ca` was
    /// interrupted.
    fn signing(&self) -> Result<Signing, PkiError> {
        let nothing = || PkiError::NoAuthority(self.folder.clone());
        let trusted = read_certificates(&self.trust())?.ok_or_else(nothing)?;
        let bytes = read_if_there(&self.ca_key())?.ok_or_else(nothing)?;
        check_private(&self.ca_key())?;
        let no_key = || PkiError::NotAKey(self.ca_key());
        let mut der = PrivatePkcs8KeyDer::from_pem_slice(&bytes).map_err(|_| no_key())?;
        let key = Key::of(&der);
        der.zeroize();
        let key = key.map_err(|_| no_key())?;
        let content = |why| PkiError::Content { path: self.trust(), why };
        for certificate in &trusted {
            if details::public_key(certificate).map_err(content)? == key.public() {
                let details = Details::of(certificate).map_err(content)?;
                return Ok(Signing { key, certificate: certificate.clone(), details, trusted });
            }
        }
        Err(PkiError::OtherAuthority(self.trust()))
    }
}

/// Whether this path exists. A dangling link counts as existing.
fn is_there(file: &Path) -> Result<bool, PkiError> {
    match fs::symlink_metadata(file) {
        Ok(_) => Ok(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(file_error(file, cause)),
    }
}
