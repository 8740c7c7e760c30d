//! The costs of a tree of a million leaves: nanoseconds per append, per proof and per check; the median of several runs.
//!
//! `cargo bench -p keyrack-merkle`
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::hint::black_box;
use std::time::Instant;

use keyrack_merkle::*;

const LEAVES: u64 = 1_000_000;
const SAMPLES: u64 = 100_000;
const RUNS: usize = 7;

fn main() {
    let leaves: Vec<Hash> = (0..LEAVES).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let data = [7u8; 200];
    report("hash a leaf of 200 bytes", LEAVES, || {
        for _ in 0..LEAVES {
            black_box(leaf_hash(black_box(&data)));
        }
    });
    report("append a leaf's hash", LEAVES, || {
        let mut frontier = Frontier::new();
        for leaf in &leaves {
            frontier.append(*leaf, |_, _, hash| {
                black_box(hash);
            });
        }
        black_box(frontier.root());
    });
    report("append a leaf's hash, into a window of 4096", LEAVES, || drop(black_box(grow(&leaves, 4096))));

    let (frontier, window) = grow(&leaves, usize::MAX);
    let (size, root) = (frontier.size(), frontier.root());
    let prove = |index| inclusion_proof(&mut &window, index, size).expect("the window holds everything");
    let extend = |old| consistency_proof(&mut &window, old, size).expect("the window holds everything");
    let places: Vec<u64> = (0..SAMPLES).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size).collect();
    report("prove inclusion", SAMPLES, || places.iter().for_each(|index| drop(black_box(prove(*index)))));
    report("prove consistency", SAMPLES, || places.iter().for_each(|old| drop(black_box(extend(*old)))));
    let proofs: Vec<(u64, Vec<Hash>)> = places.iter().map(|index| (*index, prove(*index))).collect();
    report("verify inclusion", SAMPLES, || {
        for (index, proof) in &proofs {
            verify_inclusion(*index, size, &leaves[*index as usize], proof, &root).expect("the proof is valid");
        }
    });
    signatures(&Checkpoint { origin: "bench.example/log".into(), size, root });
}

fn signatures(checkpoint: &Checkpoint) {
    let log = NoteKey::from_seed("bench.example/log", KeyKind::Log, &[1; 32]).expect("a valid name");
    report("sign a checkpoint", 2000, || (0..2000).for_each(|_| drop(black_box(checkpoint.sign(&log)))));
    let (body, signature) = (checkpoint.body(), checkpoint.sign(&log));
    report("verify a signature", 2000, || {
        (0..2000).for_each(|_| {
            verify_signature(&body, &signature, log.verifier()).expect("the signature is valid");
        });
    });
}

fn grow(leaves: &[Hash], per_level: usize) -> (Frontier, Window) {
    let (mut frontier, mut window) = (Frontier::new(), Window::new(per_level));
    leaves.iter().for_each(|leaf| frontier.append(*leaf, |level, index, hash| window.push(level, index, hash)));
    (frontier, window)
}

/// Runs it several times and prints the median in nanoseconds per operation.
fn report(what: &str, operations: u64, mut run: impl FnMut()) {
    let mut nanos: Vec<u128> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos()
        })
        .collect();
    nanos.sort_unstable();
    println!("{:>8.1} ns  {what}", nanos[RUNS / 2] as f64 / operations as f64);
}
