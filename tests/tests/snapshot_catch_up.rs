//! A follower that was down for longer than the log is kept catches up through a snapshot.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use keyrack_tests::{
    Cluster, Hotel, HotelPlan, Load, PATIENCE, assert_accounts_balance, assert_counters_equal_bookings,
    assert_replays_byte_for_byte, until,
};

const CATCH_UP_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_down_past_the_purge_catches_up_during_writes() {
    let mut cluster =
        Cluster::start_with(&[("KEYRACK_RAFT_SNAPSHOT_LOG_ENTRIES", "200"), ("KEYRACK_RAFT_KEEP_LOG_ENTRIES", "50")]);
    let hotel = HotelPlan::new("CATCH-UP", 5_000).open(&cluster.operator()).await;
    let shard = hotel.shard().await;
    let leader = cluster.leader_of(shard).await;
    let follower = cluster.others(leader)[0];
    let metrics = cluster.metrics(follower).await.unwrap();
    let left_at = metrics.of_shard("keyrack_raft_last_index", shard).unwrap();
    cluster.kill(follower);

    let present = cluster.others(follower);
    let apis = present.iter().map(|node| cluster.api("channel", *node)).collect();
    // Few workers: an entry carries all waiting bookings, and this test needs many entries.
    let load = Load::start("catch-up", apis, &hotel, 4);
    until("the log is purged past what the follower has", CATCH_UP_WITHIN, async || {
        let metrics = cluster.metrics(leader).await?;
        let purged = metrics.of_shard("keyrack_raft_purged_index", shard)?;
        (purged > left_at).then_some(())
    })
    .await;

    cluster.restart(follower);
    until("the follower has installed a snapshot", CATCH_UP_WITHIN, async || {
        let metrics = cluster.metrics(follower).await?;
        let installed = metrics.of_shard("keyrack_raft_snapshots_installed_total", shard)?;
        (installed > 0).then_some(())
    })
    .await;
    load.until_acknowledged(50).await;
    let acknowledged = load.finish().await;

    cluster.ready(follower).await;
    let returned = hotel.through(&cluster.api("channel", follower));
    assert_accounts_balance(&returned, &acknowledged).await;
    // The idempotency records came with the snapshot.
    assert_replays_byte_for_byte(std::slice::from_ref(&returned.api), &acknowledged).await;
    assert_own_rows_are_complete(&returned).await;

    // With another node down the follower is part of every majority, so its copy must be complete.
    let gone = cluster.others(follower)[0];
    cluster.kill(gone);
    until("the remaining two answer", PATIENCE, async || {
        let path = format!("/v1/bookings/{}", acknowledged[0].booking_id);
        let call = returned.api.get(&path).timeout(Duration::from_secs(5));
        call.try_send().await.ok().filter(|answer| answer.status == 200).map(|_| ())
    })
    .await;
    assert_accounts_balance(&returned, &acknowledged).await;
    assert_counters_equal_bookings(&returned).await;
}

/// A linearizable read may use another node. A bounded read uses the node's own rows, so it must return the same nights
/// as the linearizable read before it.
async fn assert_own_rows_are_complete(returned: &Hotel) {
    let nights = "availability?from=2027-02-01&to=2027-09-01";
    let path = format!("/v1/properties/{}/{nights}", returned.id);
    let expected = returned.api.get(&path).send().await.expect(200).json();
    let bounded = format!("{path}&consistency=bounded&maxStalenessMs=60000");
    until("the node's own rows are complete", PATIENCE, async || {
        let own = returned.api.get(&bounded).send().await.expect(200).json();
        let caught_up = own["asOf"]["index"].as_u64() >= expected["asOf"]["index"].as_u64();
        if caught_up {
            assert_eq!(own["roomTypes"], expected["roomTypes"]);
        }
        caught_up.then_some(())
    })
    .await;
}
