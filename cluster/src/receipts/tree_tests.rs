//! Tests the tree on disk against the definition in RFC 6962, and the rules of signing.

use std::sync::Arc;

use keyrack_inventory::{Key, Row, StoredCheckpoint};
use keyrack_merkle::{
    Checkpoint, Frontier, Hash, Note, Resource, Signature, inclusion_proof, leaf_hash, node_hash, root_at, verify_consistency,
    verify_inclusion,
};
use tempfile::TempDir;

use super::nodes::{Source, StoredNodes};
use super::{Head, Heads, NodeKeys, Published, ReceiptLog, SignRefusal, Signer, Tree};
use crate::freshness::Freshness;
use crate::halt::Halt;
use crate::storage::{LogDb, LogWrite, RowsDb, Slot, put_leaf};

const SHARD: u32 = 1;

struct Log {
    folder: TempDir,
    rows: Arc<RowsDb>,
    heads: Arc<Heads>,
    tree: Tree,
    leaves: Vec<Vec<u8>>,
}

impl Log {
    fn new() -> Log {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = Arc::new(RowsDb::open(&folder.path().join("rows"), SHARD + 1).expect("opened"));
        let heads = Arc::new(Heads::default());
        let tree = Tree::load(&rows, SHARD, heads.clone()).expect("empty");
        Log { folder, rows, heads, tree, leaves: Vec::new() }
    }

    /// Appends entries with these numbers of leaves, in one write.
    fn append(&mut self, entries: &[usize]) {
        let first = self.leaves.len();
        for count in entries {
            for _ in 0..*count {
                let leaf = format!("leaf {}", self.leaves.len()).into_bytes();
                self.tree.append(&leaf);
                self.leaves.push(leaf);
            }
            self.tree.end_entry();
        }
        let (tree, leaves) = (&mut self.tree, &self.leaves);
        let written = self.rows.write(SHARD, &[0; 8], |set| {
            for (place, leaf) in leaves[first..].iter().enumerate() {
                put_leaf(set, (first + place) as u64, leaf);
            }
            tree.write(set);
        });
        written.expect("written");
        self.tree.publish();
    }

    fn reload(&mut self) {
        self.heads = Arc::new(Heads::default());
        self.tree = Tree::load(&self.rows, SHARD, self.heads.clone()).expect("loaded");
    }

    fn root(&self, size: usize) -> Hash {
        let hashes: Vec<Hash> = self.leaves[..size].iter().map(|leaf| leaf_hash(leaf)).collect();
        definition(&hashes)
    }

    fn stored<T>(&self, read: impl Fn(&mut Source<'_, '_>) -> T) -> T {
        self.rows.view(SHARD, |view| read(&mut Source::Stored(StoredNodes::new(view, None)))).expect("viewed")
    }

    fn reader(&self, size: usize) -> ReceiptLog {
        let published = Arc::new(Published::default());
        let text = Checkpoint { origin: "inn/shard-1".into(), size: size as u64, root: self.root(size) }.body();
        let signatures = vec![Signature { name: "inn/shard-1".into(), key_id: 1, bytes: vec![0; 64] }];
        let stored = StoredCheckpoint { at_ms: 1, note: Note { text, signatures }.to_string() };
        let written = self.rows.write(SHARD, &[0; 8], |set| {
            let (mut key, mut value) = (Vec::new(), Vec::new());
            Key::Checkpoint(size as u64).encode(&mut key);
            keyrack_proto::rows::encode(&Row::Checkpoint(Box::new(stored.clone())), &mut value);
            set.put(&key, &value);
        });
        written.expect("written");
        published.add(&stored);
        let divergence = Arc::new(Halt::new(self.folder.path().into()));
        ReceiptLog::new(SHARD, "inn", self.rows.clone(), (self.heads.clone(), published, Freshness::default()), divergence)
    }

    fn signer(&self, log: &LogDb) -> Signer {
        let keys = Arc::new(NodeKeys::derive(&[7; 32], "inn", 1, SHARD).expect("keys"));
        Signer::open(SHARD, "inn", keys, self.heads.clone(), self.rows.clone(), log.clone()).expect("opened")
    }

    fn head(&self, size: usize) -> Head {
        Head { size: size as u64, root: self.root(size) }
    }
}

/// MTH of RFC 6962 section 2.1, word for word.
fn definition(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => keyrack_merkle::empty_root(),
        [one] => *one,
        many => {
            let split = many.len().next_power_of_two() / 2;
            node_hash(&definition(&many[..split]), &definition(&many[split..]))
        }
    }
}

#[test]
fn roots_and_proofs_from_disk_match_rfc_6962() {
    let mut log = Log::new();
    for entries in [&[1][..], &[2, 3], &[250], &[1, 0, 1], &[260, 130], &[1_400]] {
        log.append(entries);
        let size = log.leaves.len();
        assert_eq!(log.heads.newest(), log.head(size));
        for at in [0, 1, size / 3, size / 2, size - 1, size] {
            assert_eq!(log.stored(|nodes| root_at(nodes, at as u64)).expect("read"), log.root(at), "{at} of {size}");
        }
        for leaf in [0, 255.min(size - 1), 256.min(size - 1), size / 2, size - 1] {
            let proof = log.stored(|nodes| inclusion_proof(nodes, leaf as u64, size as u64)).expect("read");
            let hash = leaf_hash(&log.leaves[leaf]);
            verify_inclusion(leaf as u64, size as u64, &hash, &proof, &log.root(size)).expect("verifies");
        }
    }
}

#[test]
fn a_restart_does_not_change_how_a_tree_grows() {
    let mut log = Log::new();
    let mut without = Frontier::new();
    for count in [1, 254, 1, 1, 300, 7, 1_000] {
        log.append(&[count]);
        log.reload();
        let size = log.leaves.len();
        log.leaves[size - count..].iter().for_each(|leaf| without.append(leaf_hash(leaf), |_, _, _| {}));
        assert_eq!(log.heads.newest().root, without.root());
        // A leaf appended after the restart is proved from memory, older leaves from disk.
        log.append(&[1]);
        without.append(leaf_hash(&log.leaves[size]), |_, _, _| {});
        let (reader, root) = (log.reader(size + 1), log.root(size + 1));
        for leaf in [0, size / 2, size] {
            let proof = reader.prove_inclusion(leaf as u64, size as u64 + 1).expect("read").expect("covered");
            verify_inclusion(leaf as u64, size as u64 + 1, &leaf_hash(&log.leaves[leaf]), &proof.hashes, &root)
                .expect("verifies");
        }
        let proof = reader.prove_consistency(size as u64, size as u64 + 1).expect("read").expect("covered");
        verify_consistency(size as u64, size as u64 + 1, &log.root(size), &root, &proof.hashes).expect("verifies");
    }
}

#[test]
fn nothing_beyond_the_checkpoint_is_served() {
    let mut log = Log::new();
    log.append(&[700]);
    let reader = log.reader(600);
    let tile = |level, index, width| reader.resource(Resource::Hashes { level, index, width }).expect("read");
    let hashes: Vec<u8> = log.leaves[512..600].iter().flat_map(|leaf| leaf_hash(leaf)).collect();
    assert_eq!(tile(0, 2, 88), Some(hashes));
    assert_eq!(tile(0, 2, 89), None);
    assert_eq!(tile(0, 3, 1), None);
    assert_eq!(tile(1, 0, 2).map(|bytes| bytes.len()), Some(64));
    assert_eq!(tile(1, 0, 3), None);
    assert_eq!(tile(63, u64::MAX, 256), None);
    let bundle = reader.resource(Resource::Entries { index: 2, width: 2 }).expect("read").expect("covered");
    assert_eq!(bundle, b"\x00\x08leaf 512\x00\x08leaf 513");
    assert!(reader.prove_inclusion(1, 601).expect("read").is_none());
    assert!(reader.prove_consistency(601, 601).expect("read").is_none());
}

#[test]
fn a_changed_tree_row_is_not_served_and_makes_a_start_fail() {
    let mut log = Log::new();
    log.append(&[300]);
    log.reload();
    let reader = log.reader(300);
    assert!(reader.receipt(3).expect("read").is_some());
    let tile = super::nodes::tile_key(0, 0);
    log.rows.write(SHARD, &[0; 8], |set| set.put(&tile, &[9; 8_192])).expect("written");
    assert!(reader.receipt(3).is_err(), "the proof does not lead to the checkpoint");
    log.rows.write(SHARD, &[0; 8], |set| set.put(b"\x50\0\0\0\0\0\0\x01\x20", b"another leaf")).expect("written");
    assert!(Tree::load(&log.rows, SHARD, Arc::default()).is_err(), "the last leaves contradict the right edge");
}

#[tokio::test]
async fn a_replica_signs_only_its_own_roots_and_never_a_smaller_tree() {
    let mut log = Log::new();
    log.append(&[2, 3]);
    let disk = LogDb::open(&log.folder.path().join("log")).expect("opened");
    let signer = log.signer(&disk);
    let lines = signer.sign(log.head(5)).await.expect("signed");
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(signer.sign(log.head(5)).await.is_ok(), "signing the same head again is allowed");
    assert_eq!(signer.sign(log.head(2)).await, Err(SignRefusal::SmallerTree { signed: 5, asked: 2 }));
    let own = log.root(5);
    assert_eq!(signer.sign(Head { size: 5, root: [1; 32] }).await, Err(SignRefusal::Diverged { size: 5, own }));
    log.append(&[4]);
    assert!(signer.sign(log.head(9)).await.is_ok());
    // A restart does not forget the signed head.
    log.reload();
    let signer = log.signer(&disk);
    assert_eq!(signer.sign(log.head(5)).await, Err(SignRefusal::SmallerTree { signed: 9, asked: 5 }));
    assert!(signer.sign(log.head(9)).await.is_ok());
}

#[tokio::test]
async fn a_replica_whose_tree_lost_what_it_signed_signs_nothing() {
    let mut log = Log::new();
    log.append(&[5]);
    let disk = LogDb::open(&log.folder.path().join("log")).expect("opened");
    let mut signed = 3u64.to_be_bytes().to_vec();
    signed.extend([0xaa; 32]);
    let (done, written) = tokio::sync::oneshot::channel();
    let keep = vec![LogWrite::PutSlot(Slot::Signed, signed.into())];
    disk.write(SHARD, keep, true, Box::new(|result| drop(done.send(result)))).await.expect("queued");
    written.await.expect("answered").expect("written");
    let signer = log.signer(&disk);
    assert_eq!(signer.sign(log.head(5)).await, Err(SignRefusal::OtherRootSigned { size: 3 }));
    log.append(&[1]);
    assert_eq!(signer.sign(log.head(6)).await, Err(SignRefusal::OtherRootSigned { size: 3 }));
}
