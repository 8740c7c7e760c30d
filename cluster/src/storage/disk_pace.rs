//! Logs when the disk becomes slow, and when it is fast again.

use std::time::Duration;

/// A write that takes this long delays every caller of this node.
const SLOW: Duration = Duration::from_millis(500);
/// The disk is fast again after this many writes in a row that were not slow.
const FAST_WRITES: u32 = 100;

/// The disk's recent speed. Each change is logged once.
#[derive(Default)]
pub struct DiskPace {
    is_slow: bool,
    fast_in_a_row: u32,
}

impl DiskPace {
    /// Records how long a write of the Raft log took.
    pub fn note(&mut self, took: Duration) {
        if took >= SLOW {
            self.fast_in_a_row = 0;
            if !std::mem::replace(&mut self.is_slow, true) {
                tracing::warn!(
                    event = "disk_slow",
                    took_ms = took.as_millis() as u64,
                    "the disk is slow: a write of the Raft log"
                );
            }
        } else if self.is_slow {
            self.fast_in_a_row += 1;
            if self.fast_in_a_row >= FAST_WRITES {
                self.is_slow = false;
                tracing::info!(event = "disk_fast", "the disk is fast again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_slow_from_the_first_slow_write_until_a_hundred_fast_ones() {
        let mut pace = DiskPace::default();
        pace.note(SLOW - Duration::from_millis(1));
        assert!(!pace.is_slow);
        pace.note(SLOW);
        for _ in 1..FAST_WRITES {
            pace.note(Duration::ZERO);
            assert!(pace.is_slow);
        }
        pace.note(SLOW);
        (0..FAST_WRITES).for_each(|_| pace.note(Duration::ZERO));
        assert!(!pace.is_slow, "a slow write begins the count again");
    }
}
