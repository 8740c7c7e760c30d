//! The keys of the nodes' keyrings, as nodes compare them: names and fingerprints, never a key.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyrack_proto::internal as pb;
use parking_lot::RwLock;

/// The keys that this node uses now, and those that the other nodes have reported. Clones share them, because a keyring changes
/// while the node runs.
#[derive(Clone, Debug, Default)]
pub struct KeyPrints(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Empty if there is no keyring.
    mine: Vec<pb::KeyPrint>,
    /// By node. A node that does not answer has no entry.
    others: BTreeMap<u64, Vec<pb::KeyPrint>>,
}

impl KeyPrints {
    /// Replaces the keys of this node.
    pub fn set(&self, keys: Vec<pb::KeyPrint>) {
        self.0.write().mine = keys;
    }

    /// The keys of this node.
    pub fn get(&self) -> Vec<pb::KeyPrint> {
        self.0.read().mine.clone()
    }

    /// Records what a node has reported; `None` if it does not answer.
    pub(crate) fn heard(&self, node: u64, keys: Option<Vec<pb::KeyPrint>>) {
        let mut known = self.0.write();
        match keys {
            Some(keys) => known.others.insert(node, keys),
            None => known.others.remove(&node),
        };
    }

    /// The nodes that answer and do not have the key with this fingerprint. An older version reports no keys; it does not count.
    pub fn nodes_without(&self, print: &[u8]) -> Vec<u64> {
        let known = self.0.read();
        let lacks = |keys: &[pb::KeyPrint]| !keys.is_empty() && keys.iter().all(|key| key.print != print);
        known.others.iter().filter(|(_, keys)| lacks(keys)).map(|(node, _)| *node).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_without_a_key_are_those_that_reported_others() {
        let print = |byte: u8| pb::KeyPrint { name: "a".into(), print: vec![byte].into(), active: true };
        let known = KeyPrints::default();
        known.set(vec![print(1)]);
        assert_eq!(known.nodes_without(&[1]), [0u64; 0], "no node has answered");
        known.heard(2, Some(vec![print(1)]));
        known.heard(3, Some(vec![print(9)]));
        known.heard(4, Some(Vec::new()));
        assert_eq!((known.nodes_without(&[1]), known.nodes_without(&[9])), (vec![3], vec![2]));
        known.heard(3, None);
        assert_eq!(known.nodes_without(&[1]), [0u64; 0], "node 3 does not answer any more");
    }
}
