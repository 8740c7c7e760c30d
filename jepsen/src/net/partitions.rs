//! The links that each kind of partition cuts. Links of the harness stay up, because callers on both sides are needed to
//! find contradictory answers.

use std::collections::BTreeSet;

/// Sender and receiver.
pub type Pair = (u32, u32);

/// Cuts nodes 1 to `nodes` into two sides that do not reach each other: `side` and the others.
pub fn split(nodes: u32, side: &[u32]) -> BTreeSet<Pair> {
    among(nodes).filter(|(from, to)| side.contains(from) != side.contains(to)).collect()
}

/// Cuts the largest minority, beginning with the node `first`, off from the majority.
pub fn minority(nodes: u32, first: u32) -> BTreeSet<Pair> {
    let side: Vec<u32> = (0..nodes.saturating_sub(1) / 2).map(|step| (first - 1 + step) % nodes + 1).collect();
    split(nodes, &side)
}

/// Cuts one node off from all others.
pub fn isolate(nodes: u32, one: u32) -> BTreeSet<Pair> {
    split(nodes, &[one])
}

/// Each node reaches only its two neighbours, so no two nodes see the same set. In a ring of three nodes each would reach all.
/// There only the link of nodes 1 and 3 is cut, and node 2 is the bridge.
pub fn ring(nodes: u32) -> BTreeSet<Pair> {
    if nodes == 3 {
        return link(1, 3);
    }
    let neighbours = |from: u32, to: u32| from.abs_diff(to) == 1 || from.abs_diff(to) == nodes - 1;
    among(nodes).filter(|(from, to)| !neighbours(*from, *to)).collect()
}

/// `from` does not reach `to`. The opposite direction is open.
pub fn one_way(from: u32, to: u32) -> BTreeSet<Pair> {
    BTreeSet::from([(from, to)])
}

/// Two nodes do not reach each other. All other nodes reach both.
pub fn link(one: u32, other: u32) -> BTreeSet<Pair> {
    BTreeSet::from([(one, other), (other, one)])
}

fn among(nodes: u32) -> impl Iterator<Item = Pair> {
    (1..=nodes).flat_map(move |from| (1..=nodes).map(move |to| (from, to))).filter(|(from, to)| from != to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_cuts_the_expected_links() {
        let both = |links: &[Pair]| links.iter().flat_map(|&(one, other)| link(one, other)).collect::<BTreeSet<Pair>>();
        let table = [
            ("split 3", split(3, &[2]), both(&[(1, 2), (2, 3)])),
            ("split of all is none", split(3, &[1, 2, 3]), both(&[])),
            ("minority of 3", minority(3, 3), both(&[(1, 3), (2, 3)])),
            ("minority of 5 goes round", minority(5, 5), both(&[(5, 2), (5, 3), (5, 4), (1, 2), (1, 3), (1, 4)])),
            ("minority of 4 is one", minority(4, 2), both(&[(2, 1), (2, 3), (2, 4)])),
            ("minority of 1", minority(1, 1), both(&[])),
            ("isolate", isolate(4, 1), both(&[(1, 2), (1, 3), (1, 4)])),
            ("ring of 2", ring(2), both(&[])),
            ("ring of 3 is a bridge", ring(3), both(&[(1, 3)])),
            ("ring of 4", ring(4), both(&[(1, 3), (2, 4)])),
            ("ring of 5", ring(5), both(&[(1, 3), (1, 4), (2, 4), (2, 5), (3, 5)])),
            ("one way", one_way(1, 2), BTreeSet::from([(1, 2)])),
            ("link", link(2, 1), BTreeSet::from([(1, 2), (2, 1)])),
        ];
        for (name, found, wanted) in table {
            assert_eq!(found, wanted, "{name}");
        }
    }

    #[test]
    fn in_a_ring_of_five_each_node_sees_a_different_majority() {
        let cut = ring(5);
        let sees = |node| (1..=5).filter(|other| !cut.contains(&(node, *other))).collect::<BTreeSet<u32>>();
        let views: BTreeSet<BTreeSet<u32>> = (1..=5).map(sees).collect();
        assert_eq!(views.len(), 5);
        assert!(views.iter().all(|view| view.len() == 3));
    }
}
