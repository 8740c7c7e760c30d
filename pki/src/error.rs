//! Why the CA refused or failed.

use std::io;
use std::path::PathBuf;

use crate::validity::DAYS;

/// What is wrong, with the file concerned and the remedy. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Not a valid cluster name.
    #[error("{0:?} is not a cluster's name: 1 to 255 letters, digits, '-' and '.'")]
    Cluster(String),
    /// Not a valid name of an operator or a desk.
    #[error("{0:?} is not the name of an operator or a desk: 1 to 64 small letters, digits and '-'")]
    Name(String),
    /// Not a URI of an [`Identity`](crate::Identity).
    #[error(
        "{0:?} is not an identity like spiffe://cluster/node/1, spiffe://cluster/operator/anna or spiffe://cluster/desk/lisbon"
    )]
    Uri(String),
    /// Not a DNS name and not an IP address.
    #[error("{0:?} is not a host's name or IP address")]
    Host(String),
    /// Hosts were given for an operator or a desk, which are clients only.
    #[error("only nodes have hosts: operators and desks are clients")]
    HostsOfClient,
    /// The validity is out of range.
    #[error("{0} days: certificates are valid for {first} to {last} days", first = DAYS.start(), last = DAYS.end())]
    Days(u32),
    /// The folder already has a CA.
    #[error("{0} is already there: this folder has a CA; `keyrack pki rotate --new-ca` replaces it")]
    AuthorityExists(PathBuf),
    /// The certificate already exists.
    #[error("{0} is already there: `keyrack pki rotate {0}` replaces it and its key")]
    CertificateExists(PathBuf),
    /// A key exists without its certificate: the remains of an interrupted command.
    #[error("{0} is already there, but not its certificate: move the key away and try again")]
    KeyExists(PathBuf),
    /// The folder has no CA.
    #[error("{0} has no CA (ca.pem, ca.key): `keyrack pki init --dir {0} --cluster NAME` makes one")]
    NoAuthority(PathBuf),
    /// No CA certificate matches the CA's key.
    #[error("{0}: none of the certificates in it is that of the key beside it (ca.key)")]
    OtherAuthority(PathBuf),
    /// There is no certificate to replace.
    #[error("{0} is not there: `keyrack pki issue` makes it")]
    NoCertificate(PathBuf),
    /// The file holds the certificate of another identity.
    #[error("{path} is the certificate of {found}, not of {wanted}")]
    OtherIdentity {
        /// The certificate's file.
        path: PathBuf,
        /// The identity in the certificate.
        found: String,
        /// The identity that the file name implies.
        wanted: String,
    },
    /// Valid certificates of an older CA are still in the folder.
    #[error("still signed by an older CA: {}; rotate them first, or delete those that nobody uses", .0.join(", "))]
    InUse(Vec<String>),
    /// Other users can read the key.
    #[error("{0} can be read by others than its owner: chmod 600 {0}, and rotate it if somebody may have")]
    Exposed(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The file does not hold what its name says.
    #[error("{path}: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Creating a key or a certificate failed.
    #[error("cannot make it: {0}")]
    Making(#[from] rcgen::Error),
    /// The operating system returned no randomness.
    #[error("no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}
