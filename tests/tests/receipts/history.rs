//! The log only grows: through a leader's crash, a snapshot, and a restart of all nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyrack_tests::receipts::{Checkpoint, LogView, Note, Receipt, assert_consistent};
use keyrack_tests::{Api, HotelPlan, Load, PATIENCE, fresh_key, until};
use tokio::task::JoinHandle;

use crate::{BOOK, Fixture};

const CATCH_UP_WITHIN: Duration = Duration::from_secs(120);

/// Earlier checkpoints and receipts, to be compared with every later state.
#[derive(Default)]
struct EarlierReceipts {
    checkpoints: Vec<Checkpoint>,
    receipts: Vec<Receipt>,
}

impl EarlierReceipts {
    /// Adds a new receipt and the current checkpoint of each of `nodes`.
    async fn remember(&mut self, fixture: &Fixture, nodes: &[usize]) {
        let apis: Vec<Api> = nodes.iter().map(|node| fixture.cluster.api("channel", *node)).collect();
        for _ in nodes {
            let (key, request) = (fresh_key(), fixture.hotel.request("2027-03-01", "2027-03-02"));
            let posted = Api::post_until_answered(&apis, "/v1/bookings", &key, &request, Duration::from_secs(25));
            let booking = posted.await.0.expect(201).json();
            let proved = fixture.check(&booking, BOOK).await;
            self.checkpoints.push(proved.checkpoint);
            self.receipts.push(fixture.receipt_of(&booking).await);
        }
        for node in nodes {
            self.checkpoints.push(fixture.log(*node).checkpoint(&fixture.policy).await);
        }
    }

    /// Every node's tree continues every earlier checkpoint, and earlier receipts still verify.
    async fn assert_still_true(&self, fixture: &Fixture, nodes: &[usize]) {
        let largest = self.checkpoints.iter().map(|checkpoint| checkpoint.size).max().unwrap();
        for node in nodes {
            let log = fixture.log(*node);
            let newest = log.checkpoint_of(&fixture.policy, largest).await;
            assert_consistent(&log, &self.checkpoints, &newest).await;
        }
        for receipt in &self.receipts {
            receipt.verify(&fixture.policy).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_consistent_after_the_leader_is_killed() {
    let mut fixture = Fixture::set_up("LOG-CRASH", 5_000).await;
    let leader = fixture.cluster.leader_of(fixture.shard).await;
    let mut past = EarlierReceipts::default();
    past.remember(&fixture, &[1, 2, 3]).await;
    let load = Load::start("log-crash", fixture.cluster.everywhere("channel"), &fixture.hotel, 8);
    load.until_acknowledged(100).await;
    past.checkpoints.push(fixture.log(leader).checkpoint(&fixture.policy).await);
    fixture.cluster.kill(leader);
    load.until_acknowledged(100).await;
    let acknowledged = load.finish().await;
    let survivors = fixture.cluster.others(leader);
    past.remember(&fixture, &survivors).await;
    past.assert_still_true(&fixture, &survivors).await;
    for entry in &acknowledged {
        fixture.check(&serde_json::from_slice(&entry.body).unwrap(), BOOK).await;
    }
    fixture.cluster.restart(leader);
    fixture.cluster.ready(leader).await;
    past.remember(&fixture, &[1, 2, 3]).await;
    past.assert_still_true(&fixture, &[1, 2, 3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_restored_by_snapshot_serves_and_signs_the_same_log() {
    let env = [("KEYRACK_RAFT_SNAPSHOT_LOG_ENTRIES", "200"), ("KEYRACK_RAFT_KEEP_LOG_ENTRIES", "50")];
    let mut fixture = Fixture::set_with(HotelPlan::new("LOG-SNAPSHOT", 5_000), &env).await;
    let shard = fixture.shard;
    let leader = fixture.cluster.leader_of(shard).await;
    let follower = fixture.cluster.others(leader)[0];
    let mut past = EarlierReceipts::default();
    past.remember(&fixture, &[1, 2, 3]).await;
    let left_at = metric(&fixture, follower, "keyrack_raft_last_index").await.unwrap();
    fixture.cluster.kill(follower);
    let present = fixture.cluster.others(follower);
    let apis = present.iter().map(|node| fixture.cluster.api("channel", *node)).collect();
    let load = Load::start("log-snapshot", apis, &fixture.hotel, 4);
    until("the log is purged past what the follower has", CATCH_UP_WITHIN, async || {
        (metric(&fixture, leader, "keyrack_raft_purged_index").await? > left_at).then_some(())
    })
    .await;
    past.remember(&fixture, &present).await;
    fixture.cluster.restart(follower);
    until("the follower has installed a snapshot", CATCH_UP_WITHIN, async || {
        (metric(&fixture, follower, "keyrack_raft_snapshots_installed_total").await? > 0).then_some(())
    })
    .await;
    load.finish().await;
    fixture.cluster.ready(follower).await;
    past.remember(&fixture, &[1, 2, 3]).await;
    past.assert_still_true(&fixture, &[1, 2, 3]).await;

    // With another node down, no checkpoint has a majority without the follower's signature.
    let gone = fixture.cluster.others(follower)[0];
    fixture.cluster.kill(gone);
    let left = fixture.cluster.others(gone);
    past.remember(&fixture, &left).await;
    past.assert_still_true(&fixture, &left).await;
    let note = fixture.log(follower).checkpoint_note().await;
    assert!(note.contains(&format!("— dev/node-{follower} ")), "the follower cosigned: {note}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_consistent_after_all_nodes_are_killed_or_stopped() {
    let mut fixture = Fixture::set_up("LOG-RESTART", 5_000).await;
    let all = [1, 2, 3];
    let mut past = EarlierReceipts::default();
    past.remember(&fixture, &all).await;
    fixture.cluster.kill_all();
    all.iter().for_each(|node| fixture.cluster.restart(*node));
    for node in all {
        fixture.cluster.ready(node).await;
    }
    past.remember(&fixture, &all).await;
    past.assert_still_true(&fixture, &all).await;
    fixture.cluster.stop();
    fixture.cluster.start_again();
    // Before any new booking: a node that just started has its own checkpoint.
    past.assert_still_true(&fixture, &all).await;
    past.remember(&fixture, &all).await;
    past.assert_still_true(&fixture, &all).await;
}

/// A reader polls every node while a leader crashes. Every checkpoint it sees is a prefix of the final one, so two
/// nodes never show different trees of the same size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_nodes_show_different_histories_while_a_leader_crashes() {
    let mut fixture = Fixture::set_up("LOG-WATCHED", 5_000).await;
    let watching: Vec<_> = fixture.cluster.node_ids().map(|node| CheckpointWatch::start(fixture.log(node))).collect();
    let load = Load::start("log-watched", fixture.cluster.everywhere("channel"), &fixture.hotel, 8);
    load.until_acknowledged(100).await;
    let leader = fixture.cluster.leader_of(fixture.shard).await;
    fixture.cluster.kill(leader);
    load.until_acknowledged(100).await;
    fixture.cluster.restart(leader);
    fixture.cluster.ready(leader).await;
    load.until_acknowledged(100).await;
    load.finish().await;
    let mut past = EarlierReceipts::default();
    past.remember(&fixture, &[1, 2, 3]).await;
    for watching in watching {
        let seen = watching.finish().await;
        assert!(seen.len() > 10, "too few checkpoints during the bookings: {}", seen.len());
        past.checkpoints.extend(seen);
    }
    past.checkpoints.sort_by_key(|checkpoint| (checkpoint.size, checkpoint.root));
    past.checkpoints.dedup();
    past.assert_still_true(&fixture, &[1, 2, 3]).await;
}

/// Collects every checkpoint that a node shows.
struct CheckpointWatch {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Vec<Checkpoint>>,
}

impl CheckpointWatch {
    fn start(log: LogView) -> CheckpointWatch {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut seen: Vec<Checkpoint> = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let path = format!("/log/{}/checkpoint", log.shard);
                let call = log.api.anonymous(&path).timeout(Duration::from_secs(2)).try_send().await;
                // A node that is down gives no checkpoint.
                if let Some(answer) = call.ok().filter(|answer| answer.status == 200) {
                    let checkpoint = Note::parse(&answer.text()).and_then(|note| note.checkpoint()).unwrap();
                    if seen.last() != Some(&checkpoint) {
                        seen.push(checkpoint);
                    }
                }
                // Not a wait for a condition: the pause leaves the CPU to the nodes.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            seen
        });
        CheckpointWatch { stop, task }
    }

    async fn finish(self) -> Vec<Checkpoint> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

async fn metric(fixture: &Fixture, node: usize, name: &str) -> Option<u64> {
    fixture.cluster.metrics(node).await?.of_shard(name, fixture.shard)
}

/// A receipt that was fetched earlier stays valid, and every node serves it again after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_still_served_after_all_nodes_restarted() {
    let mut fixture = Fixture::set_up("LOG-SERVED", 50).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let (proved, before) = (fixture.check(&booking, BOOK).await, fixture.receipt_of(&booking).await);
    fixture.cluster.stop();
    fixture.cluster.start_again();
    let path = format!("/v1/bookings/{}/receipt", crate::id_of(&booking));
    for api in fixture.cluster.everywhere("channel") {
        let answer = until("the receipt is served", PATIENCE, async || {
            let answer = api.get(&path).header("Accept", "application/json").send().await;
            assert!(matches!(answer.status, 200 | 202 | 503), "{answer:?}");
            (answer.status == 200).then(|| answer.json())
        });
        let again = Receipt::of_json(&answer.await);
        assert_eq!(again.verify(&fixture.policy).unwrap().leaf, proved.leaf);
        assert_eq!(again.disclosures, before.disclosures);
    }
}

/// A node starts with the rows on its disk, which may lack the last applied entries. Its readers must never see a log
/// that has become shorter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_node_shows_no_checkpoint_until_it_has_caught_up() {
    let mut fixture = Fixture::set_up("LOG-RESTART", 50).await;
    for _ in 0..5 {
        fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    }
    let before = fixture.log(1).checkpoint_of(&fixture.policy, 5).await;
    fixture.log(3).checkpoint_of(&fixture.policy, before.size).await;
    for node in [1, 2, 3] {
        fixture.cluster.kill(node);
    }
    fixture.cluster.restart(3);
    let (path, api) = (format!("/log/{}/checkpoint", fixture.shard), fixture.cluster.api("channel", 3));
    let alone = until("node 3 answers", PATIENCE, async || api.anonymous(&path).try_send().await.ok()).await;
    assert_eq!((alone.status, alone.json()["code"].as_str()), (503, Some("unavailable")), "{alone:?}");
    fixture.cluster.restart(1);
    fixture.cluster.restart(2);
    let first = until("node 3 has caught up", PATIENCE, async || {
        let answer = api.anonymous(&path).try_send().await.ok()?;
        assert!(matches!(answer.status, 200 | 503), "{answer:?}");
        (answer.status == 200).then(|| answer.text())
    });
    let first = Note::parse(&first.await).and_then(|note| note.checkpoint()).unwrap();
    assert!(first.size >= before.size, "{} leaves after {}", first.size, before.size);
}
