//! The parts of this node, and the functions that the files above need.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::config::ClusterConfig;
use crate::directory::{self, Directory};
use crate::error::ClusterError;
use crate::halt::Halt;
use crate::peers::{Admission, Links, Member};
use crate::raft::Group;
use crate::receipts::{Published, ReceiptLog, Signer};
use crate::shard::{Batcher, Decided, MAX_COMMAND_BYTES, ReadGate, Undecided};
use crate::storage::{DataFolder, LogDb, RowsDb};
use crate::tasks::Tasks;

/// How long [`Node::applied`] waits.
const APPLIED: Duration = Duration::from_secs(1);

/// The parts of one node.
pub struct Node {
    pub config: ClusterConfig,
    pub incarnation: u64,
    /// Locked as long as the node exists.
    pub folder: DataFolder,
    pub directory: Arc<Directory>,
    pub rows: Arc<RowsDb>,
    pub log: LogDb,
    /// Ordered by number: the directory is the first.
    pub shards: Vec<Shard>,
    pub halt: Arc<Halt>,
    pub admission: Arc<Admission>,
    pub links: Links,
    /// This node's background tasks.
    pub tasks: Tasks,
    /// How many messages of other nodes were refused because no honest node sends them.
    pub peer_refusals: AtomicU64,
}

/// One shard on this node.
pub struct Shard {
    pub group: Group,
    pub batcher: Batcher,
    pub gate: ReadGate,
    /// Data shards only.
    pub receipts: Option<Receipts>,
}

/// The receipts of one data shard.
pub struct Receipts {
    pub log: ReceiptLog,
    pub signer: Signer,
    pub published: Arc<Published>,
}

impl Node {
    /// A shard by its number.
    ///
    /// # Errors
    /// `NoSuchShard`.
    pub fn shard(&self, shard: u32) -> Result<&Shard, ClusterError> {
        self.shards.get(shard as usize).ok_or(ClusterError::NoSuchShard { shard, last: self.config.data_shards })
    }

    /// A shard's Raft group; the same errors.
    pub fn group(&self, shard: u32) -> Result<&Group, ClusterError> {
        self.shard(shard).map(|shard| &shard.group)
    }

    /// The numbers of the data shards.
    pub fn data_shards(&self) -> impl Iterator<Item = u32> + use<> {
        1..=self.config.data_shards
    }

    /// Whether this node leads a shard, as far as it knows.
    pub fn leads(&self, shard: u32) -> bool {
        self.group(shard).is_ok_and(|group| group.leader() == Some(self.config.node))
    }

    /// The members and their addresses, as the directory's log has them.
    pub fn members(&self) -> Vec<(u64, Member)> {
        self.group(directory::SHARD).map(Group::members).unwrap_or_default()
    }

    /// All members but this one.
    pub fn others(&self) -> Vec<(u64, Member)> {
        self.members().into_iter().filter(|(id, _)| *id != self.config.node).collect()
    }

    /// This node as a member.
    pub fn me(&self) -> Member {
        let mine = self.config.peers.iter().find(|peer| peer.id == self.config.node);
        mine.map_or_else(Member::default, |peer| Member {
            incarnation: self.incarnation,
            peer: peer.peer.clone(),
            http: peer.http.clone(),
            grpc: peer.grpc.clone(),
            region: peer.region.clone(),
        })
    }

    /// Sends an encoded command to the leader of a shard and returns its decision. Tries again on a new leader until
    /// `deadline`.
    pub async fn decide(&self, shard: u32, command: Bytes, deadline: Instant) -> Result<(u64, Decided), ClusterError> {
        let decided = self.shard(shard)?.batcher.decide(command, deadline).await;
        decided.map_err(|why| undecided(shard, why))
    }

    /// The same for a command that only a shard's leader proposes: it is never forwarded.
    pub async fn decide_as_leader(&self, shard: u32, command: Bytes, deadline: Instant) -> Result<(u64, Decided), ClusterError> {
        let decided = self.shard(shard)?.batcher.decide_as_leader(command, deadline).await;
        decided.map_err(|why| undecided(shard, why))
    }

    /// Waits up to a second until this node has applied a group's log up to `index`. Returns the applied index.
    pub async fn applied(&self, shard: u32, index: u64) -> u64 {
        let Ok(group) = self.group(shard) else { return 0 };
        let mut applied = group.progress().applied.subscribe();
        let _ = tokio::time::timeout(APPLIED, applied.wait_for(|applied| *applied >= index)).await;
        *group.progress().applied.borrow()
    }
}

fn undecided(shard: u32, why: Undecided) -> ClusterError {
    match why {
        Undecided::Overloaded => ClusterError::Overloaded { shard },
        Undecided::TooLarge => ClusterError::CommandTooLarge { limit_bytes: MAX_COMMAND_BYTES as u64 },
        Undecided::Unavailable => ClusterError::Unavailable { shard },
        Undecided::Unknown => ClusterError::UnknownOutcome { shard },
    }
}
