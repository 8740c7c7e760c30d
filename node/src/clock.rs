//! The wall clock, as the node's own records have it. Log time is the cluster's and is not read here.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 by this node's clock; 0 for a clock that is set before 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
