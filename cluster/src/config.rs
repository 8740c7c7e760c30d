//! The settings that a node needs to take part.

use std::path::PathBuf;

use keyrack_proto::internal as pb;
use serde::{Deserialize, Serialize};

use crate::key_prints::KeyPrints;
use crate::raft::GroupConfig;
use crate::shard::BatchLimits;

/// The settings of one node's part of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The cluster's name; nodes of other clusters are refused.
    pub cluster: String,
    /// This node's id; never used again after the node was removed.
    pub node: u64,
    /// Its data folder.
    pub data: PathBuf,
    /// How many data shards the cluster has; fixed when it begins.
    pub data_shards: u32,
    /// The first members, this node among them.
    pub peers: Vec<PeerConfig>,
    /// The nodes that this node admits although the directory fences them: an operator's way out if a member fenced an honest one.
    pub admit_fenced: Vec<u64>,
    /// Whether this node takes memberships and snapshots of a leader without asking another node: an operator's way out if the other
    /// nodes are down or fenced.
    pub trust_leader: bool,
    /// The settings of each Raft group.
    pub group: GroupConfig,
    /// The limits of each shard's batcher.
    pub batches: BatchLimits,
    /// How long after an erasure this node removes its traces from log, rows and snapshots, in seconds.
    pub scrub_after_secs: u64,
    /// How long after an audit record a leaf of the receipts log seals it, in seconds.
    pub audit_seal_secs: u64,
    /// The keys of the keyring, which every node must be able to use.
    pub keyring: KeyPrints,
}

impl ClusterConfig {
    /// The ids of all nodes, this one among them.
    pub fn node_ids(&self) -> Vec<u64> {
        self.peers.iter().map(|peer| peer.id).collect()
    }

    /// The settings that all nodes must share, as nodes send them to each other.
    pub fn shared_settings(&self) -> pb::SharedSettings {
        let mut first_members = self.node_ids();
        first_members.sort_unstable();
        pb::SharedSettings { data_shards: self.data_shards, first_members, keyring: self.keyring.get() }
    }
}

/// Random numbers for a new data folder. An existing folder keeps its own.
#[derive(Clone)]
pub struct FolderSeeds {
    /// The folder's incarnation.
    pub incarnation: u64,
    /// The seed of the node's signing keys.
    pub signing_seed: [u8; 32],
}

/// A first member; one of `[[peers]]` in a node's configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
// A message about a wrong configuration shows this name.
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
