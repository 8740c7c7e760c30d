//! Why a data folder cannot be used, in words.

use std::io;
use std::path::{Path, PathBuf};

use keyrack_os_error::in_words;

/// The version of all data in the folder. A newer one is not opened. Format 2 added receipts: leaves, tree, checkpoints and
/// separate guest secrets. A folder of format 1 is opened and becomes format 2.
pub const FORMAT: u32 = 2;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read or created.
    #[error("cannot use the data folder {}: {}. Check `data` in the configuration, and the folder's permissions.", path_words(.path), in_words(.cause))]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Another process, or another node of this one, holds its lock.
    #[error(
        "the data folder {path} is in use: node {node} is running already, or another node has this `data`. Stop it first, or correct `data` in the configuration."
    )]
    InUse {
        /// This node.
        node: u64,
        /// The folder.
        path: PathBuf,
    },
    /// It belongs to another cluster.
    #[error(
        "the data folder {path} belongs to cluster \"{found}\", but this node is configured for cluster \"{wanted}\". Nothing was changed. Correct `data` or `cluster` in the configuration."
    )]
    OtherCluster {
        /// The folder.
        path: PathBuf,
        /// The folder's cluster.
        found: String,
        /// This node's cluster.
        wanted: String,
    },
    /// It belongs to another node.
    #[error(
        "the data folder {path} belongs to node {found}, but this is node {wanted}. Nothing was changed. Correct `data` or `node` in the configuration."
    )]
    OtherNode {
        /// The folder.
        path: PathBuf,
        /// The folder's node.
        found: u64,
        /// This node.
        wanted: u64,
    },
    /// It was made for another number of data shards.
    #[error(
        "the data folder {path} has {found} data shards, but the configuration says data_shards = {wanted}. The number cannot change. Nothing was changed. Set data_shards = {found}."
    )]
    OtherShards {
        /// The folder.
        path: PathBuf,
        /// The folder's number.
        found: u32,
        /// The number in the configuration.
        wanted: u32,
    },
    /// A newer Keyrack wrote it.
    #[error(
        "the data folder {path} has format {found}, this keyrackd knows formats up to {FORMAT}. Nothing was changed. Start the newer keyrackd that wrote it."
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// The folder's format.
        found: u32,
    },
    /// One of its shards differs from the other replicas.
    #[error(
        "the data folder {path} has diverged: {reason}. Its rows differ from the other replicas', so the node must not serve or vote with them. Nothing was changed. Find out why, run `keyrackd data set-aside` and start the node again."
    )]
    Diverged {
        /// The folder.
        path: PathBuf,
        /// The difference that was found.
        reason: String,
    },
    /// Its data cannot be set aside.
    #[error(
        "cannot move the data in {path} to its folder set-aside: {}. Check the folder's permissions and the free space, and run the command again.", in_words(.cause)
    )]
    SetAside {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// Its FORMAT file is missing or cannot be read.
    #[error(
        "{path}/FORMAT is damaged: {reason}. Nothing was changed. Restore the file, or run `keyrackd data set-aside` and start the node again."
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

fn path_words(path: &Path) -> String {
    if path.as_os_str().is_empty() { "\"\"".to_owned() } else { path.display().to_string() }
}
