//! A network between nodes whose links the harness can cut, delay or make lossy.
//!
//! Each node runs in a network namespace with one TUN device; the harness has one in the root namespace. All packets pass
//! through one thread of the harness, the switch. The [`Link`] of the sender and the receiver decides whether it forwards a
//! packet at once, late, or not at all. So one mechanism makes partitions, one-way cuts, loss, delay and jitter. It needs
//! root, `/dev/net/tun` and `ip`, but neither `tc netem` nor a firewall.
//!
//! The nodes use the kernel's TCP: it sends lost packets again, and a connection over a cut link stays open and silent.
//! Packets are large ([`MTU`]), so that two cores can carry more than a real network. A lost packet is therefore a large one,
//! too.
//!
//! Invariants: packets of one ordered pair never overtake each other, and everything is removed when the [`Network`] is
//! dropped. Start with [`Network`]. `switch.rs` forwards packets, `link.rs` has the properties of a link, `namespace.rs` and
//! `tun.rs` call the kernel, `partitions.rs` lists which pairs a partition cuts.

mod link;
mod namespace;
pub mod partitions;
mod switch;
mod tun;

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};

pub use link::{Counts, Link};
pub use namespace::MTU;
pub use partitions::Pair;

use link::Links;
use namespace::Namespace;
use switch::{HARNESS_HOST, Switch};
use tun::Tun;

/// The harness's own number in a [`Pair`]. Nodes are numbered from 1.
pub const HARNESS: u32 = 0;
/// In bytes. The name of the harness's device is the prefix and one letter; the kernel allows 15 bytes.
const LONGEST_PREFIX: usize = 10;

/// The nodes' namespaces and the switch between them. Dropping it removes all of them.
pub struct Network {
    subnet: u8,
    links: Arc<Links>,
    namespaces: Vec<Namespace>,
    // Stopped before the namespaces are removed, because they contain its devices.
    switch: Option<Switch>,
}

impl Network {
    /// Builds the network 10.77.`subnet`.0/24 with nodes 1 to `nodes`. All links are perfect at first.
    ///
    /// The names of namespaces and devices begin with `prefix` (1 to 10 of a-z and 0-9). Namespaces that a killed harness left
    /// under this prefix are removed first. Two networks at the same time need different prefixes and subnets. If the machine
    /// lacks something, the error names it.
    pub fn build(prefix: &str, subnet: u8, nodes: u32, seed: u64) -> anyhow::Result<Network> {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        ensure!(
            !prefix.is_empty() && prefix.len() <= LONGEST_PREFIX && prefix.chars().all(plain),
            "cannot use {prefix:?} as a network's prefix: it must be 1 to {LONGEST_PREFIX} characters of a-z and 0-9"
        );
        ensure!((1..u32::from(HARNESS_HOST)).contains(&nodes), "cannot build a network of {nodes} nodes: it must be 1 to 253");
        namespace::possible()?;
        namespace::remove_left_over(prefix)?;
        namespace::unused(&format!("{}/24", ipv4(subnet, 0)))?;

        let address = |host| format!("{}/24", ipv4(subnet, host));
        let mut namespaces = Vec::new();
        let mut ports = vec![Tun::open(&format!("{prefix}h"))?];
        namespace::bring_up(None, ports[0].name(), &address(HARNESS_HOST))?;
        for node in 1..=nodes as u8 {
            let namespace = Namespace::make(&format!("{prefix}-{node}"))?;
            let tun = namespace.inside(|| Tun::open("keyrack"))?;
            namespace::bring_up(Some(namespace.name()), tun.name(), &address(node))?;
            namespaces.push(namespace);
            ports.push(tun);
        }
        let links = Arc::new(Links::perfect(nodes + 1));
        let switch = Switch::start(ports, subnet, links.clone(), seed).context("cannot start the switch")?;
        Ok(Network { subnet, links, namespaces, switch: Some(switch) })
    }

    /// The number of nodes. They are numbered from 1.
    pub fn nodes(&self) -> u32 {
        self.namespaces.len() as u32
    }

    /// The address of a node, or of the [`HARNESS`].
    pub fn address(&self, node: u32) -> Ipv4Addr {
        ipv4(self.subnet, if node == HARNESS { HARNESS_HOST } else { node as u8 })
    }

    /// Makes a command run in a node's namespace. Does nothing for the [`HARNESS`].
    pub fn enter(&self, node: u32, command: &mut Command) {
        if node != HARNESS {
            self.namespaces[node as usize - 1].enter(command);
        }
    }

    /// Sets the link from one node to another. Packets already on their way keep their delay, and are dropped if the link is
    /// down when they are due.
    pub fn set(&self, from: u32, to: u32, link: Link) {
        self.links.set((from, to), link);
    }

    /// The link from one node to another.
    pub fn link(&self, from: u32, to: u32) -> Link {
        self.links.get((from, to))
    }

    /// Takes these links down. Their delay and loss are kept.
    pub fn cut(&self, pairs: impl IntoIterator<Item = Pair>) {
        for pair in pairs {
            self.links.set(pair, Link { up: false, ..self.links.get(pair) });
        }
    }

    /// Makes every link perfect.
    pub fn heal(&self) {
        self.links.heal();
    }

    /// The numbers of packets from one node to another since the network was built.
    pub fn counts(&self, from: u32, to: u32) -> Counts {
        self.links.counts((from, to))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.switch.take());
    }
}

fn ipv4(subnet: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, subnet, host)
}
