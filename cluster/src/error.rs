//! The errors of commands, reads and starts.

use std::io;
use std::path::PathBuf;

use keyrack_inventory::Fault;
use keyrack_merkle::{KeyError, ProofError};
use keyrack_os_error::in_words;
use keyrack_proto::Malformed;

use crate::shared_settings::SettingDiffers;
use crate::storage::FolderError;

/// Why a command or a read has no answer. A refusal by the domain is an answer, so it is not an error here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Too many commands wait for the shard; nothing was proposed.
    #[error("too many commands wait for shard {shard}; nothing was done. Try again later.")]
    Overloaded {
        /// The shard.
        shard: u32,
    },
    /// The command is larger than one log entry may be; nothing was proposed.
    #[error("the command has more than {limit_bytes} bytes; nothing was done. Split it.")]
    CommandTooLarge {
        /// The largest size.
        limit_bytes: u64,
    },
    /// The shard had no leader or no majority in time; nothing was proposed.
    #[error("shard {shard} has no leader or no majority; nothing was done. Try again, or start the nodes that are down.")]
    Unavailable {
        /// The shard.
        shard: u32,
    },
    /// The cluster has no such shard. A node with a larger `data_shards` registered the property there.
    #[error("shard {shard} does not exist: this cluster has the data shards 1 to {last}; nothing was done")]
    NoSuchShard {
        /// The shard.
        shard: u32,
        /// The last data shard.
        last: u32,
    },
    /// The directory has as many properties as it may have; nothing was done.
    #[error("the cluster has as many properties as it can have; nothing was done")]
    TooManyProperties,
    /// Proposed, and no answer in time: the command may have taken effect or may still take effect. A retry with the same
    /// idempotency key finds out.
    #[error("no answer from shard {shard} in time: the outcome is unknown. Repeat the command with the same idempotency key.")]
    UnknownOutcome {
        /// The shard.
        shard: u32,
    },
    /// This replica's storage failed, or has impossible rows.
    #[error("this node's storage failed: {0}")]
    Storage(#[from] Fault),
    /// This replica's receipts log does not match a checkpoint that a majority signed.
    #[error("this node's receipts log of shard {shard} does not match the signed checkpoint: {cause}")]
    WrongTree {
        /// The shard.
        shard: u32,
        /// What is wrong with the proof.
        cause: ProofError,
    },
    /// A shard answered with a reply of the wrong kind for the command.
    #[error("shard {shard} answered with a reply of the wrong kind for this command")]
    OtherReply {
        /// The shard.
        shard: u32,
    },
    /// A shard's answer cannot be read.
    #[error("cannot read a shard's answer: {0}")]
    Malformed(#[from] Malformed),
}

impl From<io::Error> for ClusterError {
    fn from(cause: io::Error) -> ClusterError {
        ClusterError::Storage(Fault::Storage(cause.to_string()))
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This node cannot use the data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The log or the rows cannot be opened, read or written.
    #[error("cannot open the data in {path}: {}", in_words(.cause))]
    Storage {
        /// The folder.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// The data folder is new, and the cluster records another incarnation of this node.
    #[error(
        "node {node}'s data folder is new, but the cluster has node {node} with other data, so this one must not vote. Check \
         that `node` and `data` in the configuration are right, and that node {node} runs nowhere else. Only if its data are \
         lost, run `keyrackd data set-aside`, then start it again: it rejoins with an empty folder. Never restore an older copy \
         of the folder."
    )]
    NewDataFolder {
        /// The node.
        node: u64,
    },
    /// A setting that all nodes must share differs from a peer's.
    #[error(transparent)]
    SettingDiffers(SettingDiffers),
    /// The keyring lacks the key that encrypted guests' data here.
    #[error(
        "the keyring does not have the key {key:?}, which encrypts guests' data on this node. Put its line back into the keyring. If \
         nobody has the key any more, its guests' data are lost: remove {}/KEYRING, and start the node again.", .data.display()
    )]
    KeyMissing {
        /// The key's name.
        key: String,
        /// The data folder.
        data: PathBuf,
    },
    /// The configuration's `[[peers]]` do not have this node.
    #[error("node {node} is not one of the [[peers]] in its configuration. Add it there, or correct the node's id.")]
    NotAMember {
        /// This node.
        node: u64,
    },
    /// The cluster's name cannot be part of a key's name.
    #[error("the cluster's name cannot be part of a signing key's name: {0}")]
    ClusterName(#[from] KeyError),
}

impl StartError {
    /// What is damaged, for the log of a node that repairs itself: without what a person would have to do.
    pub fn damage(&self) -> String {
        match self {
            StartError::Folder(FolderError::Damaged { path, reason }) => {
                format!("{}/FORMAT is damaged: {reason}", path.display())
            }
            other => other.to_string(),
        }
    }

    /// Whether the data on the disk are damaged: they differ from the data that were written.
    pub fn is_damage(&self) -> bool {
        match self {
            StartError::Storage { cause, .. } => cause.kind() == io::ErrorKind::InvalidData,
            StartError::Folder(folder) => matches!(folder, FolderError::Damaged { .. }),
            StartError::NewDataFolder { .. }
            | StartError::SettingDiffers(_)
            | StartError::KeyMissing { .. }
            | StartError::NotAMember { .. }
            | StartError::ClusterName(_) => false,
        }
    }
}
