//! What a node has to know to take part.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::raft::GroupConfig;
use crate::shard::BatchLimits;

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
    /// How much each shard's batcher takes on.
    pub batches: BatchLimits,
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

/// A first member; one of `[[peers]]` in a node's configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
// The name is part of what a mistaken configuration is answered with.
#[serde(rename = "Peer", deny_unknown_fields)]
pub struct PeerConfig {
    /// Its id.
    pub id: u64,
    /// `host:port` of its peer listener.
    pub peer: String,
    /// The URL of its HTTP listener, as clients reach it.
    pub http: String,
    /// The URL of its gRPC listener, as clients reach it.
    pub grpc: String,
    /// Its region.
    pub region: String,
}
