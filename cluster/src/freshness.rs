//! How fresh one shard's replica is.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How fresh one shard's replica is. Cheap to clone.
#[derive(Clone, Default)]
pub struct Freshness {
    /// When the last successful round began: everything acknowledged before that time is applied here.
    since: Arc<Mutex<Option<Instant>>>,
}

impl Freshness {
    /// Whether this replica has applied all that was acknowledged `age` ago, by its own clock.
    pub fn is_within(&self, age: Duration) -> bool {
        self.since.lock().is_some_and(|began| began.elapsed() <= age)
    }

    /// Whether this replica has applied all that was acknowledged before the node started, and so all that it served before
    /// a restart. A follower's own disk may lack committed entries, so only a successful round can tell.
    pub fn has_caught_up(&self) -> bool {
        self.since.lock().is_some()
    }

    /// Records that all that was acknowledged before `began` is applied here.
    pub fn set(&self, began: Instant) {
        *self.since.lock() = Some(began);
    }
}
