//! A group's settings for openraft.

use openraft::{Config, SnapshotPolicy};

use super::group_config::GroupConfig;

/// openraft's settings. Its defaults are made for small logs.
pub fn raft_config(shard: u32, config: &GroupConfig) -> Config {
    Config {
        cluster_name: format!("shard-{shard}"),
        election_timeout_min: config.election_timeout_ms,
        // openraft also uses the maximum as the leader's lease. With pre-votes, a range of a third is enough to keep members
        // from asking for votes at the same time. A maximum of twice the minimum made every failover take over a second.
        election_timeout_max: config.election_timeout_ms + config.election_timeout_ms / 3,
        heartbeat_interval: config.heartbeat_ms,
        heartbeat_min_interval: Some(config.heartbeat_ms / 2),
        install_snapshot_timeout: 600_000,
        max_payload_entries: 64,
        // More than the entries between two snapshots. Otherwise a follower that is only slow would get a snapshot.
        replication_lag_threshold: config.keep_log_entries.saturating_add(config.snapshot_log_entries).saturating_mul(2),
        // This node decides when, by entries, bytes and time: see `take_snapshots`.
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: config.keep_log_entries,
        // A larger batch could keep several times the configured number of entries.
        purge_batch_size: config.keep_log_entries.clamp(1, 256),
        enable_pre_vote: Some(true),
        // A leader that restarts has to be elected again. A restored leader would reuse the ids of entries that reached
        // followers but not its own disk, and would answer reads from a commit index that it stored late.
        enable_leader_restore: Some(false),
        ..Config::default()
    }
}
