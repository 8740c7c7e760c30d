//! The limits of connections.

use std::time::Duration;

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
    /// How long a connection may be open without a request.
    pub idle_timeout: Duration,
}
