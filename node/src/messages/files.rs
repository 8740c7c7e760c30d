//! Files, folders and standard output.

use std::io;
use std::path::PathBuf;

use keyrack_os_error::in_words;

/// A file, a folder or a stream that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file cannot be read.
    #[error("cannot read {}: {}. {hint}", .path.display(), in_words(.cause))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
        /// What to do.
        hint: &'static str,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {}. Check the folder, its permissions and the free space.", .path.display(), in_words(.cause))]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A secret file that other users may read.
    #[error("other users can read {path} (mode {mode:03o}). Run `chmod 600 {path}`, and replace the secret if it may be known.", path = .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {}. Free some space, or write to another place.", in_words(.0))]
    Output(io::Error),
}

/// Hints for files that cannot be read.
pub mod hints {
    /// The configuration.
    pub const CONFIG: &str = "Check --config; `keyrackd config print-default > FILE` writes a configuration to start from.";
    /// The certificate.
    pub const CERTIFICATE: &str = "Check tls.certificate.";
    /// The certificate's key.
    pub const KEY: &str = "Check tls.key.";
    /// The trust bundle.
    pub const TRUST: &str = "Check tls.trust.";
    /// The list of revoked certificates.
    pub const REVOKED: &str = "Check tls.revoked. An empty file revokes no certificate.";
    /// A secret whose setting is not known.
    pub const SECRET: &str = "Check the path and the user that runs keyrackd.";
    /// The keyring, read by a node.
    pub const KEYRING: &str = "Check guests.keyring. Every node has a copy of the same file; `keyrackd keyring init FILE` \
                               makes the first one.";
    /// The keyring, changed by a command.
    pub const KEYRING_FILE: &str = "Check the path; `keyrackd keyring init FILE` makes a keyring.";
}
