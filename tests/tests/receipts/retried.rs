//! A retry is answered with the receipt of the first answer.

use keyrack_tests::{Answer, Api, HotelPlan, PATIENCE, fresh_key, until};
use serde_json::{Value, json};

use crate::{BOOK, CANCEL, Fixture, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_at_any_node_gets_the_same_bytes_including_the_receipt() {
    let fixture = Fixture::set_up("RETRIED", 50).await;
    let request = fixture.hotel.request("2027-03-01", "2027-03-03");
    for node in fixture.cluster.node_ids() {
        let (key, path) = (fresh_key(), "/v1/bookings");
        let first = post(&fixture.cluster.api("channel", node), path, &key, &request).await.expect(201);
        let booking = first.json();
        fixture.check(&booking, BOOK).await;
        let cancel_key = fresh_key();
        // The log grows, so newer checkpoints cover the leaf as well.
        fixture.at(node).booked("2027-03-01", "2027-03-02").await;
        for api in fixture.cluster.everywhere("channel") {
            assert_same(&post(&api, path, &key, &request).await, &first);
        }
        let cancel = format!("/v1/bookings/{}/cancel", id_of(&booking));
        let cancelled = post(&fixture.cluster.api("channel", node), &cancel, &cancel_key, &json!({})).await.expect(200);
        fixture.check(&cancelled.json(), CANCEL).await;
        for api in fixture.cluster.everywhere("channel") {
            assert_same(&post(&api, &cancel, &cancel_key, &json!({})).await, &cancelled);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_the_booking_has_changed_gets_the_first_answer() {
    let fixture = Fixture::set_up("RETRIED-LATE", 50).await;
    let (key, request) = (fresh_key(), fixture.hotel.request("2027-03-01", "2027-03-03"));
    let first = post(&fixture.cluster.api("channel", 1), "/v1/bookings", &key, &request).await.expect(201);
    fixture.hotel.act(&first.json(), "amend", &json!({"departure": "2027-03-05"})).await.expect(200);
    for api in fixture.cluster.everywhere("channel") {
        assert_same(&post(&api, "/v1/bookings", &key, &request).await, &first);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_the_leader_was_killed_gets_the_first_answer() {
    let mut fixture = Fixture::set_up("RETRIED-CRASH", 50).await;
    let leader = fixture.cluster.leader_of(fixture.shard).await;
    let mut firsts = Vec::new();
    for node in fixture.cluster.node_ids() {
        let (key, request) = (fresh_key(), fixture.hotel.request("2027-03-01", "2027-03-03"));
        let first = post(&fixture.cluster.api("channel", node), "/v1/bookings", &key, &request).await.expect(201);
        firsts.push((key, request, first));
    }
    fixture.cluster.kill(leader);
    let survivors: Vec<Api> = fixture.cluster.others(leader).iter().map(|node| fixture.cluster.api("channel", *node)).collect();
    for (key, request, first) in &firsts {
        let path = "/v1/bookings";
        let (again, _) = Api::post_until_answered(&survivors, path, key, request, std::time::Duration::from_secs(25)).await;
        assert_same(&again, first);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_all_nodes_have_restarted_gets_the_first_answer() {
    let mut fixture = Fixture::set_up("RETRIED-RESTART", 50).await;
    let (key, request) = (fresh_key(), fixture.hotel.request("2027-03-01", "2027-03-03"));
    let first = post(&fixture.cluster.api("channel", 1), "/v1/bookings", &key, &request).await.expect(201);
    fixture.cluster.stop();
    fixture.cluster.start_again();
    fixture.hotel.booked("2027-03-01", "2027-03-02").await;
    for api in fixture.cluster.everywhere("channel") {
        assert_same(&post(&api, "/v1/bookings", &key, &request).await, &first);
    }
}

/// Whether the receipt was ready in time is part of the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_of_an_answer_without_receipt_gets_the_first_answer() {
    let env = [("KEYRACK_RECEIPTS_WAIT_MS", "0")];
    let fixture = Fixture::set_with(HotelPlan::new("RETRIED-LATER", 50), &env).await;
    let mut firsts = Vec::new();
    for node in fixture.cluster.node_ids().cycle().take(12) {
        let (key, request) = (fresh_key(), fixture.hotel.request("2027-03-01", "2027-03-03"));
        let first = post(&fixture.cluster.api("channel", node), "/v1/bookings", &key, &request).await.expect(201);
        firsts.push((key, request, first));
    }
    let is_late = |first: &Answer| first.json()["receiptUrl"].is_string();
    assert!(firsts.iter().any(|(_, _, first)| is_late(first)), "a node that does not wait does not have the receipt yet");
    let newest = firsts.last().unwrap().2.json();
    let path = format!("/v1/bookings/{}/receipt", id_of(&newest));
    until("the receipts are there", PATIENCE, async || (fixture.hotel.api.get(&path).send().await.status == 200).then_some(()))
        .await;
    for (key, request, first) in &firsts {
        for api in fixture.cluster.everywhere("channel") {
            assert_same(&post(&api, "/v1/bookings", key, request).await, first);
        }
    }
}

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    api.post(path, key).json(body).send().await
}

#[track_caller]
fn assert_same(again: &Answer, first: &Answer) {
    assert!(again.is_replayed(), "a replay is marked as one: {again:?}");
    assert_eq!(again.status, first.status);
    assert_eq!(again.text(), first.text());
}
