//! The settings for the replicated core.

use keyrack_cluster::{BatchLimits, ClusterConfig, KeyPrints};

use super::settings::Config;

impl Config {
    /// The settings of this node's part of the cluster.
    pub fn cluster_config(&self) -> ClusterConfig {
        ClusterConfig {
            cluster: self.cluster.clone(),
            node: self.node,
            data: self.data.clone(),
            data_shards: self.data_shards,
            peers: self.peers.clone(),
            admit_fenced: self.admit_fenced.clone(),
            trust_leader: self.trust_leader,
            group: self.raft.clone(),
            batches: BatchLimits {
                queue_commands: self.limits.queue_commands as usize,
                batch_commands: self.limits.batch_commands as usize,
                batches_in_flight: self.limits.batches_in_flight as usize,
            },
            scrub_after_secs: self.guests.scrub_after_secs,
            audit_seal_secs: self.audit.seal_after_secs,
            keyring: KeyPrints::default(),
        }
    }
}
