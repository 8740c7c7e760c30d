//! Honest logs, and logs that were changed.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use keyrack_inventory::{Leaf, LeafKind};
use keyrack_merkle::{
    Checkpoint, Frontier, Hash, KeyKind, Note, NoteKey, Policy, TILE_WIDTH, Window, consistency_proof, leaf_hash,
};

use super::super::finding::Kind;
use super::super::follow::Follower;
use super::super::report::Report;
use super::super::source::Source;
use super::super::store::Store;
use super::{leaf, log, rooms};

const ORIGIN: &str = "test/shard-1";

/// A log in memory. Each node serves the first leaves, as many as `sizes` has for it.
struct FakeLog {
    leaves: RefCell<Vec<Vec<u8>>>,
    /// Another history, and the node that serves it.
    other: RefCell<Option<(usize, Vec<Vec<u8>>)>>,
    sizes: RefCell<Vec<usize>>,
    bundles: Cell<u64>,
    fail_after: Cell<u64>,
    withholds_proofs: Cell<bool>,
}

impl FakeLog {
    fn new(leaves: &[Leaf]) -> FakeLog {
        let leaves: Vec<_> = leaves.iter().map(Leaf::encode).collect();
        let sizes = RefCell::new(vec![leaves.len()]);
        let counts = (Cell::new(0), Cell::new(u64::MAX));
        let (leaves, other, withholds_proofs) = (RefCell::new(leaves), RefCell::default(), Cell::new(false));
        FakeLog { leaves, other, sizes, bundles: counts.0, fail_after: counts.1, withholds_proofs }
    }

    fn history(&self, node: usize) -> Vec<Vec<u8>> {
        match &*self.other.borrow() {
            Some((other, leaves)) if *other == node => leaves.clone(),
            _ => self.leaves.borrow().clone(),
        }
    }
}

fn tree(leaves: &[Vec<u8>]) -> (Frontier, Window) {
    let (mut frontier, mut window) = (Frontier::new(), Window::new(1 << 20));
    for leaf in leaves {
        frontier.append(leaf_hash(leaf), |level, index, hash| window.push(level, index, hash));
    }
    (frontier, window)
}

fn keys() -> (NoteKey, NoteKey) {
    let log = NoteKey::from_seed(ORIGIN, KeyKind::Log, &[1; 32]).expect("a name");
    (log, NoteKey::from_seed("test/node-1", KeyKind::Cosigner, &[2; 32]).expect("a name"))
}

fn policy() -> Policy {
    let (log, witness) = keys();
    let text = format!("log {}\nwitness node-1 {}\nquorum node-1\n", log.verifier(), witness.verifier());
    Policy::parse(text.as_bytes()).expect("a policy")
}

fn signed(leaves: &[Vec<u8>]) -> Note {
    let (log, witness) = keys();
    let (frontier, _) = tree(leaves);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: frontier.size(), root: frontier.root() };
    let signatures = vec![checkpoint.sign(&log), checkpoint.cosign(&witness, 1_800_000_000)];
    Note { text: checkpoint.body(), signatures }
}

impl Source for FakeLog {
    async fn checkpoints(&self, _: u32) -> Vec<(String, anyhow::Result<Note>)> {
        let sizes = self.sizes.borrow().clone();
        (0..).zip(sizes).map(|(node, size)| (format!("node-{node}"), Ok(signed(&self.history(node)[..size])))).collect()
    }

    async fn entries(&self, _: u32, index: u64, width: u16) -> anyhow::Result<Vec<Vec<u8>>> {
        self.bundles.set(self.bundles.get() + 1);
        anyhow::ensure!(self.bundles.get() <= self.fail_after.get(), "the connection was closed");
        let first = index as usize * usize::from(TILE_WIDTH);
        Ok(self.leaves.borrow()[first..first + usize::from(width)].to_vec())
    }

    async fn consistency(&self, _: u32, old: u64, new: u64) -> anyhow::Result<Vec<Hash>> {
        anyhow::ensure!(!self.withholds_proofs.get(), "the proof is not available");
        let leaves = self.leaves.borrow();
        anyhow::ensure!(new <= leaves.len() as u64, "there is no such tree");
        Ok(consistency_proof(&mut &tree(&leaves).1, old, new)?)
    }
}

/// A folder that is deleted after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("keyrack-audit-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Folder(folder)
    }

    fn evidence(&self) -> usize {
        let name =
            |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name().to_string_lossy().into_owned();
        std::fs::read_dir(&self.0).expect("a folder").map(name).filter(|name| name.starts_with("evidence-")).count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn try_follow(source: &FakeLog, folder: &Path) -> anyhow::Result<Report> {
    let store = Store::open(folder)?;
    let policy = policy();
    let (bar, pause) = (ProgressBar::hidden(), Duration::ZERO);
    Follower { source, policy: &policy, store: &store, bar, pause }.follow(1, ORIGIN).await
}

async fn follow(source: &FakeLog, folder: &Folder) -> Report {
    try_follow(source, &folder.0).await.expect("a report")
}

fn kinds(report: &Report) -> Vec<Kind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

/// This number of bookings, each of one room of a thousand.
fn bookings(count: u64) -> Vec<Leaf> {
    log((0..count).map(|n| rooms(leaf(LeafKind::Book, n, None), 1, 1_000, 999 - n as i64)))
}

#[tokio::test]
async fn a_growing_log_is_followed_from_where_it_was() {
    let (all, folder) = (bookings(700), Folder::new("grows"));
    let source = FakeLog::new(&all);
    for (size, bundles) in [(1, 1), (255, 2), (256, 3), (300, 4), (700, 6), (700, 6)] {
        *source.sizes.borrow_mut() = vec![size];
        let report = follow(&source, &folder).await;
        assert_eq!((kinds(&report), report.verified, report.room_nights_sold), (vec![], size as u64, 2 * size as u64));
        assert_eq!(source.bundles.get(), bundles, "only new bundles are fetched");
    }
    assert!(report_text(&source, &folder).await.contains("nothing wrong in 700 leaves"));
}

async fn report_text(source: &FakeLog, folder: &Folder) -> String {
    follow(source, folder).await.text()
}

#[tokio::test]
async fn a_rewritten_log_is_a_fork() {
    let (mut all, folder) = (bookings(10), Folder::new("rewritten"));
    let source = FakeLog::new(&all);
    *source.sizes.borrow_mut() = vec![8];
    assert!(follow(&source, &folder).await.is_good());
    // One leaf is different: found at the same size and at a larger one, and in every run, because the state stays the same.
    all[3].at_ms += 1;
    let rewritten = FakeLog::new(&all);
    for size in [8, 10, 10] {
        *rewritten.sizes.borrow_mut() = vec![size];
        let report = follow(&rewritten, &folder).await;
        assert_eq!((kinds(&report), report.verified), (vec![Kind::Fork], 8), "{size}");
        assert!(report.text().contains("FORK"), "{}", report.text());
    }
    assert_eq!(folder.evidence(), 3, "the old checkpoint and two others, each once");
    assert!(follow(&source, &folder).await.is_good(), "the original log is still followed");
}

#[tokio::test]
async fn a_shorter_log_is_a_rollback_or_a_fork() {
    let (mut all, folder) = (bookings(10), Folder::new("shorter"));
    let source = FakeLog::new(&all);
    assert!(follow(&source, &folder).await.is_good());
    // The node can prove that the shorter log is a beginning of the longer one.
    *source.sizes.borrow_mut() = vec![6];
    assert_eq!(kinds(&follow(&source, &folder).await), [Kind::Rollback]);
    // The node cannot prove it, because it lost the other leaves.
    all.truncate(6);
    assert_eq!(kinds(&follow(&FakeLog::new(&all), &folder).await), [Kind::Fork]);
}

#[tokio::test]
async fn nodes_that_show_different_histories_are_a_fork() {
    let (mut all, folder) = (bookings(9), Folder::new("nodes"));
    let source = FakeLog::new(&all);
    *source.sizes.borrow_mut() = vec![9, 7, 9];
    assert!(follow(&source, &folder).await.is_good(), "a node that lags behind shows the same history");
    all[2].at_ms += 1;
    for sizes in [vec![9, 9], vec![9, 5]] {
        *source.sizes.borrow_mut() = sizes;
        *source.other.borrow_mut() = Some((1, all.iter().map(Leaf::encode).collect()));
        let found = kinds(&follow(&source, &folder).await);
        assert!(!found.is_empty() && found.iter().all(|kind| *kind == Kind::Fork), "{found:?}");
    }
}

/// Two roots for the same history, signed by a majority. The nodes give no proofs: the replayed tree shows the fork.
#[tokio::test]
async fn a_fork_is_found_without_proofs() {
    let (mut all, folder) = (bookings(9), Folder::new("withheld"));
    let source = FakeLog::new(&all);
    source.withholds_proofs.set(true);
    *source.sizes.borrow_mut() = vec![9, 5, 0, 9];
    assert!(follow(&source, &folder).await.is_good(), "the roots of one history need no proof");
    let (folder, fork) = (Folder::new("withheld-fork"), FakeLog::new(&all));
    all[2].at_ms += 1;
    fork.withholds_proofs.set(true);
    *fork.sizes.borrow_mut() = vec![9, 5];
    *fork.other.borrow_mut() = Some((1, all.iter().map(Leaf::encode).collect()));
    assert_eq!((kinds(&follow(&fork, &folder).await), folder.evidence()), (vec![Kind::Fork], 2));
}

#[tokio::test]
async fn a_checkpoint_that_nobody_compares_is_a_finding_of_its_own() {
    let (all, folder) = (bookings(9), Folder::new("unchecked"));
    let source = FakeLog::new(&all);
    *source.sizes.borrow_mut() = vec![8];
    assert!(follow(&source, &folder).await.is_good());
    // A node lags behind what was verified, and no node proves that it has the same history.
    source.withholds_proofs.set(true);
    *source.sizes.borrow_mut() = vec![9, 3];
    let report = follow(&source, &folder).await;
    assert_eq!((kinds(&report), report.verified), (vec![Kind::Unchecked], 9));
    assert!(report.is_only_unchecked() && report.text().contains("NOT CHECKED"), "{}", report.text());
    assert_eq!(folder.evidence(), 0, "it is no evidence of a fork");
    let files = std::fs::read_dir(&folder.0).expect("a folder").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    assert_eq!(files.filter(|name| name.starts_with("unchecked-")).count(), 2);
    source.withholds_proofs.set(false);
    assert!(follow(&source, &folder).await.is_good(), "the next audit has the proof");
}

#[tokio::test]
async fn leaves_that_were_not_signed_are_found() {
    let (mut all, folder) = (bookings(9), Folder::new("entries"));
    let source = FakeLog::new(&all);
    all[2].at_ms += 1;
    // The checkpoint is from one history, the leaves are from the other.
    *source.other.borrow_mut() = Some((0, all.iter().map(Leaf::encode).collect()));
    let report = follow(&source, &folder).await;
    assert_eq!((kinds(&report), report.verified), (vec![Kind::Entries], 0));
}

#[tokio::test]
async fn a_checkpoint_without_cosignatures_is_untrusted() {
    struct Strange(FakeLog);
    impl Source for Strange {
        async fn checkpoints(&self, shard: u32) -> Vec<(String, anyhow::Result<Note>)> {
            let mut all = self.0.checkpoints(shard).await;
            all.iter_mut().for_each(|(_, note)| note.as_mut().expect("a note").signatures.truncate(1));
            all
        }
        async fn entries(&self, shard: u32, index: u64, width: u16) -> anyhow::Result<Vec<Vec<u8>>> {
            self.0.entries(shard, index, width).await
        }
        async fn consistency(&self, shard: u32, old: u64, new: u64) -> anyhow::Result<Vec<Hash>> {
            self.0.consistency(shard, old, new).await
        }
    }
    let folder = Folder::new("untrusted");
    let (store, policy) = (Store::open(&folder.0).expect("a folder"), policy());
    let source = Strange(FakeLog::new(&bookings(3)));
    let (bar, pause) = (ProgressBar::hidden(), Duration::ZERO);
    let follower = Follower { source: &source, policy: &policy, store: &store, bar, pause };
    let report = follower.follow(1, ORIGIN).await.expect("a report");
    assert_eq!((kinds(&report), folder.evidence()), (vec![Kind::Untrusted], 1));
}

#[tokio::test]
async fn a_finding_is_reported_once_and_counted_later() {
    let folder = Folder::new("oversell");
    let source =
        FakeLog::new(&log([rooms(leaf(LeafKind::Book, 1, None), 2, 1, -1), rooms(leaf(LeafKind::Cancel, 1, Some(0)), 2, 1, 1)]));
    *source.sizes.borrow_mut() = vec![1];
    assert_eq!(kinds(&follow(&source, &folder).await), [Kind::Oversell]);
    *source.sizes.borrow_mut() = vec![2];
    let report = follow(&source, &folder).await;
    assert_eq!((kinds(&report), report.found_before), (vec![], 1));
}

#[tokio::test]
async fn an_interrupted_audit_keeps_what_was_verified() {
    let folder = Folder::new("interrupted");
    let source = FakeLog::new(&bookings(700));
    *source.sizes.borrow_mut() = vec![300];
    assert!(follow(&source, &folder).await.is_good());
    *source.sizes.borrow_mut() = vec![700];
    source.fail_after.set(source.bundles.get() + 1);
    assert!(try_follow(&source, &folder.0).await.is_err());
    source.fail_after.set(u64::MAX);
    let report = follow(&source, &folder).await;
    assert_eq!((kinds(&report), report.verified_before, report.verified), (vec![], 300, 700));
}

#[tokio::test]
async fn saved_progress_continues_and_wrong_progress_is_dropped() {
    let (all, folder) = (bookings(600), Folder::new("ahead"));
    let source = FakeLog::new(&all);
    *source.sizes.borrow_mut() = vec![100];
    assert!(follow(&source, &folder).await.is_good());
    let ahead = |change: u64| {
        let store = Store::open(&folder.0).expect("a folder");
        let (mut state, none) = store.load(1, ORIGIN).expect("a state");
        assert!(none.is_none());
        for (index, leaf) in (0..).zip(&all).skip(100).take(400) {
            let mut leaf = leaf.clone();
            leaf.at_ms += change;
            state.frontier.append(leaf_hash(&leaf.encode()), |_, _, _| {});
            state.ledger.apply_leaf(index, Ok(&leaf), &mut state.findings);
        }
        store.save_progress(1, &state).expect("a file");
        assert!(store.load(1, ORIGIN).expect("a state").1.is_some());
    };
    *source.sizes.borrow_mut() = vec![600];
    ahead(1);
    assert_eq!(kinds(&follow(&source, &folder).await), [Kind::Entries]);
    ahead(0);
    source.bundles.set(0);
    let report = follow(&source, &folder).await;
    assert_eq!((kinds(&report), report.verified, source.bundles.get()), (vec![], 600, 2));
}

#[tokio::test]
async fn a_folder_serves_one_audit_and_a_state_one_log() {
    let folder = Folder::new("folder");
    let source = FakeLog::new(&bookings(2));
    assert!(follow(&source, &folder).await.is_good());
    let store = Store::open(&folder.0).expect("a folder");
    assert!(Store::open(&folder.0).is_err(), "another audit uses it");
    assert!(store.load(1, "other/shard-1").is_err());
    drop(store);
    let file = folder.0.join("shard-1.state");
    let mut bytes = std::fs::read(&file).expect("a state");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).expect("a state");
    let error = try_follow(&source, &folder.0).await.expect_err("damaged");
    assert!(format!("{error:#}").contains("Delete it to audit the log from its first leaf"), "{error:#}");
}
