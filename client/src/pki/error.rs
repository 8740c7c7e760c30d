//! Why the CA did not do it.

use std::io;
use std::path::PathBuf;

use super::DAYS;

/// What is wrong, with the file it is about and what to do. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Not a name that a cluster can have.
    #[error("{0:?} is not a cluster's name: 1 to 255 letters, digits, '-' and '.'")]
    Cluster(String),
    /// Not a name that an operator or a desk can have.
    #[error("{0:?} is not the name of an operator or a desk: 1 to 64 small letters, digits and '-'")]
    Name(String),
    /// Not an identity of ours.
    #[error(
        "{0:?} is not an identity like spiffe://cluster/node/1, spiffe://cluster/operator/anna or spiffe://cluster/desk/lisbon"
    )]
    Uri(String),
    /// Not a host that a certificate can name.
    #[error("{0:?} is not a host's name or IP address")]
    Host(String),
    /// Hosts for somebody whom nobody connects to.
    #[error("only nodes have hosts: operators and desks are clients")]
    HostsOfClient,
    /// A certificate would be valid for too long, or not at all.
    #[error("{0} days: certificates are valid for {first} to {last} days", first = DAYS.start(), last = DAYS.end())]
    Days(u32),
    /// The folder has a CA.
    #[error("{0} is already there: this folder has a CA; `keyrack pki rotate --new-ca` replaces it")]
    AuthorityExists(PathBuf),
    /// The certificate is there.
    #[error("{0} is already there: `keyrack pki rotate {0}` replaces it and its key")]
    CertificateExists(PathBuf),
    /// A key without a certificate, as an interruption leaves it.
    #[error("{0} is already there, but not its certificate: move the key away and try again")]
    KeyExists(PathBuf),
    /// The folder has no CA.
    #[error("{0} has no CA (ca.pem, ca.key): `keyrack pki init --dir {0} --cluster NAME` makes one")]
    NoAuthority(PathBuf),
    /// The CA's key and certificates are of different CAs.
    #[error("{0}: none of the certificates in it is that of the key beside it (ca.key)")]
    OtherAuthority(PathBuf),
    /// Nothing to replace.
    #[error("{0} is not there: `keyrack pki issue` makes it")]
    NoCertificate(PathBuf),
    /// The file's certificate is not whose it should be.
    #[error("{path} is the certificate of {found}, not of {wanted}")]
    OtherIdentity {
        /// The certificate's file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Certificates of an older CA are in the folder.
    #[error("still signed by an older CA: {}; rotate them first, or delete those that nobody uses", .0.join(", "))]
    InUse(Vec<String>),
    /// A key that others can read.
    #[error("{0} can be read by others than its owner: chmod 600 {0}, and rotate it if somebody may have")]
    Exposed(PathBuf),
    /// A file that cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file that is not what its name says.
    #[error("{path}: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A key or certificate that could not be made.
    #[error("cannot make it: {0}")]
    Making(#[from] rcgen::Error),
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}
