//! How far one shard's replica is, for those who wait for it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

use super::log_clock::LogClock;
use crate::receipts::{Heads, Published};

/// What one shard's state machine tells the rest of the node. One writer, the applying task; any readers.
pub struct Progress {
    /// The last applied index.
    pub applied: watch::Sender<u64>,
    /// When the next hold is due, ms since 1970; 0 or `u64::MAX` when none is.
    pub next_deadline_ms: AtomicU64,
    /// The Raft index of the newest erasure that was applied; 0 when there is none.
    pub last_erasure: AtomicU64,
    /// The log time of the first audit record that no leaf has sealed; 0 when there is none.
    pub audit_unsealed_since_ms: AtomicU64,
    /// Log time.
    pub clock: LogClock,
    /// The newest part of the receipts' tree.
    pub heads: Arc<Heads>,
    /// The newest checkpoints of the receipts' log.
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
