//! Shared by the tests: trees of numbered leaves, a few keys, and whole receipts.
#![allow(dead_code, reason = "each test file uses only a part")]

use keyrack_merkle::*;

/// The log's name in all receipts.
pub const ORIGIN: &str = "keyrack.example/shard-1";
/// The time of a cosignature is this plus the witness's number.
pub const TIME_S: u64 = 1_700_000_000;

/// Leaf `n` of every tree.
pub fn leaf(n: u64) -> Vec<u8> {
    format!("leaf {n}").into_bytes()
}

/// A tree with all of its nodes.
pub struct Tree {
    pub frontier: Frontier,
    pub nodes: Window,
}

impl Tree {
    pub fn new() -> Tree {
        Tree { frontier: Frontier::new(), nodes: Window::new(usize::MAX) }
    }

    pub fn of(size: u64) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|n| tree.push(&leaf(n)));
        tree
    }

    pub fn push(&mut self, data: &[u8]) {
        let nodes = &mut self.nodes;
        self.frontier.append(leaf_hash(data), |level, index, hash| nodes.push(level, index, hash));
    }

    pub fn root_at(&self, size: u64) -> Hash {
        root_at(&mut &self.nodes, size).expect("the window holds everything")
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(&mut &self.nodes, index, size).expect("the window holds everything")
    }

    pub fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency_proof(&mut &self.nodes, old, new).expect("the window holds everything")
    }
}

/// A log's key. Its seed differs from those of all witnesses.
pub fn log_key(number: u8) -> NoteKey {
    NoteKey::from_seed(ORIGIN, KeyKind::Log, &[100 + number; 32]).expect("a valid name")
}

pub fn witness_key(number: u8) -> NoteKey {
    NoteKey::from_seed(&format!("witness.example/w{number}"), KeyKind::Cosigner, &[number; 32]).expect("a valid name")
}

/// One log and `witnesses` witnesses `w1`, `w2`, ...; all must cosign.
pub fn strict_policy(witnesses: u8) -> Policy {
    Policy::parse(strict_policy_text(witnesses).as_bytes()).expect("a valid policy")
}

pub fn strict_policy_text(witnesses: u8) -> String {
    let mut text = format!("log {}\n", log_key(1).verifier());
    (1..=witnesses).for_each(|n| text += &format!("witness w{n} {}\n", witness_key(n).verifier()));
    let names: String = (1..=witnesses).map(|n| format!(" w{n}")).collect();
    text + &format!("group everyone all{names}\nquorum everyone\n")
}

/// A checkpoint of the tree, signed by log 1 and by witnesses 1 to `witnesses`.
pub fn signed(tree: &Tree, witnesses: u8) -> Note {
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: tree.frontier.size(), root: tree.frontier.root() };
    let cosignatures = (1..=witnesses).map(|n| checkpoint.cosign(&witness_key(n), TIME_S + u64::from(n)));
    let signatures = [checkpoint.sign(&log_key(1))].into_iter().chain(cosignatures).collect();
    Note { text: checkpoint.body(), signatures }
}

/// A receipt for a leaf of `tree`.
pub fn receipt(tree: &Tree, index: u64, witnesses: u8, extra: Option<Vec<u8>>) -> ProofFile {
    let hashes = tree.inclusion(index, tree.frontier.size());
    ProofFile { extra, index, hashes, checkpoint: signed(tree, witnesses) }
}

/// SplitMix64: numbers that look random and are the same on every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
