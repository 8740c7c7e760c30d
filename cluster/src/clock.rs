//! This node's own clock. The log's time is in `state/log_clock.rs`.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time by this node's clock, in ms since 1970; 0 if the clock is set before 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
