//! A cluster of real nodes: `keyrackd run` processes with certificates, in network namespaces or on loopback.
//!
//! It is set up as an operator would: with the shipped commands for certificates and keyring, a configuration file a node,
//! and principals made over the API.
//!
//! Invariants:
//! - every process ends with its [`Node`], whatever ends the run;
//! - a failed request says whether it can have reached the node ([`RequestError`]): a checker must not guess that;
//! - settings of whoever runs the harness never reach a node.
//!
//! Start with `setup.rs`, then `node.rs`, one process; `http.rs` is the client, written by hand for the second invariant.

mod http;
mod node;
mod observe;
mod setup;

pub use http::{Connection, NodeClient, Reply, RequestError, tls};
pub use node::Node;
pub use observe::until;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::net::Network;

/// Ports of a node: HTTP, gRPC, peers, operators.
const HTTP: u16 = 0;
const OPERATOR: u16 = 3;

/// Where the nodes are: in network namespaces, or all on loopback.
pub enum Place {
    /// A namespace each: every fault of the network can be made.
    Namespaces(Network),
    /// One port range each: no fault of the network can be made, and why not.
    Loopback {
        /// The first node's first port; the next has ten more.
        port_base: u16,
        /// Why there are no namespaces.
        why: String,
    },
}

/// How a cluster is made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where everything goes: certificates, configurations, data, logs.
    pub folder: PathBuf,
    /// Where `keyrackd` and `keyrack` are.
    pub binaries: PathBuf,
    /// The daemon's file name there.
    pub daemon: String,
    /// Nodes.
    pub nodes: u32,
    /// A planted bug to switch on in every node.
    pub bug: Option<String>,
    /// Settings for every node, as `KEYRACK_...` variables.
    pub settings: Vec<(String, String)>,
}

/// A cluster that was set up.
pub struct Cluster {
    /// How it was made.
    pub plan: Plan,
    /// Where it is.
    pub place: Place,
    /// By number from 1: `nodes[0]` is node 1.
    pub nodes: Vec<Node>,
    client_tls: Arc<rustls::ClientConfig>,
    operator_tls: Arc<rustls::ClientConfig>,
    keys: Keys,
}

/// API keys of the harness's principals.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Sells and runs hotels.
    pub manager: String,
    /// Reads the receipts' log.
    pub auditor: String,
    /// Sees metrics.
    pub operator: String,
}

impl Place {
    /// Where a node's listener is.
    pub fn address(&self, node: u32, port: u16) -> SocketAddr {
        match self {
            Place::Namespaces(network) => (network.address(node), 7110 + port).into(),
            Place::Loopback { port_base, .. } => (Ipv4Addr::LOCALHOST, port_base + 10 * node as u16 + port).into(),
        }
    }

    /// The network, if its faults can be made.
    pub fn network(&self) -> Option<&Network> {
        match self {
            Place::Namespaces(network) => Some(network),
            Place::Loopback { .. } => None,
        }
    }
}

impl Cluster {
    /// A node's HTTP listener, for the manager.
    pub fn client(&self, node: u32) -> NodeClient {
        NodeClient::new(self.place.address(node, HTTP), self.client_tls.clone(), Some(&self.keys.manager))
    }

    /// The same for the auditor.
    pub fn auditor(&self, node: u32) -> NodeClient {
        self.client(node).with_key(&self.keys.auditor)
    }

    /// The operators' listener of a node, for the operator.
    pub fn operator(&self, node: u32) -> NodeClient {
        NodeClient::new(self.place.address(node, OPERATOR), self.operator_tls.clone(), None)
    }

    /// A node by its number from 1.
    pub fn node(&self, number: u32) -> &Node {
        &self.nodes[number as usize - 1]
    }

    /// All numbers.
    pub fn numbers(&self) -> Vec<u32> {
        (1..=self.plan.nodes).collect()
    }

    /// Where a node keeps its data.
    pub fn data(&self, node: u32) -> PathBuf {
        self.home(node).join("data")
    }

    /// Where a node's configuration, log and data are.
    pub fn home(&self, node: u32) -> PathBuf {
        home(&self.plan.folder, node)
    }
}

fn home(folder: &Path, node: u32) -> PathBuf {
    folder.join(format!("node-{node}"))
}
