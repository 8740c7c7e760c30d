//! The nodes that a client knows, the leaders of the shards, and the shards of the properties.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use keyrack_proto::v1;

/// How long the known leaders are trusted.
const TOPOLOGY_TTL: Duration = Duration::from_secs(5);

/// The known nodes. There is always at least one address.
#[derive(Debug)]
pub(crate) struct Nodes {
    /// In the order in which they are tried: first the given ones, then the discovered ones.
    addresses: Vec<String>,
    /// Addresses by node.
    by_node: HashMap<u64, String>,
    /// Leading nodes by shard.
    leaders: HashMap<u32, u64>,
    /// Shards by property, from answers.
    shards: HashMap<String, u32>,
    /// When the topology was last requested.
    learned_at: Option<Instant>,
}

impl Nodes {
    /// Starts with these addresses. Leaders and shards are unknown.
    pub fn new(addresses: Vec<String>) -> Nodes {
        assert!(!addresses.is_empty(), "a client has at least one address");
        Nodes { addresses, by_node: HashMap::new(), leaders: HashMap::new(), shards: HashMap::new(), learned_at: None }
    }

    /// All addresses in the order in which they are tried.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// The address to try first.
    pub fn first(&self) -> &str {
        // Addresses are added and reordered, never removed.
        &self.addresses[0]
    }

    /// The leader of a property if it is known, else the address to try first.
    pub fn best(&self, property: Option<&str>) -> &str {
        let shard = property.and_then(|property| self.shards.get(property));
        let leader = shard.and_then(|shard| self.leaders.get(shard));
        leader.and_then(|node| self.by_node.get(node)).map_or_else(|| self.first(), String::as_str)
    }

    /// Remembers which shard a property is on.
    pub fn note_shard(&mut self, property: &str, shard: u32) {
        self.shards.insert(property.to_owned(), shard);
    }

    /// The address to request the topology from if the known one is too old. Concurrent callers get `None`, so only one
    /// requests it.
    pub fn begin_refresh(&mut self) -> Option<String> {
        if self.learned_at.is_some_and(|at| at.elapsed() < TOPOLOGY_TTL) {
            return None;
        }
        self.learned_at = Some(Instant::now());
        Some(self.first().to_owned())
    }

    /// Adds the new addresses of a topology at the end and replaces the leaders.
    pub fn refresh_topology(&mut self, topology: v1::Topology) {
        for node in topology.nodes {
            if !self.addresses.contains(&node.grpc) {
                self.addresses.push(node.grpc.clone());
            }
            self.by_node.insert(node.id, node.grpc);
        }
        self.leaders = topology.shards.iter().filter_map(|shard| shard.leader.map(|leader| (shard.shard, leader))).collect();
    }

    /// A node did not answer: moves it behind all others and forgets the leaders.
    pub fn move_to_end(&mut self, address: &str) {
        self.learned_at = None;
        self.leaders.clear();
        // At the end, so that a call tries every other node before it tries this one again.
        if let Some(place) = self.addresses.iter().position(|known| known == address) {
            self.addresses[place..].rotate_left(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Nodes {
        let mut nodes = Nodes::new(vec!["http://a".into()]);
        let node = |id: u64, grpc: &str| v1::NodeInfo { id, grpc: grpc.into(), ..Default::default() };
        let shards = vec![v1::ShardInfo { shard: 1, leader: Some(2), ..Default::default() }];
        nodes.refresh_topology(v1::Topology {
            nodes: vec![node(1, "http://a"), node(2, "http://b"), node(3, "http://c")],
            shards,
            ..Default::default()
        });
        nodes
    }

    #[test]
    fn the_leader_is_asked_once_its_shard_is_known() {
        let mut nodes = nodes();
        assert_eq!(nodes.addresses(), ["http://a", "http://b", "http://c"]);
        assert_eq!(nodes.best(Some("lisbon")), "http://a");
        nodes.note_shard("lisbon", 1);
        assert_eq!((nodes.best(Some("lisbon")), nodes.best(None)), ("http://b", "http://a"));
        nodes.note_shard("porto", 2);
        assert_eq!(nodes.best(Some("porto")), "http://a", "its shard has no leader");
    }

    #[test]
    fn a_node_that_failed_is_tried_last_and_the_leaders_are_forgotten() {
        let mut nodes = nodes();
        nodes.note_shard("lisbon", 1);
        nodes.move_to_end("http://a");
        assert_eq!(nodes.addresses(), ["http://b", "http://c", "http://a"]);
        nodes.move_to_end("http://c");
        assert_eq!(nodes.addresses(), ["http://b", "http://a", "http://c"]);
        nodes.move_to_end("http://unknown");
        assert_eq!(nodes.best(Some("lisbon")), "http://b");
        assert_eq!(nodes.begin_refresh().as_deref(), Some("http://b"));
        assert_eq!(nodes.begin_refresh(), None, "only the first caller requests it");
    }
}
