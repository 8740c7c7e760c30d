//! All nodes crash at once under load.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use keyrack_tests::{Cluster, HotelPlan, Load, assert_accounts_balance, assert_replays_byte_for_byte};

const WORKERS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_of_all_nodes_loses_nothing_that_was_acknowledged() {
    let mut cluster = Cluster::start();
    let hotel = HotelPlan::new("ALL-CRASH", 2_000).open(&cluster.operator()).await;
    let load = Load::start("crash", cluster.everywhere("channel"), &hotel, WORKERS);
    load.until_acknowledged(500).await;
    cluster.kill_all();
    // The workers keep retrying. They repeat the requests that the crash left unanswered.
    cluster.node_ids().for_each(|node| cluster.restart(node));
    for node in cluster.node_ids() {
        cluster.ready(node).await;
    }
    load.until_acknowledged(200).await;
    let acknowledged = load.finish().await;
    let everywhere = cluster.everywhere("channel");
    for node in &everywhere {
        assert_accounts_balance(&hotel.through(node), &acknowledged).await;
    }
    assert_replays_byte_for_byte(&everywhere, &acknowledged).await;
    assert_accounts_balance(&hotel, &acknowledged).await;
}
