//! What openraft is told of a group's settings.

use openraft::{Config, SnapshotPolicy};

use super::group_config::GroupConfig;

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
