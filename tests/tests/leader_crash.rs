//! The leader crashes under load.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use keyrack_tests::{
    Api, Cluster, HotelPlan, Load, PATIENCE, assert_accounts_balance, assert_replays_byte_for_byte, fresh_key, until,
};
use serde_json::json;

const WORKERS: usize = 32;
/// How long the survivors' logs are watched, and how much they may grow in that time.
const WATCHED: Duration = Duration::from_secs(5);
const LOGGED_AT_MOST: u64 = 200_000;
const NEW_BOOKINGS_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_of_the_leader_loses_nothing_and_repeats_nothing() {
    let mut cluster = Cluster::start();
    let hotel = HotelPlan::new("LEADER-CRASH", 2_000).open(&cluster.operator()).await;
    let leader = cluster.leader_of(hotel.shard().await).await;
    let load = Load::start("crash", cluster.everywhere("channel"), &hotel, WORKERS);
    load.until_acknowledged(300).await;

    let killed_at = Instant::now();
    cluster.kill(leader);
    let survivors: Vec<Api> = cluster.others(leader).into_iter().map(|node| cluster.api("channel", node)).collect();
    // A booking that begins after the kill. The load does not know its key, so it is added to the acknowledged bookings
    // below.
    let key = fresh_key();
    let mut request = hotel.request("2027-10-01", "2027-10-02");
    request["channelRef"] = json!(key);
    let try_timeout = Duration::from_millis(500);
    let posted = Api::post_until_answered(&survivors, "/v1/bookings", &key, &request, try_timeout).await;
    let new_booking_after = killed_at.elapsed();
    let new_booking = posted.0.expect(201);
    println!("the first new booking came {new_booking_after:?} after the kill");
    assert!(new_booking_after < NEW_BOOKINGS_WITHIN, "it took {new_booking_after:?}");

    load.until_acknowledged(300).await;
    let mut acknowledged = load.finish().await;
    acknowledged.push(keyrack_tests::Acknowledged {
        key,
        request,
        booking_id: new_booking.json()["bookingId"].as_str().unwrap().to_string(),
        body: new_booking.body,
        tries: posted.1,
    });
    let seen = hotel.through(&survivors[0]);
    assert_accounts_balance(&seen, &acknowledged).await;
    assert_replays_byte_for_byte(&survivors, &acknowledged).await;

    // The dead node returns and agrees, and the replays booked nothing.
    cluster.restart(leader);
    cluster.ready(leader).await;
    let returned = hotel.through(&cluster.api("channel", leader));
    assert_accounts_balance(&returned, &acknowledged).await;
}

/// The survivors try to reach the dead node all the time, but must not log every attempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_node_does_not_fill_the_logs_of_the_survivors() {
    let mut cluster = Cluster::start();
    let hotel = HotelPlan::new("LOG-GROWTH", 2_000).open(&cluster.operator()).await;
    let leader = cluster.leader_of(hotel.shard().await).await;
    let survivors = cluster.others(leader);
    let before: Vec<u64> = survivors.iter().map(|node| cluster.log_bytes(*node)).collect();
    assert!(before.iter().all(|bytes| *bytes > 0), "a node logs when it serves: these are the right files");
    let begin = Instant::now();
    cluster.kill(leader);
    let apis = survivors.iter().map(|node| cluster.api("channel", *node)).collect();
    let load = Load::start("log-growth", apis, &hotel, 2);
    until("fifty bookings and five seconds of watching", PATIENCE, async || {
        (load.acknowledged() >= 50 && begin.elapsed() >= WATCHED).then_some(())
    })
    .await;
    for (node, before) in survivors.iter().zip(before) {
        let (grown, watched) = (cluster.log_bytes(*node) - before, begin.elapsed());
        println!("node {node} logged {grown} bytes in {watched:?}");
        // A slow machine takes longer, so its nodes may log more.
        let allowed = LOGGED_AT_MOST as f64 * (watched.as_secs_f64() / WATCHED.as_secs_f64());
        assert!(grown as f64 <= allowed, "node {node} logged {grown} bytes in {watched:?}");
    }
    let acknowledged = load.finish().await;
    assert_accounts_balance(&hotel.through(&cluster.api("channel", survivors[0])), &acknowledged).await;
}
