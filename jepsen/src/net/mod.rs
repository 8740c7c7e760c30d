//! A network of the harness's own, each of whose links can be cut, delayed or made lossy.
//!
//! Each node lives in a network namespace and has one TUN device in it; the harness has one in the root namespace. All
//! packets pass through one thread of the harness, the switch, which passes them on as the [`Link`] of their ordered
//! pair says: at once, late, or not at all. So one mechanism does partitions, one-way cuts, loss, delay and jitter, and it
//! needs neither `tc netem` nor a firewall. It needs root, `/dev/net/tun` and `ip`.
//!
//! The nodes' TCP is the kernel's: what is lost is sent again, and a connection over a cut link stays open and silent.
//! The packets are large ([`MTU`]), so that two cores carry more than a real network would; loss and the windows of TCP
//! count in those packets.
//!
//! Invariants: packets of one ordered pair never overtake each other, and everything is removed when the [`Network`] is
//! dropped. Start with [`Network`]; `switch.rs` forwards, `link.rs` says how, `namespace.rs` and `tun.rs` are the kernel's
//! side, `partitions.rs` lists which pairs a partition cuts.

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

/// The harness's own number in a [`Pair`]; nodes are numbered from 1.
pub const HARNESS: u32 = 0;
/// The kernel gives a device's name 15 bytes; ours is the prefix and a letter or two.
const LONGEST_PREFIX: usize = 10;

/// Nodes in namespaces of their own, and the switch between them. All of it is gone when this is dropped.
pub struct Network {
    subnet: u8,
    links: Arc<Links>,
    namespaces: Vec<Namespace>,
    // Stopped before the namespaces go, for the devices are in them.
    switch: Option<Switch>,
}

impl Network {
    /// Builds the network 10.77.`subnet`.0/24 with nodes 1 to `nodes`; all links are perfect at first.
    ///
    /// `prefix` (up to 10 of a-z, 0-9) begins the names of namespaces and devices; what a killed harness left under the
    /// same prefix is removed first. Two networks at one time need different prefixes and subnets. The error says what
    /// the machine lacks.
    pub fn build(prefix: &str, subnet: u8, nodes: u32, seed: u64) -> anyhow::Result<Network> {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        ensure!(
            !prefix.is_empty() && prefix.len() <= LONGEST_PREFIX && prefix.chars().all(plain),
            "a network's prefix is 1 to {LONGEST_PREFIX} of a-z and 0-9, not {prefix:?}"
        );
        ensure!((1..u32::from(HARNESS_HOST)).contains(&nodes), "a network has 1 to 253 nodes, not {nodes}");
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

    /// How many nodes there are; they are numbered from 1.
    pub fn nodes(&self) -> u32 {
        self.namespaces.len() as u32
    }

    /// Where a node, or the [`HARNESS`], is reached.
    pub fn address(&self, node: u32) -> Ipv4Addr {
        ipv4(self.subnet, if node == HARNESS { HARNESS_HOST } else { node as u8 })
    }

    /// Lets a command run in a node's namespace, once it is spawned. For the harness nothing changes.
    pub fn enter(&self, node: u32, command: &mut Command) {
        if node != HARNESS {
            self.namespaces[node as usize - 1].enter(command);
        }
    }

    /// Makes the link from one to another such; what is under way is late as it was, or lost if the link is now down.
    pub fn set(&self, from: u32, to: u32, link: Link) {
        self.links.set((from, to), link);
    }

    /// How the link from one to another is.
    pub fn link(&self, from: u32, to: u32) -> Link {
        self.links.get((from, to))
    }

    /// Takes these links down; how slow and lossy they are stays for when they are up again.
    pub fn cut(&self, pairs: impl IntoIterator<Item = Pair>) {
        for pair in pairs {
            self.links.set(pair, Link { up: false, ..self.links.get(pair) });
        }
    }

    /// Makes every link perfect.
    pub fn heal(&self) {
        self.links.heal();
    }

    /// What became of the packets from one to another since the network was built.
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
