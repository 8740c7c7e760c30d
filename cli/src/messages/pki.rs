//! Failures and next steps of `keyrack pki`. The crate `keyrack-pki` has the messages of the CA itself.

use std::fmt;
use std::path::PathBuf;

use crate::terminal::path_text;

/// A certificate that cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The folder has a CA and nothing else.
    #[error("{} has no certificates to replace. Make one: `keyrack pki issue`.", path_text(.0))]
    NoCertificates(PathBuf),
    /// A CA's certificate.
    #[error("{} is the certificate of a CA. Replace the CA: `keyrack pki rotate --new-ca`.", path_text(.0))]
    IsCa(PathBuf),
    /// A certificate of another authority.
    #[error("{} names no node, operator or desk of a cluster, so this CA did not issue it. Give a certificate from the \
             CA's folder.", path_text(.0))]
    NoIdentity(PathBuf),
    /// A certificate under another name.
    #[error("{} is the certificate of {identity}, but not under its name {name}. Give the file {name} in the CA's \
             folder.", path_text(.path))]
    OtherName {
        /// The file.
        path: PathBuf,
        /// Its holder.
        identity: String,
        /// The name of the holder's file.
        name: String,
    },
}

/// The next step after a subcommand.
pub enum NextStep {
    /// After `init`.
    Issue {
        /// The authority's folder.
        folder: PathBuf,
    },
    /// After `issue`.
    Deliver {
        /// The key's file.
        key: PathBuf,
        /// The CA certificates' file.
        trust: PathBuf,
    },
    /// After `rotate --new-ca`.
    RotateAll,
    /// After `rotate --drop-old-ca`.
    BringTrust,
    /// After `rotate` of certificates.
    BringCertificates,
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NextStep::Issue { folder } => write!(
                f,
                "next: run `keyrack pki issue --dir {} node 1 --host HOST`. Copy ca.pem to every node and client. Keep ca.key on a \
                 machine where no node runs, and keep a copy offline.",
                path_text(folder)
            ),
            NextStep::Deliver { key, trust } => {
                write!(f, "next: give its holder this file, its key {} and {}.", path_text(key), path_text(trust))
            }
            NextStep::RotateAll => f.write_str(
                "all of these CAs are trusted, and the first one signs from now on.\nnext:\n  1. copy ca.pem to all nodes and \
                 clients\n  2. run `keyrack pki rotate --all` and give the certificates and keys to their holders\n  3. run `keyrack \
                 pki rotate --drop-old-ca`",
            ),
            NextStep::BringTrust => f.write_str("only this CA is trusted from now on. Next: copy ca.pem to all nodes and \
                                                 clients."),
            NextStep::BringCertificates => f.write_str("next: give these files and the keys beside them to their holders."),
        }
    }
}
