//! Why this node's run has to end, as far as its data are the reason: its disk is damaged, or its rows differ from the others'.
//! The other reasons, a Raft group that stopped and a task that panicked, join these in `Cluster::failed`.
//!
//! The reason is written into the data folder, so that the next start knows it: damaged data are verified as a whole before
//! they are used again, diverged data are not used again at all.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

use crate::storage::{mark_diverged, mark_suspect};

/// What this node knows of reasons to stop. The first one counts.
pub struct Halt {
    data: PathBuf,
    differences: AtomicU64,
    is_diverged: AtomicBool,
    reason: watch::Sender<Option<String>>,
}

impl Halt {
    /// No reason yet; `data` is the node's folder.
    pub fn new(data: PathBuf) -> Halt {
        let (differences, is_diverged) = (AtomicU64::new(0), AtomicBool::new(false));
        Halt { data, differences, is_diverged, reason: watch::Sender::new(None) }
    }

    /// Two replicas have different roots at one size; `node` is the other one, 0 the leader.
    pub fn note_difference(&self, shard: u32, node: u64, size: u64) {
        self.differences.fetch_add(1, Ordering::Relaxed);
        tracing::error!(shard, node, size, "replicas differ: two roots for one number of leaves");
    }

    /// How often replicas were seen to differ.
    pub fn differences(&self) -> u64 {
        self.differences.load(Ordering::Relaxed)
    }

    /// This replica must not go on, now or after a restart.
    pub fn stop_diverged(&self, shard: u32, reason: &str) {
        if self.is_diverged.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Err(cause) = mark_diverged(&self.data, shard, reason) {
            tracing::error!(%cause, "cannot mark the data folder as diverged");
        }
        self.stop(format!("shard {shard} has diverged: {reason}"));
    }

    /// The rows on the disk are damaged: this run ends, and the next start verifies everything.
    pub fn stop_damaged(&self, damage: &str) {
        self.suspect(damage);
        self.stop(format!("the rows are damaged: {damage}"));
    }

    /// Leaves word for the next start: it verifies everything.
    pub fn suspect(&self, reason: &str) {
        if let Err(cause) = mark_suspect(&self.data, reason) {
            tracing::error!(%cause, "cannot leave word of the damage");
        }
    }

    /// Waits until there is a reason to stop; returns it.
    pub async fn reason(&self) -> String {
        let mut reason = self.reason.subscribe();
        match reason.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // The sender lives as long as self does.
            Err(_) => std::future::pending().await,
        }
    }

    fn stop(&self, reason: String) {
        self.reason.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(reason);
            is_first
        });
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::storage::{DataFolder, FolderError};

    #[test]
    fn the_first_reason_counts_and_divergence_is_on_the_disk_whatever_was_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        DataFolder::open(path, "one", 1, 7).expect("new");
        let halt = Halt::new(path.into());
        assert_eq!(halt.reason().now_or_never(), None);
        halt.stop_damaged("a wrong bit");
        assert!(DataFolder::open(path, "one", 1, 7).expect("known").is_suspect());
        halt.stop_diverged(1, "another root");
        assert_eq!(halt.reason().now_or_never().as_deref(), Some("the rows are damaged: a wrong bit"));
        assert!(matches!(DataFolder::open(path, "one", 1, 7), Err(FolderError::Diverged { .. })));
    }
}
