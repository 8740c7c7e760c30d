//! The time of a run.

use std::time::{Duration, Instant};

/// When a run is measured and when it ends.
#[derive(Clone, Copy)]
pub struct Window {
    /// The warm-up ends here.
    pub measured_from: Instant,
    /// The run ends here.
    pub ends: Instant,
}

impl Window {
    /// A run that begins now.
    pub fn starting_now(warmup: Duration, measured: Duration) -> Window {
        let measured_from = Instant::now() + warmup;
        Window { measured_from, ends: measured_from + measured }
    }

    /// Whether requests are still sent.
    pub fn is_open(&self) -> bool {
        Instant::now() < self.ends
    }

    /// Whether a request of this time is measured.
    pub fn measures(&self, at: Instant) -> bool {
        at >= self.measured_from && at < self.ends
    }
}
