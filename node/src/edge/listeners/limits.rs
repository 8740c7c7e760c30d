//! What a connection may cost.

use std::time::Duration;

/// The limits of a listener's connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// How long head and body may take.
    pub read_timeout: Duration,
    /// How long a connection may have no request.
    pub idle_timeout: Duration,
}
