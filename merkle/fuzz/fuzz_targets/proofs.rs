//! Proofs in trees of all possible sizes: a proof verifies, and a changed proof does not. The input is three numbers of eight
//! bytes, then a byte that selects the hash to change. All leaves are equal, so every node is known without the tree.
#![no_main]

use std::convert::Infallible;
use std::sync::LazyLock;

use keyrack_merkle::*;
use libfuzzer_sys::{Corpus, fuzz_target};

/// The node of each level.
static LEVELS: LazyLock<Vec<Hash>> = LazyLock::new(|| {
    let leaf = leaf_hash(b"the same");
    std::iter::successors(Some(leaf), |below| Some(node_hash(below, below))).take(64).collect()
});

struct Same;

impl Nodes for Same {
    type Error = Infallible;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        assert!(index <= u64::MAX >> level, "level {level} has no node {index}");
        Ok(LEVELS[usize::from(level)])
    }
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let ([index, old, new], [which]) = bytes.as_chunks::<8>() else { return Corpus::Reject };
    let [index, old, new] = [index, old, new].map(|bytes| u64::from_be_bytes(*bytes));
    let root = |size| {
        let Ok(root) = root_at(&mut Same, size);
        root
    };
    if index < new {
        let Ok(proof) = inclusion_proof(&mut Same, index, new);
        let verify = |index, size, proof: &[Hash]| verify_inclusion(index, size, &LEVELS[0], proof, &root(new)).is_ok();
        assert!(proof.len() <= MAX_PROOF_HASHES && verify(index, new, &proof));
        assert!(!verify(new, new, &proof));
        assert!(verify_inclusion(index, new, &[*which; 32], &proof, &root(new)).is_err());
        each_change(&proof, *which, |changed| assert!(!verify(index, new, changed)));
    }
    if old <= new {
        let Ok(proof) = consistency_proof(&mut Same, old, new);
        let verify = |proof: &[Hash]| verify_consistency(old, new, &root(old), &root(new), proof).is_ok();
        assert!(proof.len() <= MAX_PROOF_HASHES + 1 && verify(&proof));
        assert!(old == new || verify_consistency(new, old, &root(new), &root(old), &proof).is_err());
        assert!(verify_consistency(old, new, &[*which; 32], &root(new), &proof).is_err());
        assert!(old == 0 || verify_consistency(old, new, &root(old), &[*which; 32], &proof).is_err());
        each_change(&proof, *which, |changed| assert!(!verify(changed)));
    }
    Corpus::Keep
});

/// Checks the proof with one hash more, with one hash less, and with one changed hash.
fn each_change(proof: &[Hash], which: u8, check: impl Fn(&[Hash])) {
    check(&[proof, &[[which; 32]]].concat());
    if let Some((_, less)) = proof.split_last() {
        check(less);
        let mut other = proof.to_vec();
        other[usize::from(which) % proof.len()][usize::from(which) % 32] ^= 1;
        check(&other);
    }
}
