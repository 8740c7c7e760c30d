//! What can go wrong with a command or a read, and with a start.

use std::io;
use std::path::PathBuf;

use keyrack_inventory::Fault;
use keyrack_merkle::{KeyError, ProofError};
use keyrack_proto::Malformed;

use crate::storage::FolderError;

/// Why there is no answer. A refusal by the domain is not among these: that is an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Too many commands wait for the shard; nothing was proposed.
    #[error("too many commands are waiting for shard {shard}")]
    Overloaded {
        /// The shard.
        shard: u32,
    },
    /// No leader, or no majority, in time; nothing was proposed.
    #[error("shard {shard} cannot be reached: it has no leader or no majority; nothing was done")]
    Unavailable {
        /// The shard.
        shard: u32,
    },
    /// Proposed, and no answer in time: it may have happened or may yet happen. The same idempotency key
    /// finds out.
    #[error("no answer from shard {shard} in time: whether the command took effect is unknown")]
    UnknownOutcome {
        /// The shard.
        shard: u32,
    },
    /// This replica's storage failed, or has rows that cannot be.
    #[error("storage: {0}")]
    Storage(#[from] Fault),
    /// This replica's tree does not lead to a checkpoint that a majority signed.
    #[error("storage: this node's tree does not lead to the checkpoint: {cause}")]
    WrongTree {
        /// The shard.
        shard: u32,
        /// What is wrong with the proof.
        cause: ProofError,
    },
    /// A shard answered with a reply that does not belong to the command.
    #[error("shard {shard} answered with another kind of reply than the command's")]
    OtherReply {
        /// The shard.
        shard: u32,
    },
    /// A shard's answer cannot be read.
    #[error("a shard's answer cannot be read: {0}")]
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
    /// The data folder is not for this node.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The disk or the log is not usable.
    #[error("cannot open the data in {path}: {cause}")]
    Storage {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The cluster knows this node by other data.
    #[error(
        "the cluster knows node {node} by other data: this data folder is new, so it must not vote as that node. Restore the folder, or start the node under a new id"
    )]
    Wiped {
        /// The node.
        node: u64,
    },
    /// The settings name other first members.
    #[error("node {node} is not among the first members")]
    NotAMember {
        /// This node.
        node: u64,
    },
    /// The cluster's name cannot be part of a key's name.
    #[error("cluster: {0}")]
    ClusterName(#[from] KeyError),
}

impl StartError {
    /// Whether data are there that are not what was written.
    pub fn is_damage(&self) -> bool {
        match self {
            StartError::Storage { cause, .. } => cause.kind() == io::ErrorKind::InvalidData,
            StartError::Folder(folder) => matches!(folder, FolderError::Damaged { .. }),
            StartError::Wiped { .. } | StartError::NotAMember { .. } | StartError::ClusterName(_) => false,
        }
    }
}
