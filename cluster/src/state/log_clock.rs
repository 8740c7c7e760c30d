//! The clock from which a leader stamps log entries.
//!
//! Log time never runs back. So one leader with a clock an hour ahead would stop log time for an hour, and no hold would expire
//! in that hour. To prevent this, while a leader's clock is behind log time, log time continues from the last stamp, a little
//! slower than real time, until the leader's clock has caught up. A hold of ten minutes then lasts at least ten minutes and at
//! most a seventh longer.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// The speed of log time while it is ahead of the leader's clock: 7/8 of real time.
const SLOWER: (u64, u64) = (7, 8);

/// No entry is later: in the year 10889. Times are added up in 64 bits.
pub const LATEST_MS: u64 = 1 << 48;

/// Log time as seen by this replica.
pub struct LogClock {
    /// The latest applied stamp, and when it was applied.
    seen: Mutex<(u64, Instant)>,
}

impl Default for LogClock {
    fn default() -> LogClock {
        LogClock { seen: Mutex::new((0, Instant::now())) }
    }
}

impl LogClock {
    /// Records that a stamp was applied.
    pub fn applied(&self, stamp_ms: u64) {
        let mut seen = self.seen.lock();
        if stamp_ms > seen.0 {
            *seen = (stamp_ms, Instant::now());
        }
    }

    /// The stamp for an entry that is proposed now, ms since 1970. `wall_ms` is this node's own clock.
    pub fn now_ms(&self, wall_ms: u64) -> u64 {
        let (stamp_ms, at) = *self.seen.lock();
        // A hostile leader may have used the latest time.
        wall_ms.max(stamp_ms.saturating_add(slowed_ms(at.elapsed()))).min(LATEST_MS)
    }
}

fn slowed_ms(elapsed: Duration) -> u64 {
    elapsed.as_millis() as u64 * SLOWER.0 / SLOWER.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_behind_does_not_stop_log_time() {
        let clock = LogClock::default();
        assert_eq!(clock.now_ms(1_000), 1_000, "no stamp was applied, so the node's own clock counts");
        clock.applied(5_000);
        clock.applied(4_000);
        *clock.seen.lock() = (5_000, Instant::now() - Duration::from_secs(8));
        let now = clock.now_ms(1_000);
        assert!((12_000..12_500).contains(&now), "log time advances by seven seconds in eight: {now}");
        assert_eq!(clock.now_ms(20_000), 20_000, "the node's own clock has caught up");
    }
}
