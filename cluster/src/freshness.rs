//! How fresh one shard's replica is.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How fresh one shard's replica is. Cheap to clone.
#[derive(Clone, Default)]
pub struct Freshness {
    /// When the last round that succeeded began: everything acknowledged before is applied here.
    since: Arc<Mutex<Option<Instant>>>,
}

impl Freshness {
    /// Whether this replica has applied all that was acknowledged `age` ago, by its own clock.
    pub fn is_within(&self, age: Duration) -> bool {
        self.since.lock().is_some_and(|began| began.elapsed() <= age)
    }

    /// Whether this replica has applied all that was acknowledged before the node started: whatever it served before
    /// that, it has again. What is committed need not be on a follower's own disk, so only a round can tell.
    pub fn has_caught_up(&self) -> bool {
        self.since.lock().is_some()
    }

    /// All that was acknowledged before `began` is applied here.
    pub fn set(&self, began: Instant) {
        *self.since.lock() = Some(began);
    }
}
