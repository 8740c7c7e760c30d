//! Counts the open requests of a connection. hyper does not report them, and an idle HTTP/2 connection would stay open as long
//! as the client answers pings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The requests of one connection.
pub struct Activity {
    began: Instant,
    open: AtomicUsize,
    requests: AtomicU64,
    /// Milliseconds from `began` to the end of the last answer.
    idle_since_ms: AtomicU64,
}

impl Default for Activity {
    fn default() -> Self {
        Activity {
            began: Instant::now(),
            open: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            idle_since_ms: AtomicU64::new(0),
        }
    }
}

impl Activity {
    /// The time since which no request is open; `None` while one is open.
    pub fn idle_since(&self) -> Option<Instant> {
        let since = self.began + Duration::from_millis(self.idle_since_ms.load(Ordering::Acquire));
        (self.open.load(Ordering::Acquire) == 0).then_some(since)
    }

    /// Whether the connection has had no request yet.
    pub fn is_unused(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0
    }
}

/// A request from its head to the end of its answer's body.
pub struct OpenRequest(Arc<Activity>);

impl OpenRequest {
    /// Counts a request as open until the returned value is dropped.
    pub fn begin(activity: Arc<Activity>) -> OpenRequest {
        activity.open.fetch_add(1, Ordering::AcqRel);
        activity.requests.fetch_add(1, Ordering::Relaxed);
        OpenRequest(activity)
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.idle_since_ms.store(self.0.began.elapsed().as_millis() as u64, Ordering::Release);
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}
