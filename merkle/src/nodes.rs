//! Roots and proofs from stored nodes: at most one read per level of the tree, and no complete subtree is computed again.

use alloc::vec::Vec;

use crate::{Hash, empty_root, node_hash};

/// A store of the hashes of complete subtrees.
pub trait Nodes {
    /// Why a node could not be read.
    type Error;

    /// The root of the complete subtree over leaves `index * 2^level .. (index + 1) * 2^level`; level 0 is a leaf's hash.
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The root of the first `size` leaves. Reads one node per set bit of `size`.
///
/// # Errors
/// The errors of `nodes`.
pub fn root_at<N: Nodes + ?Sized>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(empty_root()) } else { range_root(nodes, 0, size) }
}

/// The inclusion proof (audit path, RFC 6962 section 2.1.1) of the leaf at `index` in the tree of the first `size`
/// leaves: the siblings on the way up, the leaf's own first, at most 64.
///
/// # Errors
/// The errors of `nodes`.
///
/// # Panics
/// If `index >= size`: the leaf is not in the tree.
pub fn inclusion_proof<N: Nodes + ?Sized>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    assert!(index < size, "leaf {index} is not among the first {size}");
    let mut proof = Vec::with_capacity(path_bound(size));
    climb(nodes, 0, index, size, &mut proof)?;
    Ok(proof)
}

/// The consistency proof (RFC 6962 section 2.1.2) that the tree of the first `new` leaves extends the tree of the first
/// `old` leaves; at most 65 hashes. Empty if `old` is 0 or equals `new`: then the proof needs no hashes.
///
/// # Errors
/// The errors of `nodes`.
///
/// # Panics
/// If `old > new`.
pub fn consistency_proof<N: Nodes + ?Sized>(nodes: &mut N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    assert!(old <= new, "{new} leaves cannot extend {old}");
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    // The smallest complete subtree on the old tree's right edge: the verifier computes both roots from it.
    let level = old.trailing_zeros() as u8;
    let index = (old >> level) - 1;
    let mut proof = Vec::with_capacity(path_bound(new) + 1);
    if !old.is_power_of_two() {
        proof.push(nodes.node(level, index)?);
    }
    // If `old` is a power of two, that subtree is the whole old tree, and the verifier has its root.
    climb(nodes, level, index, new, &mut proof)?;
    Ok(proof)
}

/// Pushes the siblings of the subtree (`level`, `index`) and of all its ancestors in the tree of `size` leaves.
fn climb<N: Nodes + ?Sized>(nodes: &mut N, level: u8, index: u64, size: u64, proof: &mut Vec<Hash>) -> Result<(), N::Error> {
    let (mut level, mut index) = (level, index);
    let mut last = (size - 1) >> level;
    while last > 0 {
        let sibling = index ^ 1;
        if sibling < last {
            proof.push(nodes.node(level, sibling)?);
        } else if sibling == last {
            // The last node of a level is the only sibling that may be incomplete.
            proof.push(range_root(nodes, sibling << level, size)?);
        }
        index >>= 1;
        last >>= 1;
        level += 1;
    }
    Ok(())
}

/// The root over leaves `start .. end`, where `start` is a multiple of a power of two that is at least `end - start`.
fn range_root<N: Nodes + ?Sized>(nodes: &mut N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let mut left_over = end - start;
    let mut at = end;
    let mut root: Option<Hash> = None;
    loop {
        // Each set bit is a complete subtree; the smallest is the rightmost.
        let level = left_over.trailing_zeros() as u8;
        at -= 1 << level;
        let left = nodes.node(level, at >> level)?;
        let joined = root.map_or(left, |right| node_hash(&left, &right));
        left_over &= left_over - 1;
        if left_over == 0 {
            return Ok(joined);
        }
        root = Some(joined);
    }
}

/// The length of the longest path in a tree of `size` leaves.
fn path_bound(size: u64) -> usize {
    (u64::BITS - (size - 1).leading_zeros()) as usize
}
