//! The leader dies under load.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use keyrack_tests::{Api, Cluster, HotelPlan, Load, assert_accounts_balance, assert_replays_byte_for_byte, fresh_key};
use serde_json::json;

const WORKERS: usize = 32;
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
    // A booking that begins after the kill. Its key is not the load's, so the books are drawn up
    // with it in mind below.
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

    // The dead node comes back and agrees, and the replays have booked nothing.
    cluster.restart(leader);
    cluster.ready(leader).await;
    let returned = hotel.through(&cluster.api("channel", leader));
    assert_accounts_balance(&returned, &acknowledged).await;
}
