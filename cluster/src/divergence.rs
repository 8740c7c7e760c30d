//! Replicas that differ: counted, logged, and the end of the replica that is wrong.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use crate::storage::mark_diverged;

/// What this node knows of replicas that differ.
pub struct Divergence {
    data: PathBuf,
    seen: AtomicU64,
    stopped: watch::Sender<Option<String>>,
}

impl Divergence {
    /// Nothing seen; `data` is the node's folder.
    pub fn new(data: PathBuf) -> Divergence {
        Divergence { data, seen: AtomicU64::new(0), stopped: watch::Sender::new(None) }
    }

    /// Two replicas have different roots at one size; `node` is the other one, 0 the leader.
    pub fn seen(&self, shard: u32, node: u64, size: u64) {
        self.seen.fetch_add(1, Ordering::Relaxed);
        tracing::error!(shard, node, size, "replicas differ: two roots for one number of leaves");
    }

    /// This replica must not go on, now or after a restart.
    pub fn stop(&self, shard: u32, reason: &str) {
        if self.stopped.borrow().is_some() {
            return;
        }
        if let Err(cause) = mark_diverged(&self.data, shard, reason) {
            tracing::error!(%cause, "cannot mark the data folder as diverged");
        }
        self.stopped.send_replace(Some(format!("shard {shard} has diverged: {reason}")));
    }

    /// How often replicas were seen to differ.
    pub fn count(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Waits until this replica has to stop; returns why.
    pub async fn stopped(&self) -> String {
        let mut stopped = self.stopped.subscribe();
        match stopped.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // The sender lives as long as self does.
            Err(_) => std::future::pending().await,
        }
    }
}
