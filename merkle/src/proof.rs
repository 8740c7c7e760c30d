//! Verifies proofs by RFC 9162 sections 2.1.3.2 and 2.1.4.2. The proofs are those of RFC 6962, which gives no algorithm.

use core::fmt;

use crate::{Hash, empty_root, node_hash};

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The leaf's index is not below the tree's size.
    IndexOutOfRange,
    /// The newer tree has fewer leaves than the older one.
    SizesReversed,
    /// Fewer hashes than a proof for these sizes has.
    TooShort,
    /// More hashes than a proof for these sizes has.
    TooLong,
    /// The hashes lead to another root than the tree's.
    WrongRoot,
    /// The hashes lead to another root than the older tree's: the two trees have different histories.
    WrongOldRoot,
}

/// Checks that the leaf with hash `leaf` is at `index` in the tree of `size` leaves with this root.
///
/// `proof` comes from [`inclusion_proof`](crate::inclusion_proof). It must have exactly the length for this index and size,
/// and lead to `root`.
///
/// # Errors
/// [`ProofError`]. After any error the proof proves nothing.
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutOfRange);
    }
    let mut walk = Walk { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match walk.up()? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    walk.finish()?;
    if hash == *root { Ok(()) } else { Err(ProofError::WrongRoot) }
}

/// Checks that the tree of `new` leaves with root `new_root` begins with the tree of `old` leaves with root `old_root`.
///
/// `proof` comes from [`consistency_proof`](crate::consistency_proof). It is empty in two cases: if the sizes are equal, the
/// roots must be equal too; if `old` is 0, `old_root` must be [`empty_root`].
///
/// # Errors
/// [`ProofError`]. After any error the proof proves nothing.
pub fn verify_consistency(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizesReversed);
    }
    if old == 0 || old == new {
        return verify_without_hashes(old, new, old_root, new_root, proof);
    }
    // Start at the smallest complete subtree on the old tree's right edge.
    let level = old.trailing_zeros();
    let mut walk = Walk { node: (old - 1) >> level, last: (new - 1) >> level };
    let (start, siblings) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::TooShort)?;
        (*first, rest)
    };
    let (mut old_hash, mut new_hash) = (start, start);
    for sibling in siblings {
        match walk.up()? {
            // A left sibling is part of both trees, a right sibling only of the new one.
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
    }
    walk.finish()?;
    if old_hash != *old_root {
        return Err(ProofError::WrongOldRoot);
    }
    if new_hash == *new_root { Ok(()) } else { Err(ProofError::WrongRoot) }
}

fn verify_without_hashes(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::TooLong);
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofError::WrongOldRoot);
    }
    if old == new && old_root != new_root {
        return Err(ProofError::WrongRoot);
    }
    Ok(())
}

/// The side of the next sibling in a proof.
enum Side {
    Left,
    Right,
}

/// A walk from a node up to the root: the node's index in its level, and the index of the last node in that level.
struct Walk {
    node: u64,
    last: u64,
}

impl Walk {
    /// Moves up to the next ancestor that has two children. Returns the side of its other child.
    fn up(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::TooLong);
        }
        if self.node & 1 == 0 && self.node == self.last {
            // The last node of its level has no right sibling here, so it moves up unchanged until it is a right child.
            // `last` is not 0, so the index has a set bit.
            let levels = self.node.trailing_zeros();
            self.node >>= levels;
            self.last >>= levels;
        }
        let side = if self.node & 1 == 1 { Side::Left } else { Side::Right };
        self.node >>= 1;
        self.last >>= 1;
        Ok(side)
    }

    /// Checks that the walk has reached the root.
    fn finish(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::TooShort) }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProofError::IndexOutOfRange => "the leaf's index is not below the size of the tree",
            ProofError::SizesReversed => "the newer tree has fewer leaves than the older one",
            ProofError::TooShort => "the proof has too few hashes for these sizes",
            ProofError::TooLong => "the proof has too many hashes for these sizes",
            ProofError::WrongRoot => "the proof leads to another root",
            ProofError::WrongOldRoot => "the proof leads to another root for the older tree: the histories differ",
        })
    }
}

impl core::error::Error for ProofError {}
