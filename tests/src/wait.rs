//! Waiting for a condition, never for a while.

use std::time::{Duration, Instant};

/// How long a condition that must come true may take before the test fails. Generous on purpose:
/// it bounds a hang, it measures nothing.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE_BETWEEN_PROBES: Duration = Duration::from_millis(20);

/// Asks `probe` again and again until it gives a value; panics with `what` after `within`.
pub async fn until<T>(what: &str, within: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(begin.elapsed() < within, "waited {within:?} in vain: {what}");
        tokio::time::sleep(PAUSE_BETWEEN_PROBES).await;
    }
}
