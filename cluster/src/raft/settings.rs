//! How a group behaves, and what openraft is told of it.

use openraft::{Config, SnapshotPolicy};
use serde::{Deserialize, Serialize};

/// How a group behaves; `[raft]` in a node's configuration. Times in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupConfig {
    /// How long a member waits for its leader: 4/3 of this before it would vote for another, and between 1 and 4/3 of it more
    /// before it asks for votes itself. So a dead leader has a successor after 2.3 to 2.7 times this. In a LAN 300; between
    /// regions 10 to 20 round trips.
    pub election_timeout_ms: u64,
    /// The leader calls this often when it has nothing else to say.
    pub heartbeat_ms: u64,
    /// Log entries kept behind a snapshot, for followers that come back.
    pub keep_log_entries: u64,
    /// A snapshot after so many entries.
    pub snapshot_log_entries: u64,
    /// A snapshot after so many bytes of log.
    pub snapshot_log_bytes: u64,
    /// A snapshot at least this often while anything is written, in seconds.
    pub snapshot_interval_secs: u64,
}

impl Default for GroupConfig {
    fn default() -> Self {
        GroupConfig {
            election_timeout_ms: 300,
            heartbeat_ms: 60,
            keep_log_entries: 1_000_000,
            snapshot_log_entries: 500_000,
            snapshot_log_bytes: 256 << 20,
            snapshot_interval_secs: 600,
        }
    }
}

/// openraft's settings; its defaults are made for small logs.
pub fn raft_config(shard: u32, config: &GroupConfig) -> Config {
    Config {
        cluster_name: format!("shard-{shard}"),
        election_timeout_min: config.election_timeout_ms,
        // openraft takes the maximum for the leader's lease, too. A third is room enough for members not to ask together, with
        // pre-votes; twice as much made every failover longer than a second.
        election_timeout_max: config.election_timeout_ms + config.election_timeout_ms / 3,
        heartbeat_interval: config.heartbeat_ms,
        heartbeat_min_interval: Some(config.heartbeat_ms / 2),
        install_snapshot_timeout: 600_000,
        max_payload_entries: 64,
        // Above what lies between two snapshots, or a follower that is merely slow gets a snapshot.
        replication_lag_threshold: config.keep_log_entries.saturating_add(config.snapshot_log_entries).saturating_mul(2),
        // This node decides when, by bytes and time: see `take_snapshots`.
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: config.keep_log_entries,
        // Not so many that what is kept would be several times what was asked for.
        purge_batch_size: config.keep_log_entries.clamp(1, 256),
        enable_pre_vote: Some(true),
        // A leader that restarts has to be elected again. Restored, it would hand out the ids of entries anew that reached
        // followers and not its own disk, and answer reads from a commit index that it wrote down late.
        enable_leader_restore: Some(false),
        ..Config::default()
    }
}
