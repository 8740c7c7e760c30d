//! One shard's progress, for tasks that wait for it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

use super::log_clock::LogClock;
use crate::receipts::{Heads, Published};

/// What one shard's state machine publishes to the rest of the node. Only the applying task writes it; any task may read it.
pub struct Progress {
    /// The last applied index.
    pub applied: watch::Sender<u64>,
    /// When the next hold expires, ms since 1970. 0 or `u64::MAX` if there is none.
    pub next_deadline_ms: AtomicU64,
    /// The Raft index of the newest applied erasure. 0 if there is none.
    pub last_erasure: AtomicU64,
    /// The log time of the first audit record that no seal covers. 0 if there is none.
    pub audit_unsealed_since_ms: AtomicU64,
    /// Log time.
    pub clock: LogClock,
    /// The newest part of the receipts tree.
    pub heads: Arc<Heads>,
    /// The newest checkpoints of the receipts log.
    pub published: Arc<Published>,
    /// Snapshots installed since the node started.
    pub installed: AtomicU64,
    /// Snapshots built since the node started.
    pub built: AtomicU64,
}

impl Default for Progress {
    fn default() -> Self {
        Progress {
            applied: watch::Sender::new(0),
            next_deadline_ms: AtomicU64::new(0),
            last_erasure: AtomicU64::new(0),
            audit_unsealed_since_ms: AtomicU64::new(0),
            clock: LogClock::default(),
            heads: Arc::default(),
            published: Arc::default(),
            installed: AtomicU64::new(0),
            built: AtomicU64::new(0),
        }
    }
}
