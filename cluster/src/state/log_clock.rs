//! The clock of a shard's log, as its leader reads it.
//!
//! Log time never runs back, so one leader whose clock was an hour ahead would stop it for an hour: no hold would run out
//! meanwhile. So while this node's clock is behind the log's, the log's goes on from its last stamp, a little slower than
//! time does, until this node's clock has caught up with it. What was promised for ten minutes then lasts ten minutes, or up
//! to a seventh longer; never less.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How fast the log's clock goes while it is ahead: 7/8 of real time.
const SLOWER: (u64, u64) = (7, 8);

/// Log time as this replica knows it.
pub struct LogClock {
    /// The latest stamp that was applied, and when it was.
    seen: Mutex<(u64, Instant)>,
}

impl Default for LogClock {
    fn default() -> LogClock {
        LogClock { seen: Mutex::new((0, Instant::now())) }
    }
}

impl LogClock {
    /// A stamp was applied.
    pub fn applied(&self, stamp_ms: u64) {
        let mut seen = self.seen.lock();
        if stamp_ms > seen.0 {
            *seen = (stamp_ms, Instant::now());
        }
    }

    /// What a leader stamps now whose own clock says `wall_ms`; ms since 1970.
    pub fn now_ms(&self, wall_ms: u64) -> u64 {
        let (stamp_ms, at) = *self.seen.lock();
        wall_ms.max(stamp_ms + slowed_ms(at.elapsed()))
    }
}

fn slowed_ms(elapsed: Duration) -> u64 {
    elapsed.as_millis() as u64 * SLOWER.0 / SLOWER.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_behind_does_not_stop_the_log() {
        let clock = LogClock::default();
        assert_eq!(clock.now_ms(1_000), 1_000, "nothing was applied: the node's own clock");
        clock.applied(5_000);
        clock.applied(4_000);
        *clock.seen.lock() = (5_000, Instant::now() - Duration::from_secs(8));
        let now = clock.now_ms(1_000);
        assert!((12_000..12_500).contains(&now), "seven seconds after eight: {now}");
        assert_eq!(clock.now_ms(20_000), 20_000, "the node's own clock has caught up");
    }
}
