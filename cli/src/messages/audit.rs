//! Failures and warnings of `keyrack audit`. Findings are results and are in the report.

use std::io;
use std::path::PathBuf;

use keyrack_merkle::BundleError;
use keyrack_os_error::in_words;

use crate::terminal::path_text;

/// A log that cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The policy names no log.
    #[error("the policy has no log of {0}. Check --shard and --policy.")]
    NoLog(String),
    /// The policy names two logs of one shard.
    #[error("the policy has two logs of shard {shard}: {one} and {other}. Use a policy of one cluster.")]
    TwoLogs {
        /// The shard.
        shard: u32,
        /// The name of one log.
        one: String,
        /// The name of the other log.
        other: String,
    },
    /// No node gave a checkpoint, with the cause of each node.
    #[error("no node gave a checkpoint: {}", .0.join("; "))]
    NoCheckpoint(Vec<String>),
    /// A checkpoint that cannot be read.
    #[error("its checkpoint is not a signed note")]
    NotANote,
    /// Leaves that cannot be fetched.
    #[error("cannot get the leaves from {from} of shard {shard}")]
    Leaves {
        /// The shard.
        shard: u32,
        /// The first leaf.
        from: u64,
    },
    /// Fewer leaves than the checkpoint has.
    #[error("the checkpoint has {size} leaves, but the nodes served {served}. Try again, or other nodes with --endpoint.")]
    LeavesMissing {
        /// The size of the tree.
        size: u64,
        /// The number of leaves that were served.
        served: u64,
    },
    /// A refusal of the leaves.
    #[error("{0}. Leaves show the occupancy of a hotel, so they need the key of an auditor: --key.")]
    NeedsAuditor(String),
    /// Another refusal of a bundle.
    #[error("{path}: {problem}")]
    Bundle {
        /// The path of the page.
        path: String,
        /// The refusal.
        problem: String,
    },
    /// A bundle that cannot be read.
    #[error("the bundle {path} cannot be read: {cause}. Ask another node with --endpoint.")]
    BundleBytes {
        /// The path of the page.
        path: String,
        /// The error of the parser.
        cause: BundleError,
    },
    /// A bundle with fewer leaves.
    #[error("the bundle {path} has {found} leaves instead of {needed}. Ask another node with --endpoint.")]
    BundleShort {
        /// The path of the page.
        path: String,
        /// The number of leaves in it.
        found: usize,
        /// The number of leaves that were requested.
        needed: u16,
    },
    /// A proof with something that is not a hash.
    #[error("the node's consistency proof has a value that is not a hash")]
    NotAHash,
}

/// A folder of states and evidence that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or read.
    #[error("cannot use the folder {}: {}. Check --state.", path_text(.path), in_words(.cause))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// Another audit has the lock.
    #[error("another audit uses the folder {}. Wait until it ends, or choose another folder with --state.", path_text(.0))]
    Locked(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot use {}: {}. Check --state and the free space.", path_text(.path), in_words(.cause))]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A state that does not decode.
    #[error(
        "{} cannot be read: {cause}. Delete it to audit the log from its first leaf. The audit then forgets the \
         checkpoint that it \
         verified before.", path_text(.path)
    )]
    State {
        /// The file.
        path: PathBuf,
        /// The fault.
        cause: StateError,
    },
    /// A state whose tree differs from the tree of its checkpoint.
    #[error("{} is damaged: its tree does not have the root of its checkpoint. Restore the file, or delete it to start \
             again.", path_text(.0))]
    OtherTree(PathBuf),
    /// The state of another log.
    #[error("{} is the state of the log {found}, not of {wanted}. Choose another folder with --state.", path_text(.path))]
    OtherLog {
        /// The file.
        path: PathBuf,
        /// The log in the file.
        found: String,
        /// The log of the policy.
        wanted: String,
    },
}

/// Why a file is not a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Another file, or a later format.
    #[error("it is not the state of an audit in format 1 or 2")]
    Format,
    /// The bytes changed after they were written.
    #[error("its checksum is wrong: it was changed or cut off")]
    Checksum,
    /// The checksum is right, but this program does not write these bytes.
    #[error("{0}")]
    Damaged(#[from] Damaged),
}

/// Bytes that the writer of states does not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is damaged at byte {0}")]
pub struct Damaged(pub usize);

/// The warning that the folder has evidence of an earlier audit.
pub fn evidence(files: &[String], folder: &std::path::Path) -> String {
    format!(
        "warning: the folder {} has evidence of a fork or a rollback, from this audit or an earlier one: {}. Move it away when the \
         case is settled.",
        path_text(folder),
        files.join(", ")
    )
}

/// The warning that logs were not audited, all for one cause.
pub fn not_audited(origins: &[&str], cause: &str) -> String {
    match origins {
        [origin] => format!("the log {origin} was not audited: {cause}"),
        _ => format!("the logs {} were not audited: {cause}", origins.join(", ")),
    }
}

/// The warning that the cluster has a log that is not in the policy.
pub fn unknown_log(shard: u32) -> String {
    format!(
        "warning: the cluster has a log of shard {shard} that is not in the policy, so it was not audited. Fetch a new \
         policy: `keyrack receipt policy`."
    )
}
