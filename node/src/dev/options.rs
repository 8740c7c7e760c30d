//! The options of `keyrackd dev`.

use std::path::PathBuf;

/// The arguments of `keyrackd dev`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of nodes.
    pub nodes: u64,
    /// The folder for their data.
    pub data: PathBuf,
    /// Print one line of JSON instead of text.
    pub json: bool,
    /// Node i listens on this port plus 10 i, and on the three ports after it.
    pub port_base: u16,
    /// Run all nodes in this process.
    pub in_process: bool,
    /// Load no sample hotels.
    pub no_samples: bool,
    /// Serve HTTP and gRPC with TLS.
    pub tls: bool,
}
