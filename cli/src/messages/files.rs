//! Files and standard output.

use std::io;
use std::path::PathBuf;

use keyrack_client::os_error::in_words;

/// A file or a stream that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file cannot be read.
    #[error("cannot read {}: {}. {hint}", .path.display(), in_words(.cause))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
        /// The remedy.
        hint: &'static str,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {}. Free some space, or choose another place with --out.", .path.display(), in_words(.cause))]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {}. Free some space, or write to another place.", in_words(.0))]
    Output(io::Error),
    /// The runtime cannot be started.
    #[error("cannot start: {}. Check the limits of this user for memory and threads.", in_words(.0))]
    Start(io::Error),
}

/// Hints for files that cannot be read.
pub mod hints {
    /// A policy.
    pub const POLICY: &str = "Check --policy; `keyrack receipt policy --out FILE` fetches one.";
    /// A receipt or a leaf.
    pub const RECEIPT: &str = "Check the path; - reads standard input.";
    /// A table.
    pub const TABLE: &str = "Check the path.";
    /// The file of a development cluster.
    pub const DEV: &str = "Check --dev; `keyrackd dev --json > FILE` writes it.";
}

/// The note that a file was written.
pub fn written(what: &str, file: &std::path::Path) -> String {
    format!("{what} written to {}", file.display())
}
