//! Keeping a group's log short: when a snapshot is taken, and what may leave the log after it.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::group::Group;
use super::group_config::GroupConfig;

impl Group {
    /// Takes a snapshot whenever the log has grown enough or a while has passed; runs until dropped.
    pub async fn take_snapshots(self, config: GroupConfig) {
        let mut every = tokio::time::interval(Duration::from_millis(500));
        let (mut bytes_then, mut then) = (0, Instant::now());
        loop {
            every.tick().await;
            let status = self.status();
            let bytes = self.replica().log.appended_bytes();
            let grown = status.applied_index.saturating_sub(status.snapshot_index);
            let due = grown >= config.snapshot_log_entries
                || bytes - bytes_then >= config.snapshot_log_bytes
                || (grown > 0 && then.elapsed().as_secs() >= config.snapshot_interval_secs);
            if due && grown > 0 && self.replica().raft.trigger().snapshot().await.is_ok() {
                (bytes_then, then) = (bytes, Instant::now());
            }
        }
    }

    /// Begins a snapshot of what is applied now.
    pub async fn snapshot_anew(&self) -> io::Result<()> {
        self.replica().raft.trigger().snapshot().await.map_err(io::Error::other)
    }

    /// Reads the newest snapshot; another takes the place of one that is damaged. What it was made from is in
    /// the rows, so nothing is lost with it.
    pub fn verify_snapshot(&self) -> io::Result<()> {
        if self.snapshots.renew_damaged()? {
            tracing::error!(shard = self.replica().shard, "the newest snapshot is damaged: another takes its place");
        }
        Ok(())
    }

    /// Removes every snapshot but the newest.
    pub fn forget_older_snapshots(&self) -> io::Result<()> {
        self.snapshots.keep_only_newest()
    }

    /// Removes the log's entries up to `index`, which a snapshot must have. A follower that still lacks them
    /// gets the snapshot.
    pub async fn purge(&self, index: u64) -> io::Result<()> {
        self.replica().raft.trigger().purge_log(index).await.map_err(io::Error::other)
    }
}
