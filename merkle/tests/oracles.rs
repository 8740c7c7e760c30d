//! This crate agrees with two independent implementations: `ct-merkle` and `tlog_tiles` (a port of Go's `sumdb/tlog`).
//! All three make every proof, the proofs must be equal, and all three verify them.

mod support;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use keyrack_merkle::*;
use sha2::Sha256;
use support::{Numbers, Tree, leaf};
use tlog_tiles::tlog;

/// Three implementations that grow together.
struct Trio {
    ours: Tree,
    ct: MemoryBackedTree<Sha256, Vec<u8>>,
    tlog: Stored,
}

/// The stored hashes of `tlog_tiles`, in its order.
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

impl Trio {
    fn new() -> Trio {
        Trio { ours: Tree::new(), ct: MemoryBackedTree::new(), tlog: Stored(Vec::new()) }
    }

    fn size(&self) -> u64 {
        self.ours.frontier.size()
    }

    fn grow(&mut self) {
        let (n, data) = (self.size(), leaf(self.size()));
        self.ours.push(&data);
        let hashes = tlog::stored_hashes(n, &data, &self.tlog).expect("tlog appends");
        self.tlog.0.extend(hashes);
        self.ct.push(data);
    }

    fn check_root(&self) {
        let size = self.size();
        let root = self.ours.frontier.root();
        assert_eq!(self.ours.root_at(size), root, "frontier and nodes, size {size}");
        assert_eq!(self.ct.root().as_bytes().as_slice(), root, "ct-merkle, size {size}");
        assert_eq!(tlog::tree_hash(size, &self.tlog).expect("a root").0, root, "tlog_tiles, size {size}");
    }

    fn check_inclusion(&self, index: u64) {
        let (size, root, data) = (self.size(), self.ours.frontier.root(), leaf(index));
        let proof = self.ours.inclusion(index, size);
        let by_ct = self.ct.prove_inclusion(index as usize);
        let by_tlog = tlog::prove_record(size, index, &self.tlog).expect("tlog proves");
        assert_eq!(by_ct.as_bytes(), proof.concat(), "ct-merkle, leaf {index} of {size}");
        assert_eq!(from_tlog(&by_tlog), proof, "tlog_tiles, leaf {index} of {size}");

        let hash = leaf_hash(&data);
        verify_inclusion(index, size, &hash, &hashes(by_ct.as_bytes()), &root).expect("this crate accepts ct-merkle's proof");
        verify_inclusion(index, size, &hash, &from_tlog(&by_tlog), &root).expect("this crate accepts tlog_tiles' proof");
        let ours = InclusionProof::<Sha256>::try_from_bytes(proof.concat()).expect("ct-merkle reads our proof");
        ct_root(root, size).verify_inclusion(&data, index, &ours).expect("ct-merkle accepts our proof");
        tlog::check_record(&to_tlog(&proof), size, tlog::Hash(root), index, tlog::Hash(hash)).expect("tlog_tiles accepts ours");
    }

    fn check_consistency(&self, old: u64) {
        let (size, root, old_root) = (self.size(), self.ours.frontier.root(), self.ours.root_at(old));
        let proof = self.ours.consistency(old, size);
        verify_consistency(old, size, &old_root, &root, &proof).expect("this crate accepts its own proof");
        if old == 0 {
            // Neither of the other implementations has proofs about the empty tree.
            assert!(proof.is_empty());
            return;
        }
        let by_tlog = tlog::prove_tree(size, old, &self.tlog).expect("tlog proves");
        assert_eq!(from_tlog(&by_tlog), proof, "tlog_tiles, {old} to {size}");
        verify_consistency(old, size, &old_root, &root, &from_tlog(&by_tlog)).expect("this crate accepts tlog_tiles' proof");
        tlog::check_tree(&to_tlog(&proof), size, tlog::Hash(root), old, tlog::Hash(old_root)).expect("tlog_tiles accepts ours");

        let by_ct = self.ct.prove_consistency((size - old) as usize);
        assert_eq!(by_ct.as_bytes(), proof.concat(), "ct-merkle, {old} to {size}");
        verify_consistency(old, size, &old_root, &root, &hashes(by_ct.as_bytes())).expect("this crate accepts ct-merkle's proof");
        let ours = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).expect("ct-merkle reads our proof");
        ct_root(root, size).verify_consistency(&ct_root(old_root, old), &ours).expect("ct-merkle accepts our proof");
    }
}

fn ct_root(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.into(), size)
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks(32).map(|chunk| chunk.try_into().expect("whole hashes")).collect()
}

fn from_tlog(proof: &[tlog::Hash]) -> Vec<Hash> {
    proof.iter().map(|hash| hash.0).collect()
}

fn to_tlog(proof: &[Hash]) -> Vec<tlog::Hash> {
    proof.iter().map(|hash| tlog::Hash(*hash)).collect()
}

#[test]
fn all_three_agree_on_every_tree_of_up_to_300_leaves() {
    let mut trio = Trio::new();
    assert_eq!(trio.ours.frontier.root(), empty_root());
    assert_eq!(trio.ours.root_at(0), empty_root());
    loop {
        trio.check_root();
        (0..trio.size()).for_each(|index| trio.check_inclusion(index));
        (0..=trio.size()).for_each(|old| trio.check_consistency(old));
        if trio.size() == 300 {
            break;
        }
        trio.grow();
    }
}

#[test]
fn all_three_agree_on_larger_trees_of_random_sizes() {
    let mut numbers = Numbers(20_261_120);
    let mut sizes: Vec<u64> = (0..40).map(|_| 300 + numbers.below(19_700)).collect();
    sizes.extend([511, 512, 513, 4095, 4096, 4097, 16_383, 16_384, 16_385, 20_000]);
    sizes.sort_unstable();
    let mut trio = Trio::new();
    for size in sizes {
        while trio.size() < size {
            trio.grow();
        }
        trio.check_root();
        let edges = [0, 1, size / 2, size - 2, size - 1];
        edges.into_iter().for_each(|index| trio.check_inclusion(index));
        (0..25).for_each(|_| trio.check_inclusion(numbers.below(size)));
        edges.into_iter().for_each(|old| trio.check_consistency(old));
        (0..25).for_each(|_| trio.check_consistency(1 + numbers.below(size)));
    }
}

#[test]
fn both_implementations_read_the_same_checkpoints() {
    let mut numbers = Numbers(9);
    for _ in 0..200 {
        let size = numbers.below(u64::MAX) >> numbers.below(64);
        let checkpoint = Checkpoint { origin: support::ORIGIN.into(), size, root: leaf_hash(&leaf(size)) };
        let theirs = tlog_tiles::Checkpoint::from_bytes(checkpoint.body().as_bytes()).expect("tlog_tiles reads our checkpoint");
        assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (support::ORIGIN, size, checkpoint.root));
        let again = String::from_utf8(theirs.to_bytes()).expect("text");
        assert_eq!(Checkpoint::parse(&again), Ok(checkpoint));
    }
}

#[test]
fn tile_paths_equal_those_of_go() {
    let mut numbers = Numbers(5);
    for round in 0..2000u64 {
        // Go's `tlog` writes indexes as we do; its tiles of height 8 are `tile/8/<level>/...`.
        let (level, index, width) = (numbers.below(7) as u8, numbers.below(1 << (round % 40)), 1 + numbers.below(256) as u16);
        let theirs = tlog_tiles::Tile::new(8, level, index, width.into(), false).path();
        let ours = Resource::Hashes { level, index, width };
        assert_eq!(ours.to_string().replace("tile/", "tile/8/"), theirs);
        if ours.start() != u64::MAX {
            assert_eq!(Resource::parse(&ours.to_string()), Ok(ours));
        }
    }
}
