//! The cluster under test.

use std::path::Path;

use keyrack_client::{Client, Tls};
use serde::Deserialize;

use crate::messages::bench::BenchError;
use crate::messages::files::{AccessError, hints};

/// The nodes under test.
#[derive(Clone)]
pub struct Target {
    /// Addresses for HTTP and gRPC alike.
    pub endpoints: Vec<String>,
    /// The API key of an operator.
    pub key: String,
    /// TLS for https:// addresses.
    pub tls: Tls,
    /// The processes of the nodes, if they are known.
    pub pids: Vec<u32>,
}

/// The line that `keyrackd dev --json` prints. Missing fields are empty, other fields are ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
struct DevCluster {
    nodes: Vec<DevNode>,
    keys: DevKeys,
    /// The file of the trusted CA certificates, if the nodes speak TLS.
    ca: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DevNode {
    http: Option<String>,
    pid: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DevKeys {
    operator: String,
}

impl Target {
    /// The nodes in a file with the line that `keyrackd dev --json` printed. `tls` is for a line without a CA.
    pub fn of_dev(file: &Path, tls: Tls) -> anyhow::Result<Target> {
        let path = || file.to_owned();
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|cause| AccessError::Read { path: path(), cause, hint: hints::DEV })?;
        let dev: DevCluster = serde_json::from_str(&text).map_err(|cause| BenchError::DevFile { path: path(), cause })?;
        let tls = match dev.ca {
            Some(trust) => Tls::from_files(Some(Path::new(&trust)), None)?,
            None => tls,
        };
        Ok(Target {
            endpoints: dev.nodes.iter().filter_map(|node| node.http.clone()).collect(),
            key: dev.keys.operator,
            tls,
            pids: dev.nodes.iter().filter_map(|node| node.pid).collect(),
        })
    }

    /// A client that starts from these addresses.
    pub fn client(&self, endpoints: Vec<String>) -> anyhow::Result<Client> {
        Ok(Client::new(endpoints, &self.key)?.with_tls(self.tls.clone()))
    }
}
