//! After an erasure no file of any node contains anything that could restore the guest's data.
//!
//! The wrapped key itself is not visible from outside. But the same row of the same file contains the secrets of the
//! claims about price, reference and unit, and a receipt shows values derived from them: a claim's salt is the first
//! half of SHA-256 over its secret and the booking's revision. So the test tries each 16 bytes of every file: where the
//! secrets are gone, the key is gone, too. Secrets are random, so a compressed file contains them unchanged.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use keyrack_tests::files::{files_under, holding};
use keyrack_tests::receipts::{Leaf, Receipt};
use keyrack_tests::{Cluster, HotelPlan, PATIENCE, until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::erased::erase;
use crate::{AMEND, BOOK, ERASE, Fixture};

/// Longer than a scrub needs: it waits for a snapshot, a purge and two compactions.
const SCRUBBED_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_an_erased_guest_is_left_in_any_file_of_any_node() {
    let plan = HotelPlan::new("SCRUBBED", 50);
    let mut fixture = Fixture::set_with(plan, &[("KEYRACK_GUESTS_SCRUB_AFTER_SECS", "0")]).await;
    let ErasedAndKept { erased, kept } = ErasedAndKept::book(&fixture).await;
    // Stopping flushes the rows from logs to table files.
    fixture.cluster.stop();
    assert_found_at_every_node(&fixture.cluster, &erased);
    assert_found_at_every_node(&fixture.cluster, &kept);
    fixture.cluster.start_again();

    let answer = erase(&fixture.cluster.api("manager", 2), &erased.booking).await.expect(200).json();
    let index = fixture.check(&answer, ERASE).await.leaf.raft_index;
    until_scrubbed(&fixture, &[1, 2, 3], index, &erased).await;
    fixture.cluster.stop();
    assert_gone(&fixture.cluster, &erased);
    assert_found_at_every_node(&fixture.cluster, &kept);

    fixture.cluster.start_again();
    for node in fixture.cluster.node_ids() {
        assert_eq!(fixture.at(node).get(&erased.booking).await["guest"], Value::Null);
        assert_eq!(fixture.at(node).get(&kept.booking).await["guest"]["name"], "Ada Guest");
    }
    for receipt in erased.receipts.iter().chain(&kept.receipts) {
        receipt.verify(&fixture.policy).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_missed_an_erasure_removes_the_traces_when_it_returns() {
    let env = [
        ("KEYRACK_GUESTS_SCRUB_AFTER_SECS", "1"),
        ("KEYRACK_RAFT_SNAPSHOT_LOG_ENTRIES", "20"),
        ("KEYRACK_RAFT_KEEP_LOG_ENTRIES", "5"),
    ];
    let mut fixture = Fixture::set_with(HotelPlan::new("SCRUBBED-AWAY", 500), &env).await;
    let ErasedAndKept { erased, kept } = ErasedAndKept::book(&fixture).await;
    // Enough bookings for snapshots that contain the guest.
    for _ in 0..60 {
        fixture.hotel.booked("2027-03-01", "2027-03-02").await;
    }
    let leader = fixture.cluster.leader_of(fixture.shard).await;
    let away = fixture.cluster.others(leader)[0];
    fixture.cluster.kill(away);
    let present = fixture.cluster.others(away);
    let manager = fixture.cluster.api("manager", leader);
    let answer = erase(&manager, &erased.booking).await.expect(200).json();
    let index = fixture.check(&answer, ERASE).await.leaf.raft_index;
    until_scrubbed(&fixture, &present, index, &erased).await;
    assert!(!traces(&fixture.cluster, away, &erased).is_empty(), "the node that is down still has the traces");
    fixture.cluster.restart(away);
    fixture.cluster.ready(away).await;
    until_scrubbed(&fixture, &[1, 2, 3], index, &erased).await;
    fixture.cluster.stop();
    assert_gone(&fixture.cluster, &erased);
    assert_found_at_every_node(&fixture.cluster, &kept);
}

struct ErasedAndKept {
    erased: Canary,
    kept: Canary,
}

/// A booking, and the receipts that its secrets are recognised by.
struct Canary {
    booking: Value,
    receipts: Vec<Receipt>,
}

impl ErasedAndKept {
    /// Two similar bookings. Both have since changed their guest and dates.
    async fn book(fixture: &Fixture) -> ErasedAndKept {
        ErasedAndKept { erased: Canary::book(fixture).await, kept: Canary::book(fixture).await }
    }
}

impl Canary {
    async fn book(fixture: &Fixture) -> Canary {
        let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
        fixture.check(&booking, BOOK).await;
        let first = fixture.receipt_of(&booking).await;
        let guest = json!({"name": "Ada Guest", "email": "wqzjxk@example.com", "phone": "+35184629513706"});
        let change = json!({"departure": "2027-03-04", "guest": guest});
        let amended = fixture.hotel.act(&booking, "amend", &change).await.expect(200).json();
        fixture.check(&amended, AMEND).await;
        Canary { receipts: vec![first, fixture.receipt_of(&amended).await], booking }
    }

    /// The salts of the secrets beside the guest's key, in its newest row.
    fn newest_salts(&self) -> Salts {
        salts(self.receipts.last().unwrap())
    }

    fn all_salts(&self) -> Salts {
        self.receipts.iter().flat_map(salts).collect()
    }
}

/// Salts, each with its claim and its revision of the booking.
type Salts = BTreeMap<Vec<u8>, (String, u32)>;

fn salts(receipt: &Receipt) -> Salts {
    // The booking is made, then amended, so the event's kind equals the revision.
    let revision = Leaf::parse(&receipt.leaf).unwrap().kind as u32;
    let beside_the_key = |name: &str| ["price", "channelRef", "unit"].contains(&name);
    let claims = receipt.disclosures.iter().filter(|claim| beside_the_key(&claim.name));
    let salts: Salts = claims.map(|claim| (claim.salt.clone(), (claim.name.clone(), revision))).collect();
    assert!(salts.len() == 3 && salts.keys().all(|salt| salt.len() == 16), "{receipt:?}");
    salts
}

/// The salts whose secret is in a file below `folder`, with the file.
fn secrets_in(folder: &Path, salts: &Salts) -> BTreeMap<(String, u32), String> {
    let mut found = BTreeMap::new();
    for (path, bytes) in files_under(folder) {
        for window in bytes.windows(16).filter(|window| may_be_random(window)) {
            for revision in [BOOK as u32, AMEND as u32] {
                let digest = Sha256::new().chain_update(window).chain_update(revision.to_be_bytes()).finalize();
                if let Some(claim) = salts.get(&digest[..16]).filter(|(_, of)| *of == revision) {
                    found.insert(claim.clone(), path.display().to_string());
                }
            }
        }
    }
    found
}

/// Files are full of text and zeros, which need not be tried.
fn may_be_random(window: &[u8]) -> bool {
    let printable = window.iter().filter(|byte| (b' '..=b'~').contains(byte)).count();
    let zeros = window.iter().filter(|byte| **byte == 0).count();
    printable < window.len() && zeros < 8
}

/// Waits until a node reports that it has purged its log past the erasure, and its files have no trace of the guest.
async fn until_scrubbed(fixture: &Fixture, nodes: &[usize], index: u64, erased: &Canary) {
    for node in nodes {
        until(&format!("node {node} has purged its log up to {index}"), SCRUBBED_WITHIN, async || {
            let metrics = fixture.cluster.metrics(*node).await?;
            let of = |name: &str| metrics.of_shard(name, fixture.shard).unwrap();
            (of("keyrack_raft_snapshot_index") >= index && of("keyrack_raft_purged_index") >= index).then_some(())
        })
        .await;
        // No metric reports the last step, the compaction of the log.
        until(&format!("node {node} has no trace of the guest"), PATIENCE, async || {
            traces(&fixture.cluster, *node, erased).is_empty().then_some(())
        })
        .await;
    }
}

/// The secrets beside the guest's key that a node's files still have, and where.
fn traces(cluster: &Cluster, node: usize, canary: &Canary) -> BTreeMap<(String, u32), String> {
    secrets_in(&cluster.data().join(format!("node-{node}")), &canary.all_salts())
}

#[track_caller]
fn assert_found_at_every_node(cluster: &Cluster, canary: &Canary) {
    let salts = canary.newest_salts();
    for node in cluster.node_ids() {
        let found = secrets_in(&cluster.data().join(format!("node-{node}")), &salts);
        assert_eq!(found.len(), salts.len(), "the search does not find all secrets at node {node}: {found:?}");
    }
}

/// In no file at all, including the logs of the processes.
#[track_caller]
fn assert_gone(cluster: &Cluster, canary: &Canary) {
    let files = files_under(cluster.folder());
    assert!(!files.is_empty());
    let found = secrets_in(cluster.folder(), &canary.all_salts());
    assert!(found.is_empty(), "a secret, and with it the key beside it, is still in a file: {found:?}");
    for clear in ["Ada Guest", "ada@example.com", "+351210000000", "wqzjxk@example.com", "+35184629513706"] {
        assert_eq!(holding(&files, clear.as_bytes()), Vec::<&Path>::new(), "{clear} is in plain text");
    }
}
