//! What a node waits for while it starts. The edge shows it as the node's readiness.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

/// The progress of a start. Clones share it.
#[derive(Clone, Default)]
pub struct StartProgress(Arc<Mutex<Awaited>>);

/// What the start needs next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Awaited {
    /// The data are opened and checked.
    #[default]
    Data,
    /// The first members that have not answered yet. The cluster is new.
    FirstMembers(Vec<u64>),
    /// A person: a setting differs between nodes of a new cluster. The text says which one.
    EqualSettings(String),
    /// The data folder is a copy. Either the answers of nodes are missing, or a person has to decide.
    Copy {
        /// The nodes that have not answered.
        missing: Vec<u64>,
        /// If none is missing, the other nodes with their own data.
        own: Vec<u64>,
        /// If none is missing, the other nodes with copies.
        copies: Vec<u64>,
    },
    /// A majority of the other nodes, which admits this node with its empty folder.
    Readmission,
}

impl StartProgress {
    /// What the start needs now.
    pub fn awaited(&self) -> Awaited {
        self.0.lock().clone()
    }

    /// Records that a setting differs, and logs it once.
    pub(crate) fn differ(&self, why: impl fmt::Display) {
        let awaited = Awaited::EqualSettings(why.to_string());
        if self.awaited() != awaited {
            tracing::error!(event = "settings_differ", cause = %why, "the cluster cannot begin: a setting differs between two nodes");
            self.set(awaited);
        }
    }

    pub(crate) fn set(&self, awaited: Awaited) {
        *self.0.lock() = awaited;
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Awaited::Data => f.write_str("this node opens and checks its data"),
            Awaited::FirstMembers(nodes) => write!(f, "first start: waiting for {}", listed(nodes)),
            Awaited::EqualSettings(why) => write!(f, "first start: {why}"),
            Awaited::Copy { missing, own, copies } if missing.is_empty() => write!(
                f,
                "the data folder is a copy, and may lack what this node acknowledged. Of the other nodes, {} has its own data and {} \
                 has a copy: that is no majority with its own data, and not all are copies. See \"A node starts from a copy\" in \
                 docs/operations.md",
                listed_or_none(own),
                listed_or_none(copies)
            ),
            Awaited::Copy { missing, .. } => write!(
                f,
                "the data folder is a copy, and may lack what this node acknowledged. It waits for {}: if a majority of the other \
                 nodes has its own data, this node rejoins; if all nodes have copies, the cluster starts from them",
                listed(missing)
            ),
            Awaited::Readmission => f.write_str(
                "this node rejoins with an empty folder: a majority of the other nodes must run, and then they send it the data",
            ),
        }
    }
}

/// `node 2`, `nodes 2 and 3`, `nodes 2, 3 and 4`.
fn listed(nodes: &[u64]) -> String {
    let names: Vec<String> = nodes.iter().map(u64::to_string).collect();
    match names.as_slice() {
        [] => "the other nodes".to_owned(),
        [one] => format!("node {one}"),
        [first @ .., last] => format!("nodes {} and {last}", first.join(", ")),
    }
}

fn listed_or_none(nodes: &[u64]) -> String {
    if nodes.is_empty() { "no node".to_owned() } else { listed(nodes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_awaited_nodes_are_named() {
        for (nodes, said) in [(vec![2], "node 2"), (vec![2, 3], "nodes 2 and 3"), (vec![2, 3, 4], "nodes 2, 3 and 4")] {
            assert_eq!(Awaited::FirstMembers(nodes).to_string(), format!("first start: waiting for {said}"));
        }
    }
}
