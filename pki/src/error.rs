//! The errors of the CA.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use keyrack_os_error::in_words;

use crate::validity::DAYS;

/// Why an operation failed, with the file and what to do. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Not a valid cluster name.
    #[error("{0:?} is not a valid cluster name. Use 1 to 255 letters, digits, '-' and '.'.")]
    Cluster(String),
    /// Not a valid name of an operator or a desk.
    #[error("{0:?} is not a valid name of an operator or a desk. Use 1 to 64 small letters, digits and '-'.")]
    Name(String),
    /// Not a URI of an [`Identity`](crate::Identity).
    #[error(
        "{0:?} is not an identity like spiffe://cluster/node/1, spiffe://cluster/operator/anna or spiffe://cluster/desk/lisbon"
    )]
    Uri(String),
    /// Not a DNS name and not an IP address.
    #[error("{0:?} is not a host name or an IP address. Give it without a scheme and without a port.")]
    Host(String),
    /// Hosts were given for an operator or a desk, which are clients only.
    #[error("the certificate of an operator or a desk has no hosts. Leave the hosts out.")]
    HostsOfClient,
    /// The validity is out of range.
    #[error("a certificate cannot be valid for {0} days. Give {first} to {last}.", first = DAYS.start(), last = DAYS.end())]
    Days(u32),
    /// The folder already has a CA.
    #[error("{0} exists: this folder has a CA. To replace the CA, run `keyrack pki rotate --new-ca`.")]
    AuthorityExists(PathBuf),
    /// The certificate already exists.
    #[error("{0} exists. To replace it and its key, run `keyrack pki rotate {0}`.")]
    CertificateExists(PathBuf),
    /// A key exists without its certificate: the remains of an interrupted command.
    #[error("{0} exists without its certificate. Move this key away and try again.")]
    KeyExists(PathBuf),
    /// The folder has no CA.
    #[error("{0} has no CA (ca.pem, ca.key). To make one, run `keyrack pki init --dir {0} --cluster NAME`.")]
    NoAuthority(PathBuf),
    /// No CA certificate matches the CA's key.
    #[error("no certificate in {0} matches the key in ca.key beside it. Restore both files from one copy of the folder.")]
    OtherAuthority(PathBuf),
    /// There is no certificate to replace.
    #[error("{0} does not exist. To make it, run `keyrack pki issue`.")]
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
    #[error("an older CA signed {}, still valid. Rotate them first, or delete those that are not in use.", .0.join(", "))]
    InUse(Vec<String>),
    /// Other users can read the key.
    #[error("other users can read {0}. Run `chmod 600 {0}`, and rotate the key if another user may have read it.")]
    Exposed(PathBuf),
    /// A file could not be read or written.
    #[error("cannot read or write {path}: {}", explained(.cause))]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The file does not hold what its name says.
    #[error("cannot use {path}: {why}. Give a certificate from the CA's folder, or restore the file from your copy.")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file does not hold a private key.
    #[error("{0} is not a private key. Restore the folder from your copy.")]
    NotAKey(PathBuf),
    /// Creating a key or a certificate failed.
    #[error("cannot make the key or the certificate: {0}")]
    Making(#[from] rcgen::Error),
    /// The operating system returned no randomness.
    #[error("the operating system returned no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// An error of the operating system in words, and the remedy.
fn explained(cause: &io::Error) -> String {
    const PATH: &str = "Check the path and --dir.";
    const RIGHTS: &str = "Check its permissions, or choose another folder with --dir.";
    const SPACE: &str = "Free some space, or choose another folder with --dir.";
    let hint = match cause.kind() {
        ErrorKind::NotFound | ErrorKind::AlreadyExists | ErrorKind::IsADirectory | ErrorKind::NotADirectory => PATH,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => RIGHTS,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SPACE,
        _ => "Check --dir, its permissions and the free space.",
    };
    format!("{}. {hint}", in_words(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_have_words_and_a_remedy_but_no_number() {
        let text = |number| PkiError::File { path: "pki".into(), cause: io::Error::from_raw_os_error(number) }.to_string();
        assert_eq!(text(28), "cannot read or write pki: the disk is full. Free some space, or choose another folder with --dir.");
        for number in [2, 13, 17, 20, 21, 24, 28, 30] {
            assert!(text(number).contains("--dir") && !text(number).contains("os error"), "{}", text(number));
        }
    }
}
