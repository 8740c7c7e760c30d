//! The settings of a Raft group.

use serde::{Deserialize, Serialize};

/// The settings of a Raft group: `[raft]` in a node's configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
// Messages about a mistake in the configuration contain this name.
#[serde(rename = "Raft", deny_unknown_fields, default)]
pub struct GroupConfig {
    /// How long a member waits for its leader, in milliseconds. It votes for another after 4/3 of this, and asks for votes
    /// itself after 1 to 4/3 of this more. So a dead leader has a successor after 2.3 to 2.7 times this. Use 300 in a LAN and
    /// 10 to 20 round trips between regions.
    pub election_timeout_ms: u64,
    /// How often an idle leader sends a heartbeat, in milliseconds.
    pub heartbeat_ms: u64,
    /// How many log entries that a snapshot covers are kept, for followers that were away.
    pub keep_log_entries: u64,
    /// Take a snapshot after this many entries.
    pub snapshot_log_entries: u64,
    /// Take a snapshot after this many bytes of log.
    pub snapshot_log_bytes: u64,
    /// Take a snapshot at least this often while anything is written, in seconds.
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
