//! Rooms kept for a guest who is paying.

use keyrack_tests::{Hotel, PATIENCE, assert_counters_equal_bookings, fresh_key, refusal, until};
use serde_json::{Value, json};

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_keeps_the_room_and_becomes_a_booking_without_counting_twice() {
    let (cluster, hotel) = hotel("HOLD-CONFIRM", 1).await;
    let hold = hotel.hold("2027-03-01", "2027-03-03", 600).await.expect(201).json();
    assert!(hold["expiresAt"].is_string());
    assert_eq!(hold["total"]["amount"], "200.00");
    assert_eq!(counters(&hotel).await, (0, 1, 0), "held, not sold");
    let other = hotel.book(&hotel.request("2027-03-01", "2027-03-02")).await;
    refusal(&other, 409, "sold_out");

    let guest = hotel.request("2027-03-01", "2027-03-03")["guest"].clone();
    let body = json!({"guest": guest, "payment": {"token": "tok_test"}, "channelRef": "OTA-1"});
    let path = format!("/v1/holds/{}/confirm", id(&hold));
    let key = fresh_key();
    let confirmed = hotel.api.post(&path, &key).json(&body).send().await.expect(201);
    let booking = confirmed.json();
    assert_eq!(booking["state"], "confirmed");
    assert_eq!(booking["channelRef"], "OTA-1");
    assert_eq!(booking["departure"], "2027-03-03");
    assert_eq!(counters(&hotel).await, (1, 0, 0), "sold, no longer held");
    // A hold id alone routes the request, at any node.
    let elsewhere = cluster.api("operator", 3);
    let again = elsewhere.post(&path, &key).json(&body).send().await.expect(201);
    assert_eq!(again.text(), confirmed.text());
    assert_eq!(counters(&hotel).await, (1, 0, 0));
    assert_eq!(hotel.get(&booking).await["bookingId"], booking["bookingId"]);
    assert_counters_equal_bookings(&hotel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_hold_frees_the_room_once() {
    let (_cluster, hotel) = hotel("HOLD-RELEASE", 2).await;
    let hold = hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201);
    assert_eq!(counters(&hotel).await, (0, 2, 0));
    let path = format!("/v1/holds/{}", id(&hold));
    for _ in 0..2 {
        hotel.api.delete(&path, &fresh_key()).send().await.expect(204);
        assert_eq!(counters(&hotel).await, (0, 1, 1), "the other hold remains");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_is_not_confirmed_in_time_expires() {
    let (_cluster, hotel) = hotel("HOLD-EXPIRE", 1).await;
    let hold = hotel.hold("2027-03-01", "2027-03-02", 2).await.expect(201).json();
    assert_eq!(counters(&hotel).await, (0, 1, 0));
    until("the hold expires although no other request is sent", PATIENCE, async || {
        (counters(&hotel).await == (0, 0, 1)).then_some(())
    })
    .await;
    hotel.booked("2027-03-01", "2027-03-02").await;
    let guest = hotel.request("2027-03-01", "2027-03-02")["guest"].clone();
    let path = format!("/v1/holds/{}/confirm", id(&hold));
    let confirm = hotel.api.post(&path, &fresh_key()).json(&json!({"guest": guest}));
    refusal(&confirm.send().await, 410, "hold_expired");
    assert_eq!(counters(&hotel).await, (1, 0, 0));
}

/// (sold, held, available) of the first night.
async fn counters(hotel: &Hotel) -> (i64, i64, i64) {
    let night = hotel.night("DLX", "2027-03-01").await;
    let count = |member: &str| night[member].as_i64().unwrap();
    (count("sold"), count("held"), count("available"))
}

fn id(hold: &Value) -> &str {
    hold["holdId"].as_str().expect("a hold id")
}
