//! The wall clock, for this node's own records. The time of log entries comes from the cluster.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 by this node's clock. 0 if the clock is before 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
