//! Stops this node because of its data: the data are damaged, or its rows differ from the other replicas' rows.
//! `ClusterNode::failed` joins these reasons with the others: a Raft group that stopped and a task that panicked.
//!
//! The reason is also written into the data folder for the next start. That start verifies all data after damage, and refuses
//! diverged data.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

use crate::seldom::Seldom;
use crate::storage::{mark_diverged, mark_suspect};

/// The reason why this node must stop. The first one counts.
pub struct Halt {
    data: PathBuf,
    differences: AtomicU64,
    logged: Seldom,
    is_diverged: AtomicBool,
    reason: watch::Sender<Option<String>>,
}

impl Halt {
    /// No reason yet; `data` is the node's folder.
    pub fn new(data: PathBuf) -> Halt {
        let (differences, is_diverged) = (AtomicU64::new(0), AtomicBool::new(false));
        Halt { data, differences, logged: Seldom::default(), is_diverged, reason: watch::Sender::new(None) }
    }

    /// Counts that two replicas have different roots at one size. `node` is the other replica; 0 is the leader.
    pub fn note_difference(&self, shard: u32, node: u64, size: u64) {
        self.differences.fetch_add(1, Ordering::Relaxed);
        if !self.logged.is_due(node) {
            return;
        }
        match node {
            0 => {
                tracing::error!(event = "replicas_differ", shard, leaves = size, "this node and the leader have different trees")
            }
            other => tracing::error!(
                event = "replicas_differ",
                shard,
                other,
                leaves = size,
                "this node and another have different trees"
            ),
        }
    }

    /// How often this node saw replicas differ.
    pub fn differences(&self) -> u64 {
        self.differences.load(Ordering::Relaxed)
    }

    /// Stops this node, and keeps it from starting again with these data.
    pub fn stop_diverged(&self, shard: u32, reason: &str) {
        if self.is_diverged.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Err(cause) = mark_diverged(&self.data, shard, reason) {
            tracing::error!(event = "mark_failed", %cause, "cannot write DIVERGED into the data folder");
        }
        self.stop(format!("shard {shard} has diverged: {reason}"));
    }

    /// Stops this node because the rows on the disk are damaged. The next start verifies everything.
    pub fn stop_damaged(&self, damage: &str) {
        self.suspect(damage);
        self.stop(format!(
            "the rows are damaged: {damage}. Check the disk, and start the node again: it verifies all data and rejoins."
        ));
    }

    /// Marks the data folder, so that the next start verifies everything.
    pub fn suspect(&self, reason: &str) {
        if let Err(cause) = mark_suspect(&self.data, reason) {
            tracing::error!(event = "mark_failed", %cause, "cannot record the damage in the data folder");
        }
    }

    /// Waits until there is a reason to stop; returns it.
    pub async fn reason(&self) -> String {
        let mut reason = self.reason.subscribe();
        let reason = reason.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives as long as self does.
            None => std::future::pending().await,
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
    fn the_first_reason_counts_and_a_later_divergence_is_still_written_to_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        DataFolder::open(path, "one", 1, 7).expect("new");
        let halt = Halt::new(path.into());
        assert_eq!(halt.reason().now_or_never(), None);
        halt.stop_damaged("a wrong bit");
        assert!(DataFolder::open(path, "one", 1, 7).expect("known").is_suspect());
        halt.stop_diverged(1, "another root");
        assert_eq!(
            halt.reason().now_or_never().as_deref(),
            Some(
                "the rows are damaged: a wrong bit. Check the disk, and start the node again: it verifies all data and rejoins."
            )
        );
        assert!(matches!(DataFolder::open(path, "one", 1, 7), Err(FolderError::Diverged { .. })));
    }
}
