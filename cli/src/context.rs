//! The cluster and the form of results, for every command that contacts a node.

use keyrack_client::Client;
use serde::Serialize;

use crate::output::show;
use crate::web::Web;

/// The cluster, and how results are printed.
pub struct Context {
    /// The gRPC side of the cluster.
    pub client: Client,
    /// The HTTP side of the cluster.
    pub web: Web,
    /// Whether to print JSON.
    pub json: bool,
}

impl Context {
    /// Prints the value as JSON with `--json`, else as the text that `text` makes.
    pub fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        show(self.json, value, text)
    }
}
