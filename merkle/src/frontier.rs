//! The right edge of a growing tree: all the state that an append needs.

use alloc::vec::Vec;
use core::fmt;

use crate::{Hash, empty_root, node_hash};

/// A tree as its size and the roots of its complete subtrees.
///
/// A tree of 13 = 8 + 4 + 1 leaves consists of three complete subtrees, so its edge has three hashes.
///
/// Invariants:
/// - `edge.len() == size.count_ones()`;
/// - `edge[0]` is the root of the largest subtree, which is the leftmost.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

/// The edge does not have one hash per complete subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrontierError {
    /// The number of leaves in the tree.
    pub size: u64,
    /// The number of hashes that were passed.
    pub edge: usize,
}

impl Frontier {
    /// A tree without leaves.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Restores a stored tree from its [`Frontier::size`] and [`Frontier::edge`].
    ///
    /// # Errors
    /// [`FrontierError`] unless there is one hash for every set bit of `size`.
    pub fn from_parts(size: u64, edge: Vec<Hash>) -> Result<Frontier, FrontierError> {
        if edge.len() != size.count_ones() as usize {
            return Err(FrontierError { size, edge: edge.len() });
        }
        Ok(Frontier { size, edge })
    }

    /// The number of leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, the largest (leftmost) first; at most 64.
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    /// Appends the hash of a leaf, made by [`leaf_hash`](crate::leaf_hash). Reads only the edge.
    ///
    /// Calls `completed(level, index, hash)` for every complete subtree that ends with this leaf, level 0 (the leaf
    /// itself) first: `hash` covers leaves `index * 2^level .. (index + 1) * 2^level`. It never passes a subtree twice, so a
    /// stored node never changes.
    ///
    /// # Panics
    /// If the tree already has 2^64 - 1 leaves.
    pub fn append(&mut self, leaf: Hash, mut completed: impl FnMut(u8, u64, &Hash)) {
        let grown = self.size.checked_add(1).expect("a tree has fewer than 2^64 leaves");
        let (mut level, mut index, mut hash) = (0, self.size, leaf);
        completed(level, index, &hash);
        // As when 1 is added to a binary number: every set bit at the end carries.
        while index & 1 == 1 {
            let left = self.edge.pop().expect("the edge has a hash for every set bit of the size");
            hash = node_hash(&left, &hash);
            level += 1;
            index >>= 1;
            completed(level, index, &hash);
        }
        self.edge.push(hash);
        self.size = grown;
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.edge.iter().rev();
        let Some(last) = from_the_right.next() else {
            return empty_root();
        };
        from_the_right.fold(*last, |right, left| node_hash(left, &right))
    }
}

impl fmt::Display for FrontierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a tree of {} leaves has {} hashes on its edge, not {}", self.size, self.size.count_ones(), self.edge)
    }
}

impl core::error::Error for FrontierError {}
