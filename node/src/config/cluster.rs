//! The part of the configuration that the replicated core takes.

use keyrack_cluster::{ClusterConfig, GroupConfig, PeerConfig};

use super::settings::{Config, Peer};

impl Config {
    /// The settings of this node's part of the cluster.
    pub fn cluster_config(&self) -> ClusterConfig {
        let peer = |peer: &Peer| PeerConfig {
            id: peer.id,
            peer: peer.peer.clone(),
            http: peer.http.clone(),
            grpc: peer.grpc.clone(),
            region: peer.region.clone(),
        };
        ClusterConfig {
            cluster: self.cluster.clone(),
            node: self.node,
            data: self.data.clone(),
            data_shards: self.data_shards,
            peers: self.peers.iter().map(peer).collect(),
            group: GroupConfig {
                election_timeout_ms: self.raft.election_timeout_ms,
                heartbeat_ms: self.raft.heartbeat_ms,
                keep_log_entries: self.raft.keep_log_entries,
                snapshot_log_entries: self.raft.snapshot_log_entries,
                snapshot_log_bytes: self.raft.snapshot_log_bytes,
                snapshot_interval_secs: self.raft.snapshot_interval_secs,
            },
            queue_commands: self.limits.queue_commands as usize,
            batch_commands: self.limits.batch_commands as usize,
            batches_in_flight: self.limits.batches_in_flight as usize,
            scrub_after_secs: self.guests.scrub_after_secs,
            audit_seal_secs: self.audit.seal_secs,
        }
    }
}
