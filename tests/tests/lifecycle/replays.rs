//! One idempotency key gets one answer.

use keyrack_tests::{Answer, fresh_key, refusal};
use serde_json::json;

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_gets_the_same_bytes_at_every_node() {
    let (cluster, hotel) = hotel("REPLAY", 3).await;
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    let first = hotel.api.post("/v1/bookings", &key).json(&request).send().await.expect(201);
    assert!(!first.is_replayed(), "the first answer is not a replay");
    for node in cluster.everywhere("operator") {
        let again = node.post("/v1/bookings", &key).json(&request).send().await.expect(201);
        assert_same(&again, &first);
        // RFC 9110 writes a structured string in quotes. A bare value is accepted, too. Both are the same key.
        let quoted = node.post("/v1/bookings", &format!("\"{key}\"")).json(&request);
        assert_same(&quoted.send().await.expect(201), &first);
    }
    assert_eq!(hotel.sold("2027-03-01").await, 1);
    assert_eq!(hotel.bookings().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_replayed_too_even_when_a_room_has_become_free() {
    let (cluster, hotel) = hotel("REPLAY-REFUSAL", 1).await;
    let booking = hotel.booked("2027-03-01", "2027-03-02").await;
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    let first = hotel.api.post("/v1/bookings", &key).json(&request).send().await;
    refusal(&first, 409, "sold_out");
    hotel.act(&booking, "cancel", &json!({})).await.expect(200);
    for node in cluster.everywhere("operator") {
        let again = node.post("/v1/bookings", &key).json(&request).send().await;
        refusal(&again, 409, "sold_out");
        assert_same(&again, &first);
    }
    assert_eq!(hotel.sold("2027-03-01").await, 0, "a replay changes nothing");
    hotel.booked("2027-03-01", "2027-03-02").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_of_two_callers_is_two_keys() {
    let (cluster, hotel) = hotel("TWO-CALLERS", 3).await;
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    let mut ids = Vec::new();
    for role in ["operator", "channel"] {
        let post = cluster.api(role, 2).post("/v1/bookings", &key).json(&request);
        let answer = post.send().await.expect(201);
        assert!(!answer.is_replayed());
        ids.push(answer.json()["bookingId"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(hotel.sold("2027-03-01").await, 2);
}

#[track_caller]
fn assert_same(again: &Answer, first: &Answer) {
    assert!(again.is_replayed(), "a replay is marked as one: {again:?}");
    assert_eq!(again.text(), first.text());
}
