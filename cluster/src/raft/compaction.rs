//! Keeps a group's log short: decides when to take a snapshot, and purges entries that it covers.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::group::Group;
use super::group_config::GroupConfig;

impl Group {
    /// Takes a snapshot when the log has grown by the configured entries or bytes, or the configured time has passed. Runs
    /// until dropped.
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

    /// Starts a snapshot of the current applied state.
    pub async fn take_snapshot_now(&self) -> io::Result<()> {
        self.replica().raft.trigger().snapshot().await.map_err(io::Error::other)
    }

    /// Reads the newest snapshot, and replaces it if it is damaged. The rows still have its contents, so nothing is lost.
    pub fn replace_damaged_snapshot(&self) -> io::Result<()> {
        if self.snapshots.renew_damaged()? {
            tracing::error!(
                event = "snapshot_replaced",
                shard = self.replica().shard,
                "the newest snapshot was damaged; a new one replaces it"
            );
        }
        Ok(())
    }

    /// Removes every snapshot but the newest.
    pub fn forget_older_snapshots(&self) -> io::Result<()> {
        self.snapshots.keep_only_newest()
    }

    /// Purges the log's entries up to `index`, which a snapshot must cover. A follower that still lacks them gets the
    /// snapshot.
    pub async fn purge(&self, index: u64) -> io::Result<()> {
        self.replica().raft.trigger().purge_log(index).await.map_err(io::Error::other)
    }
}
