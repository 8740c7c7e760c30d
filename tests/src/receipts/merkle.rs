//! The tree and its proofs (RFC 6962, section 2.1), and how RFC 9162, section 2.1.3 and 2.1.4 verifies them.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

pub fn node_hash(left: Hash, right: Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// MTH of RFC 6962 over leaf hashes.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest(b"").into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node_hash(root(left), root(right))
        }
    }
}

/// PATH of RFC 6962: the hashes from leaf `index` to the root of all `leaves`.
pub fn inclusion_proof(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = match index < left.len() {
        true => (inclusion_proof(index, left), root(right)),
        false => (inclusion_proof(index - left.len(), right), root(left)),
    };
    proof.push(sibling);
    proof
}

/// PROOF of RFC 6962: that the first `old` leaves were the earlier tree.
pub fn consistency_proof(old: usize, leaves: &[Hash]) -> Vec<Hash> {
    if old == 0 || old == leaves.len() { Vec::new() } else { subproof(old, leaves, true) }
}

fn subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = match old <= left.len() {
        true => (subproof(old, left, whole), root(right)),
        false => (subproof(old - left.len(), right, false), root(left)),
    };
    proof.push(sibling);
    proof
}

/// The largest power of two below `len`, which is at least 2.
fn split(len: usize) -> usize {
    1 << (usize::BITS - 1 - (len - 1).leading_zeros())
}

/// RFC 9162, section 2.1.3.2.
pub fn verify_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash], root: Hash) -> Result<(), String> {
    if index >= size {
        return Err(format!("leaf {index} is not in a tree of {size}"));
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err("the inclusion proof is too long".into());
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(*sibling, hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node_hash(hash, *sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match last == 0 && hash == root {
        true => Ok(()),
        false => Err("the inclusion proof does not lead to the root".into()),
    }
}

/// RFC 9162, section 2.1.4.2. The empty tree is consistent with every other (RFC 6962 leaves it out).
pub fn verify_consistency(old: u64, new: u64, old_root: Hash, new_root: Hash, proof: &[Hash]) -> Result<(), String> {
    if old > new {
        return Err(format!("a tree of {old} leaves is larger than one of {new}"));
    }
    if old == 0 || old == new {
        let same = if old == 0 { old_root == root(&[]) } else { old_root == new_root };
        return if proof.is_empty() && same { Ok(()) } else { Err("not the same tree".into()) };
    }
    let mut path = proof.to_vec();
    if old.is_power_of_two() {
        path.insert(0, old_root);
    }
    let [first, path @ ..] = path.as_slice() else { return Err("the consistency proof is empty".into()) };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut before, mut after) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err("the consistency proof is too long".into());
        }
        if at & 1 == 1 || at == last {
            (before, after) = (node_hash(*sibling, before), node_hash(*sibling, after));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            after = node_hash(after, *sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match last == 0 && before == old_root && after == new_root {
        true => Ok(()),
        false => Err("the consistency proof does not lead to both roots".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proof_of_small_trees_verifies_and_none_with_a_hash_changed() {
        let leaves: Vec<Hash> = (0..20u8).map(|n| leaf_hash(&[n])).collect();
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            let top = root(tree);
            for (index, leaf) in tree.iter().enumerate() {
                let mut proof = inclusion_proof(index, tree);
                let check = |proof: &[Hash]| verify_inclusion(index as u64, size as u64, *leaf, proof, top);
                check(&proof).unwrap();
                for place in 0..proof.len() {
                    proof[place][7] ^= 1;
                    check(&proof).unwrap_err();
                    proof[place][7] ^= 1;
                }
                proof.push(top);
                check(&proof).unwrap_err();
            }
            for old in 0..=size {
                let mut proof = consistency_proof(old, tree);
                let before = root(&leaves[..old]);
                let check = |proof: &[Hash]| verify_consistency(old as u64, size as u64, before, top, proof);
                check(&proof).unwrap();
                for place in 0..proof.len() {
                    proof[place][7] ^= 1;
                    check(&proof).unwrap_err();
                    proof[place][7] ^= 1;
                }
                proof.push(top);
                check(&proof).unwrap_err();
            }
        }
    }

    /// The root of the empty tree and of one leaf, from RFC 6962's reference implementation.
    #[test]
    fn the_known_roots_are_computed() {
        let hex = |hash: Hash| base16ct::lower::encode_string(&hash);
        assert_eq!(hex(root(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
}
