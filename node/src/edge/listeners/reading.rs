//! Whether a client continues to read an answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// How far a client is with reading one answer. hyper asks for the next piece of a body only when the client has room for it.
pub struct Reading {
    began: Instant,
    /// Whether the client has not taken all that there is.
    lags: AtomicBool,
    /// Milliseconds from `began` to the last piece that the client took.
    taken_ms: AtomicU64,
}

impl Reading {
    /// A request whose answer has not begun.
    pub fn new() -> Reading {
        Reading { began: Instant::now(), lags: AtomicBool::new(false), taken_ms: AtomicU64::new(0) }
    }

    /// The answer begins, or the client has taken a piece. The next piece may wait for the client.
    pub fn taken(&self) {
        self.taken_ms.store(self.began.elapsed().as_millis() as u64, Ordering::Release);
        self.lags.store(true, Ordering::Release);
    }

    /// The client has taken all that there is.
    pub fn all_taken(&self) {
        self.lags.store(false, Ordering::Release);
    }

    /// When the client will have left something unread for `most`; `None` if it has taken all that there is.
    fn stalls_at(&self, most: Duration) -> Option<Instant> {
        let taken_at = self.began + Duration::from_millis(self.taken_ms.load(Ordering::Acquire));
        self.lags.load(Ordering::Acquire).then_some(taken_at + most)
    }

    /// Returns once the client has taken nothing for this time although something waits.
    pub async fn stalls(&self, most: Duration) {
        loop {
            let now = Instant::now();
            match self.stalls_at(most) {
                Some(at) if at <= now => return,
                Some(at) => tokio::time::sleep_until(at).await,
                None => tokio::time::sleep_until(now + most).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_that_leaves_bytes_unread_stalls() {
        let most = Duration::from_secs(10);
        let reading = Reading::new();
        assert_eq!(reading.stalls_at(most), None, "a handler may take its time");
        reading.taken();
        let first = reading.stalls_at(most).expect("the first piece waits");
        assert!(first <= Instant::now() + most);
        reading.taken_ms.store(7_000, Ordering::Release);
        assert_eq!(reading.stalls_at(most), Some(reading.began + Duration::from_secs(17)), "a piece was taken after 7 s");
        reading.all_taken();
        assert_eq!(reading.stalls_at(most), None, "a feed without news");
    }
}
