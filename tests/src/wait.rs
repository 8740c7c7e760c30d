//! Waits for a condition, never for a fixed time.

use std::time::{Duration, Instant};

/// How long a condition may take to become true before the test fails. Generous on purpose: it bounds a hang and
/// measures nothing.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE_BETWEEN_PROBES: Duration = Duration::from_millis(20);

/// Calls `probe` repeatedly until it returns a value. Panics with `what` after `within`.
pub async fn until<T>(what: &str, within: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(begin.elapsed() < within, "not true within {within:?}: {what}");
        tokio::time::sleep(PAUSE_BETWEEN_PROBES).await;
    }
}
