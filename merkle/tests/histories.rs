//! A log that changes or removes leaves, or forks, cannot prove that it only grew.

mod support;

use keyrack_merkle::*;
use support::*;

/// The tree of `size` leaves with a different leaf at `at`.
fn forked(size: u64, at: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|n| tree.push(&if n == at { b"rewritten".to_vec() } else { leaf(n) }));
    tree
}

#[test]
fn a_rewritten_leaf_breaks_consistency_unless_it_is_new() {
    let honest = Tree::of(40);
    for at in 0..40 {
        let fork = forked(40, at);
        for old in 1..40 {
            let outcome = verify_consistency(old, 40, &honest.root_at(old), &fork.root_at(40), &fork.consistency(old, 40));
            assert_eq!(outcome.is_ok(), at >= old, "leaf {at} rewritten, {old} seen");
            // The honest proof does not help the fork either.
            let outcome = verify_consistency(old, 40, &honest.root_at(old), &fork.root_at(40), &honest.consistency(old, 40));
            assert!(outcome.is_err(), "leaf {at} rewritten, {old} seen, honest proof");
        }
    }
}

#[test]
fn two_roots_of_one_size_are_refused() {
    let (honest, fork) = (Tree::of(40), forked(40, 7));
    let outcome = verify_consistency(40, 40, &honest.root_at(40), &fork.root_at(40), &[]);
    assert_eq!(outcome, Err(ProofError::WrongRoot));
    assert_eq!(verify_consistency(40, 40, &honest.root_at(40), &honest.root_at(40), &[]), Ok(()));
    let padded = [honest.root_at(40)];
    assert_eq!(verify_consistency(40, 40, &honest.root_at(40), &honest.root_at(40), &padded), Err(ProofError::TooLong));
}

#[test]
fn a_smaller_new_tree_is_refused() {
    let tree = Tree::of(40);
    for (old, new) in [(40, 39), (40, 1), (1, 0), (u64::MAX, 0)] {
        let proof = tree.consistency(new.min(40), old.min(40));
        let outcome = verify_consistency(old, new, &tree.root_at(old.min(40)), &tree.root_at(new), &proof);
        assert_eq!(outcome, Err(ProofError::SizesReversed), "{old} to {new}");
    }
}

#[test]
fn every_tree_extends_the_empty_tree_and_size_0_has_only_the_empty_root() {
    let tree = Tree::of(40);
    let root = tree.root_at(40);
    assert_eq!(verify_consistency(0, 40, &empty_root(), &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, 40, &root, &root, &[]), Err(ProofError::WrongOldRoot));
    assert_eq!(verify_consistency(0, 40, &empty_root(), &root, &[root]), Err(ProofError::TooLong));
    assert_eq!(verify_consistency(0, 0, &empty_root(), &empty_root(), &[]), Ok(()));
    assert_eq!(verify_consistency(0, 0, &empty_root(), &root, &[]), Err(ProofError::WrongRoot));
    assert_eq!(verify_consistency(0, 0, &root, &root, &[]), Err(ProofError::WrongOldRoot));
}

/// Wrong hashes, too few hashes and too many hashes each give their own error.
#[test]
fn every_part_of_a_consistency_proof_counts() {
    let tree = Tree::of(40);
    for old in 1..40 {
        let (old_root, root, proof) = (tree.root_at(old), tree.root_at(40), tree.consistency(old, 40));
        let verify = |proof: &[Hash]| verify_consistency(old, 40, &old_root, &root, proof);
        assert_eq!(verify(&proof), Ok(()));
        assert_eq!(verify(&proof[..proof.len() - 1]), Err(ProofError::TooShort), "from {old}");
        assert_eq!(verify(&[proof.as_slice(), &[root]].concat()), Err(ProofError::TooLong), "from {old}");
        assert_eq!(verify(&[]), Err(ProofError::TooShort), "from {old}");
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            changed[place][0] ^= 1;
            assert!(matches!(verify(&changed), Err(ProofError::WrongRoot | ProofError::WrongOldRoot)), "from {old}");
        }
        assert!(verify_consistency(old, 40, &root, &root, &proof).is_err());
        assert!(verify_consistency(old, 40, &old_root, &old_root, &proof).is_err());
    }
}

/// A proof is only valid for its index and its size.
#[test]
fn a_proof_is_for_one_index_and_one_size() {
    let tree = Tree::of(40);
    let root = tree.root_at(40);
    for index in 0..40 {
        let (hash, proof) = (leaf_hash(&leaf(index)), tree.inclusion(index, 40));
        assert_eq!(verify_inclusion(index, 40, &hash, &proof, &root), Ok(()));
        for other in (0..64).filter(|other| *other != index) {
            assert!(verify_inclusion(other, 40, &hash, &proof, &root).is_err(), "leaf {index} as {other}");
        }
        assert_eq!(verify_inclusion(index, index, &hash, &proof, &root), Err(ProofError::IndexOutOfRange));
        assert_eq!(verify_inclusion(index, 40, &hash, &proof[1..], &root), Err(ProofError::TooShort));
        assert_eq!(verify_inclusion(index, 40, &hash, &[&proof[..], &[root]].concat(), &root), Err(ProofError::TooLong));
    }
}
