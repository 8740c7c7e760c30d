//! How a group behaves.

use serde::{Deserialize, Serialize};

/// How a group behaves; `[raft]` in a node's configuration. Times in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
// The name is part of what a mistaken configuration is answered with.
#[serde(rename = "Raft", deny_unknown_fields, default)]
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
