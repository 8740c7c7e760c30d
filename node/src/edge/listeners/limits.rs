//! The limits of connections.

use std::time::Duration;

use crate::clock::now_ms;

/// The limits of a listener's connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most open connections.
    pub connections: usize,
    /// The most bytes of a request's head.
    pub header_bytes: usize,
    /// The most bytes of a request's body.
    pub body_bytes: usize,
    /// The time within which a request's head must arrive, and then its body.
    pub read_timeout: Duration,
    /// How long a client may leave an answer unread.
    pub write_timeout: Duration,
    /// How long a connection may be open without a request.
    pub idle_timeout: Duration,
    /// How old a connection may become.
    pub connection_age: Duration,
}

impl Limits {
    /// How old a connection may become whose client's certificate, if there is one, expires at this time (ms since 1970).
    pub fn most_age(&self, not_after_ms: Option<u64>) -> Duration {
        let left = not_after_ms.map(|end| Duration::from_millis(end.saturating_sub(now_ms())));
        left.map_or(self.connection_age, |left| left.min(self.connection_age))
    }
}
