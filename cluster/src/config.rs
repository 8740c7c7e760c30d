//! What a node has to know to take part.

use std::path::PathBuf;

use crate::raft::GroupConfig;

/// The settings of one node's part of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The cluster's name; nodes of other clusters are refused.
    pub cluster: String,
    /// This node's id; never used again once the node is gone.
    pub node: u64,
    /// Its data folder.
    pub data: PathBuf,
    /// How many data shards the cluster has; fixed when it begins.
    pub data_shards: u32,
    /// The first members, this node among them.
    pub peers: Vec<PeerConfig>,
    /// How each group behaves.
    pub group: GroupConfig,
    /// Commands that may wait for their turn, per shard; beyond that they are refused as overload.
    pub queue_commands: usize,
    /// The most commands in one Raft entry.
    pub batch_commands: usize,
    /// Raft entries a shard's leader may have under way.
    pub batches_in_flight: usize,
    /// How long after an erasure its traces are removed from this node's log, rows and snapshots, in seconds.
    pub scrub_after_secs: u64,
    /// How long after an audit record a leaf of the receipts' log seals it, in seconds.
    pub audit_seal_secs: u64,
}

/// Random numbers that a new data folder begins with; one that exists has its own.
#[derive(Clone)]
pub struct Fresh {
    /// Becomes its incarnation.
    pub incarnation: u64,
    /// Becomes the seed of its signing keys.
    pub signing_seed: [u8; 32],
}

/// A first member.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// Its id.
    pub id: u64,
    /// `host:port` of its peer listener.
    pub peer: String,
    /// The URL of its HTTP edge.
    pub http: String,
    /// The URL of its gRPC listener.
    pub grpc: String,
    /// Its region.
    pub region: String,
}
