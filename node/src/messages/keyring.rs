//! The keyring. No message has a line of the file: the line holds a key.

use std::path::{Path, PathBuf};

/// A keyring that cannot be used, or a change that is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file with the mistake that is the source.
    #[error("the keyring {}", .0.display())]
    In(PathBuf),
    /// A change that would make the file malformed. The cause is the source.
    #[error("the keyring {} was not changed", .0.display())]
    NotChanged(PathBuf),
    /// A line that is not a key.
    #[error("line {0} is not a key. Write a name, 64 hexadecimal digits, and the word active on one line only.")]
    Line(usize),
    /// A name that an earlier line has.
    #[error("line {0}: an earlier line has the same name. Give each key its own name.")]
    SameName(usize),
    /// A second active key.
    #[error("line {0}: an earlier line is active too. Mark one key as active.")]
    SecondActive(usize),
    /// No key at all.
    #[error("it has no key. Copy the keyring of another node; `keyrackd keyring init FILE` makes the first one.")]
    Empty,
    /// Too many keys.
    #[error("it has {found} keys, and {most} are allowed. Remove old ones with `keyrackd keyring remove`.")]
    TooMany {
        /// How many there are.
        found: usize,
        /// The most.
        most: usize,
    },
    /// Several keys, and none is active.
    #[error("no key is active. Choose one with `keyrackd keyring activate`.")]
    NoActive,
    /// `init` on an existing file.
    #[error("{} exists. Nothing was changed. To add a key to it, run `keyrackd keyring add`.", .0.display())]
    Exists(PathBuf),
    /// No key has the name.
    #[error("{} has no key with the name {name:?}. Nothing was changed. The first word of each line is a name.", .path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// `add` with the name of a key.
    #[error("{} has a key with the name {name:?} already. Nothing was changed. Choose another name.", .path.display())]
    Taken {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A changed keyring without the key that encrypts now.
    #[error(
        "it does not have the key {0:?}, which encrypts guests' data now. Put the line of that key back: without it their data \
         cannot be read."
    )]
    WithoutActive(String),
    /// `remove` of the active key.
    #[error("{0:?} is the active key. Nothing was changed. Activate another key first with `keyrackd keyring activate`.")]
    IsActive(String),
    /// A name that the file cannot hold.
    #[error("{0:?} is not a name for a key. Use letters, digits and '-', and not the word active.")]
    Name(String),
}

/// The result of `keyrackd keyring init`.
pub fn made(file: &Path, name: &str) -> String {
    format!("{} has one key, {name}. Copy the file to every node, and keep a copy offline.\n", file.display())
}

/// The result of `keyrackd keyring add`.
pub fn added(file: &Path, name: &str) -> String {
    format!(
        "{} has the new key {name}. This key only decrypts until you activate it. Copy the file to every node first.\n",
        file.display()
    )
}

/// The result of `keyrackd keyring activate`.
pub fn activated(file: &Path, name: &str) -> String {
    format!("{}: {name} is the active key now. Copy the file to every node.\n", file.display())
}

/// The result of `keyrackd keyring remove`.
pub fn removed(file: &Path, name: &str, removed: &Path) -> String {
    format!(
        "{} no longer has the key {name}. Copy the file to every node. {} has the key's line. Move that file to a safe place \
         without a node, and keep it until keyrack_guests_undecryptable is 0 on every node: without {name}, data that only it \
         decrypts are lost.\n",
        file.display(),
        removed.display()
    )
}
