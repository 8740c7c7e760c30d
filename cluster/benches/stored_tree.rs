//! Measures a receipts tree of ten million leaves on disk: an append with its write, and an inclusion proof from a cold cache.
//! Run `cargo bench --workspace --bench stored_tree [-- LEAVES]`. As root it also empties the kernel's page cache.

// A benchmark that fails has nothing to report.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use keyrack_cluster::measured::{Heads, RowsDb, StoredNodes, Tree, put_leaf};
use keyrack_merkle::{inclusion_proof, leaf_hash, root_at, verify_inclusion};

const SHARD: u32 = 1;
/// The length of the leaf of a stay of three nights.
const LEAF_BYTES: usize = 353;
const PROOFS: u64 = 200;

fn main() {
    let leaves: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    grow(&path, leaves);
    let db = RowsDb::open(&path, SHARD + 1).unwrap();
    let root = db.view(SHARD, |view| root_at(&mut StoredNodes::new(view, None), leaves)).unwrap().unwrap();
    drop(db);
    for (what, disk_too) in [("database reopened", false), ("database reopened and page cache empty", true)] {
        let prove = |n| prove_cold(&path, n * 2_654_435_761 % leaves, leaves, &root, disk_too);
        let mut took: Vec<Duration> = (0..PROOFS).map(prove).collect();
        took.sort_unstable();
        let at = |share: f64| took[((PROOFS - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
        let (median, high, most) = (at(0.5), at(0.99), at(1.0));
        println!("inclusion proof of {leaves} leaves, {what}: p50 {median:.0} us, p99 {high:.0} us, max {most:.0} us");
    }
}

fn leaf(index: u64) -> Vec<u8> {
    let mut leaf = vec![0; LEAF_BYTES];
    // Bytes that do not compress, like digests.
    let mut state = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for chunk in leaf.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_be_bytes()[..chunk.len()]);
    }
    leaf
}

fn grow(path: &std::path::Path, leaves: u64) {
    let db = RowsDb::open(path, SHARD + 1).unwrap();
    let mut tree = Tree::load(&db, SHARD, Arc::default()).unwrap();
    let began = Instant::now();
    let mut hashing = Duration::ZERO;
    while tree.size() < leaves {
        let first = tree.size();
        let batch: Vec<Vec<u8>> = (first..leaves.min(first + 256)).map(leaf).collect();
        let start = Instant::now();
        batch.iter().for_each(|leaf| tree.append(leaf));
        tree.end_entry();
        hashing += start.elapsed();
        let write = db.write(SHARD, &[0; 8], |set| {
            batch.iter().zip(first..).for_each(|(leaf, index)| put_leaf(set, index, leaf));
            tree.write(set);
        });
        write.unwrap();
        tree.publish();
    }
    let nanos = |took: Duration| took.as_nanos() as f64 / leaves as f64;
    println!(
        "append: {:.0} ns a leaf in memory (its hash included), {:.0} ns with its rows",
        nanos(hashing),
        nanos(began.elapsed())
    );
}

/// One proof right after the node's start, when only the last tiles are in memory.
fn prove_cold(path: &std::path::Path, index: u64, leaves: u64, root: &[u8; 32], disk_too: bool) -> Duration {
    let db = RowsDb::open(path, SHARD + 1).unwrap();
    let heads = Arc::new(Heads::default());
    Tree::load(&db, SHARD, heads.clone()).unwrap();
    drop(db);
    let db = RowsDb::open(path, SHARD + 1).unwrap();
    if disk_too {
        // Only root can do this. Otherwise the kernel's cache stays warm.
        let _ = std::fs::write("/proc/sys/vm/drop_caches", "1");
    }
    let start = Instant::now();
    let last = heads.last_tiles();
    let prove = |view: &mut keyrack_cluster::View<'_>| inclusion_proof(&mut StoredNodes::new(view, Some(&last)), index, leaves);
    let proof = db.view(SHARD, prove).unwrap().unwrap();
    let took = start.elapsed();
    verify_inclusion(index, leaves, &leaf_hash(&leaf(index)), &proof, root).unwrap();
    took
}
