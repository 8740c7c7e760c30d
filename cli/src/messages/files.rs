//! Files and standard output.

use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use keyrack_os_error::in_words;
use serde_json::error::Category;

use crate::terminal::{part_of, path_text};

/// A file or a stream that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file cannot be read.
    #[error("cannot read {}: {}. {hint}", path_text(.path), in_words(.cause))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
        /// The remedy.
        hint: &'static str,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {}", path_text(.path), unwritten(.path, .cause))]
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

/// Why a file cannot be written, and the remedy.
fn unwritten(path: &Path, cause: &io::Error) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (cause.kind(), folder) {
        (ErrorKind::NotFound, Some(folder)) => {
            format!("the folder {} does not exist. Make it, or choose another place with --out.", path_text(folder))
        }
        (ErrorKind::IsADirectory, _) => "it is a folder. Name a file with --out.".to_owned(),
        (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => {
            format!("{}. Free some space, or choose another place with --out.", in_words(cause))
        }
        _ => format!("{}. Choose another place with --out.", in_words(cause)),
    }
}

/// Why a text cannot be read as JSON.
pub fn json_in_words(cause: &serde_json::Error) -> String {
    match cause.classify() {
        Category::Eof => "it ends before its JSON is complete".to_owned(),
        Category::Syntax => format!("it is not JSON from line {}, column {} on", cause.line(), cause.column()),
        // It may repeat a name of the file.
        Category::Data | Category::Io => part_of(&cause.to_string(), 200),
    }
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
pub fn written(what: &str, file: &Path) -> String {
    format!("{what} written to {}", path_text(file))
}
