//! A cluster of real nodes: `keyrackd run` processes with certificates, in network namespaces or on loopback.
//!
//! The harness sets the cluster up as an operator does: with the shipped commands for certificates and keyring, one
//! configuration file for each node, and principals created over the API.
//!
//! Invariants:
//! - every process ends when its [`Node`] is dropped;
//! - a failed request says whether it can have reached the node ([`RequestError`]), so that a checker need not guess;
//! - `KEYRACK_` variables of the harness's own environment never reach a node.
//!
//! Start with `setup.rs`, then `node.rs`, one process. `http.rs` is the client, written by hand for the second invariant.

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

/// A node has four ports in this order: HTTP, gRPC, peers, operators. These are two of their offsets.
const HTTP: u16 = 0;
const OPERATOR: u16 = 3;

/// Where the nodes run: in network namespaces, or all on loopback.
pub enum Place {
    /// Each node has a namespace. All network faults are possible.
    Namespaces(Network),
    /// Each node has a range of ports. No network fault is possible.
    Loopback {
        /// The first port of node n is this plus 10 n.
        port_base: u16,
        /// Why there are no namespaces.
        why: String,
    },
}

/// The plan of a cluster.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder for certificates, configurations, data and logs.
    pub folder: PathBuf,
    /// The folder of `keyrackd` and `keyrack`.
    pub binaries: PathBuf,
    /// The daemon's file name in that folder.
    pub daemon: String,
    /// The number of nodes.
    pub nodes: u32,
    /// A planted bug to switch on in every node.
    pub bug: Option<String>,
    /// Settings for every node, as `KEYRACK_...` variables.
    pub settings: Vec<(String, String)>,
}

/// A running cluster.
pub struct Cluster {
    /// Its plan.
    pub plan: Plan,
    /// Where its nodes run.
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
    /// Makes bookings and manages hotels.
    pub manager: String,
    /// Reads the receipts log.
    pub auditor: String,
    /// Reads metrics.
    pub operator: String,
}

impl Place {
    /// The address of a node's listener. `port` is its offset.
    pub fn address(&self, node: u32, port: u16) -> SocketAddr {
        match self {
            Place::Namespaces(network) => (network.address(node), 7110 + port).into(),
            Place::Loopback { port_base, .. } => (Ipv4Addr::LOCALHOST, port_base + 10 * node as u16 + port).into(),
        }
    }

    /// The network between the namespaces; `None` on loopback.
    pub fn network(&self) -> Option<&Network> {
        match self {
            Place::Namespaces(network) => Some(network),
            Place::Loopback { .. } => None,
        }
    }
}

impl Cluster {
    /// A client of a node's HTTP listener, with the manager's key.
    pub fn client(&self, node: u32) -> NodeClient {
        NodeClient::new(self.place.address(node, HTTP), self.client_tls.clone(), Some(&self.keys.manager))
    }

    /// A client of a node's HTTP listener, with the auditor's key.
    pub fn auditor(&self, node: u32) -> NodeClient {
        self.client(node).with_key(&self.keys.auditor)
    }

    /// A client of a node's operator listener, with the operator's certificate.
    pub fn operator(&self, node: u32) -> NodeClient {
        NodeClient::new(self.place.address(node, OPERATOR), self.operator_tls.clone(), None)
    }

    /// A node by its number from 1.
    pub fn node(&self, number: u32) -> &Node {
        &self.nodes[number as usize - 1]
    }

    /// The numbers of all nodes.
    pub fn numbers(&self) -> Vec<u32> {
        (1..=self.plan.nodes).collect()
    }

    /// A node's data folder.
    pub fn data(&self, node: u32) -> PathBuf {
        self.home(node).join("data")
    }

    /// The folder with a node's configuration, log and data.
    pub fn home(&self, node: u32) -> PathBuf {
        home(&self.plan.folder, node)
    }
}

fn home(folder: &Path, node: u32) -> PathBuf {
    folder.join(format!("node-{node}"))
}
