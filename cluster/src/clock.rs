//! This node's own clock. What the log says of time is in `state/log_clock.rs`.

use std::time::{SystemTime, UNIX_EPOCH};

/// This node's clock, ms since 1970; 0 for a clock that is before that.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
