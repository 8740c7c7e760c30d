//! Frontier, window and proofs: the state they keep, the nodes they read, and the largest trees.

mod support;

use std::collections::BTreeSet;

use keyrack_merkle::*;
use support::{Numbers, Tree, leaf};

#[test]
fn a_frontier_restores_from_its_parts() {
    let tree = Tree::of(300);
    let mut frontier = Frontier::new();
    for n in 0..300 {
        let copy = Frontier::from_parts(frontier.size(), frontier.edge().to_vec());
        assert_eq!(copy.as_ref(), Ok(&frontier));
        assert_eq!(frontier.root(), tree.root_at(n));
        // The restored frontier continues in place of the first.
        frontier = copy.expect("checked");
        frontier.append(leaf_hash(&leaf(n)), |_, _, _| ());
    }
    assert_eq!(frontier, tree.frontier);
}

#[test]
fn a_frontier_needs_a_hash_per_set_bit() {
    for (size, edge, is_good) in
        [(0, 0, true), (0, 1, false), (13, 3, true), (13, 2, false), (13, 4, false), (u64::MAX, 64, true)]
    {
        let outcome = Frontier::from_parts(size, vec![[0; 32]; edge]);
        assert_eq!(outcome.is_ok(), is_good, "{size}, {edge}");
        assert!(is_good || outcome == Err(FrontierError { size, edge }));
    }
}

/// Every complete subtree is reported once, when its last leaf is appended, the smallest first.
#[test]
fn an_append_reports_each_complete_subtree_once() {
    let mut frontier = Frontier::new();
    let mut reported = BTreeSet::new();
    for n in 0..1000u64 {
        let mut level_next = 0;
        frontier.append(leaf_hash(&leaf(n)), |level, index, _| {
            assert_eq!(level, level_next, "leaf {n}");
            assert_eq!((index + 1) << level, n + 1, "leaf {n} ends it");
            assert!(reported.insert((level, index)));
            level_next += 1;
        });
        assert_eq!(reported.len() as u64, 2 * (n + 1) - u64::from((n + 1).count_ones()));
    }
}

#[test]
#[should_panic(expected = "2^64")]
fn a_tree_of_2_to_the_64_is_refused() {
    let mut full = Frontier::from_parts(u64::MAX, vec![[0; 32]; 64]).expect("64 bits");
    full.append([0; 32], |_, _, _| ());
}

/// Counts reads, and refuses reads of incomplete subtrees.
struct Counted<'a> {
    tree: &'a Tree,
    size: u64,
    reads: u32,
}

impl Nodes for Counted<'_> {
    type Error = Missing;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Missing> {
        self.reads += 1;
        assert!((index + 1) << level <= self.size, "node {index} of level {level} is not complete");
        (&self.tree.nodes).node(level, index)
    }
}

#[test]
fn proofs_read_few_nodes_and_complete_ones_only() {
    let tree = Tree::of(1100);
    let mut numbers = Numbers(3);
    for round in 0..3000 {
        let size = if round < 1100 { round + 1 } else { 1 + numbers.below(1100) };
        let bound = u64::BITS - size.leading_zeros() + size.count_ones();
        let mut nodes = Counted { tree: &tree, size, reads: 0 };
        inclusion_proof(&mut nodes, numbers.below(size), size).expect("the tree has all nodes");
        assert!(nodes.reads <= bound, "inclusion in {size}: {} reads", nodes.reads);
        nodes.reads = 0;
        consistency_proof(&mut nodes, numbers.below(size + 1), size).expect("the tree has all nodes");
        assert!(nodes.reads <= bound, "consistency to {size}: {} reads", nodes.reads);
        nodes.reads = 0;
        root_at(&mut nodes, size).expect("the tree has all nodes");
        assert_eq!(nodes.reads, size.count_ones());
    }
}

#[test]
#[should_panic(expected = "leaf 5 is not among the first 5")]
fn an_inclusion_proof_of_a_missing_leaf_panics() {
    let _ = Tree::of(5).inclusion(5, 5);
}

#[test]
#[should_panic(expected = "5 leaves cannot extend 6")]
fn a_consistency_proof_to_a_smaller_tree_panics() {
    let _ = Tree::of(6).consistency(6, 5);
}

/// A tree of `u64::MAX` leaves. One is `special`, all others are `ordinary`.
struct Vast {
    special: u64,
}

impl Vast {
    const LEAVES: [&'static [u8]; 2] = [b"ordinary", b"special"];
}

impl Nodes for Vast {
    type Error = Missing;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Missing> {
        let mut ordinary = leaf_hash(Vast::LEAVES[0]);
        let holds_special = self.special >> level == index;
        let mut hash = if holds_special { leaf_hash(Vast::LEAVES[1]) } else { ordinary };
        for below in 0..level {
            let is_right = holds_special && (self.special >> below) & 1 == 1;
            hash = if is_right { node_hash(&ordinary, &hash) } else { node_hash(&hash, &ordinary) };
            ordinary = node_hash(&ordinary, &ordinary);
        }
        Ok(hash)
    }
}

#[test]
fn the_largest_trees_prove_and_verify() {
    let mut numbers = Numbers(64);
    let sizes = [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1, (1 << 63) - 1, (1 << 62) + 12_345, 1 << 32, (1 << 32) - 1];
    for size in sizes {
        let places = [0, 1, size / 2, size - 2, size - 1, numbers.below(size), numbers.below(size)];
        for special in places {
            let mut vast = Vast { special };
            let root = root_at(&mut vast, size).expect("never missing");
            let proof = inclusion_proof(&mut vast, special, size).expect("never missing");
            assert!(proof.len() <= 64);
            verify_inclusion(special, size, &leaf_hash(b"special"), &proof, &root).expect("it is there");
            assert!(verify_inclusion(special, size, &leaf_hash(b"ordinary"), &proof, &root).is_err());
            for old in places.into_iter().chain([size]) {
                let old_root = root_at(&mut vast, old).expect("never missing");
                let proof = consistency_proof(&mut vast, old, size).expect("never missing");
                assert!(proof.len() <= 65);
                verify_consistency(old, size, &old_root, &root, &proof).expect("it extends");
            }
        }
    }
}

#[test]
fn a_window_keeps_the_newest_of_each_level() {
    let tree = Tree::of(1000);
    let mut window = Window::new(16);
    let mut frontier = Frontier::new();
    for n in 0..1000 {
        frontier.append(leaf_hash(&leaf(n)), |level, index, hash| window.push(level, index, hash));
    }
    for level in 0..12 {
        let complete = 1000u64 >> level;
        for index in 0..complete + 2 {
            let expected = if index + 16 >= complete { tree.nodes.get(level, index) } else { None };
            assert_eq!(window.get(level, index), expected, "node {index} of level {level}");
        }
    }
    assert_eq!(root_at(&mut &window, 1000), Ok(tree.root_at(1000)));
    // The window alone proves the newest leaves. The error names a node that is too old.
    for index in 984..1000 {
        assert_eq!(inclusion_proof(&mut &window, index, 1000), Ok(tree.inclusion(index, 1000)));
    }
    assert_eq!(consistency_proof(&mut &window, 990, 1000), Ok(tree.consistency(990, 1000)));
    assert_eq!(inclusion_proof(&mut &window, 3, 1000), Err(Missing { level: 0, index: 2 }));
    assert_eq!(Missing { level: 0, index: 2 }.to_string(), "node 2 of level 0 is not in memory");
}

#[test]
fn a_gap_clears_a_level() {
    let mut window = Window::new(4);
    (5..8).for_each(|index| window.push(0, index, &[index as u8; 32]));
    assert_eq!((window.get(0, 4), window.get(0, 5), window.get(0, 8)), (None, Some([5; 32]), None));
    window.push(1, 3, &[99; 32]);
    for again in [9, 3, 3, u64::MAX] {
        window.push(0, again, &[1; 32]);
        assert_eq!(window.get(0, again), Some([1; 32]));
        assert_eq!((window.get(0, 5), window.get(0, 7)), (None, None), "after {again}");
        assert_eq!(window.get(1, 3), Some([99; 32]), "other levels stay");
    }
    window.push(0, 0, &[2; 32]);
    assert_eq!((window.get(0, 0), window.get(0, u64::MAX)), (Some([2; 32]), None));
    let mut nothing = Window::new(0);
    nothing.push(255, 0, &[1; 32]);
    assert_eq!((nothing.get(255, 0), nothing.get(0, 0)), (None, None));
}
