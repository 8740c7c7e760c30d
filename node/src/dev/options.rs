//! The options of `keyrackd dev`.

use std::path::PathBuf;

/// What `keyrackd dev` was started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many nodes.
    pub nodes: u64,
    /// Where their data is kept.
    pub data: PathBuf,
    /// One line of JSON instead of words.
    pub json: bool,
    /// Node i listens on this plus 10 i, and the three ports after it.
    pub port_base: u16,
    /// All nodes in this process.
    pub in_process: bool,
    /// No sample hotels.
    pub no_samples: bool,
    /// HTTP and gRPC over TLS.
    pub tls: bool,
}
