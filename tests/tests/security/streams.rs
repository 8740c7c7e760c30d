//! Feeds, quotas and replays belong to one principal.

use std::time::Duration;

use keyrack_tests::{Api, Cluster, EventStream, Hotel, HotelPlan, PATIENCE, fresh_key, percent_encoded, refusal};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::callers::booked;

async fn scene() -> (Cluster, Hotel, Api, Api) {
    let cluster = Cluster::start();
    let (operator, operators) = (cluster.operator(), cluster.operators().await);
    let hotel = HotelPlan::new("HOTEL-A", 50).open(&operator).await;
    let wish = json!({"role": "channel", "properties": ["HOTEL-A"], "holdRoomMinutes": 40});
    let one = operators.caller("one", &wish, &operator).await;
    let other = operators.caller("other", &wish, &operator).await;
    (cluster, hotel, one, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_leaves_other_sellers_out() {
    let (_cluster, hotel, one, other) = scene().await;
    let foreign = booked(&hotel, &other).await;
    let foreign_hold = hotel.through(&other).hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    let foreign_hold = foreign_hold["holdId"].as_str().unwrap();
    let own = booked(&hotel, &one).await;
    for path in ["/v1/events", "/v1/events?propertyId=HOTEL-A"] {
        let page = one.get(path).send().await.expect(200).text();
        assert!(page.contains(&own) && page.contains("room_type.changed"), "{page}");
        assert!(!page.contains(&foreign) && !page.contains(foreign_hold), "{path}: {page}");
        let all = hotel.api.get(path).send().await.expect(200).text();
        assert!(all.contains(&foreign) && all.contains(foreign_hold), "the operator sees both: {all}");
        let mut stream = EventStream::open(&one, path, None).await;
        let mut seen = String::new();
        while !seen.contains(&own) {
            seen += &stream.next().await.data.to_string();
        }
        assert!(!seen.contains(&foreign) && !seen.contains(foreign_hold), "{path} streamed: {seen}");
    }
}

/// Otherwise a caller that sees little would read the same lines again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_skips_what_its_reader_may_not_see() {
    let (_cluster, hotel, one, other) = scene().await;
    for path in ["/v1/events?after=", "/v1/events?propertyId=HOTEL-A&after="] {
        let page = async |after: &str| one.get(&format!("{path}{}", percent_encoded(after))).send().await.expect(200).json();
        let end = page("").await["nextCursor"].as_str().unwrap().to_string();
        booked(&hotel, &other).await;
        let behind = page(&end).await;
        assert_eq!(behind["items"], json!([]));
        assert_ne!(behind["nextCursor"], end.as_str(), "the cursor passes the foreign booking");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_when_their_caller_is_revoked() {
    let (cluster, hotel, one, _) = scene().await;
    let operators = cluster.operators().await;
    let spare = one.with_key(&operators.give_key("one").await.secret);
    let bodies = async |api: &Api, path: &str| {
        let (mut stream, address) = (EventStream::open(api, path, None).await, path.to_string());
        // Past events come first, then the stream is quiet.
        while stream.next().await.data["type"] != "ari.updated" {}
        (stream, address)
    };
    let by_key = bodies(&spare, "/v1/events?propertyId=HOTEL-A").await;
    let by_principal = [bodies(&one, "/v1/events").await, bodies(&one, "/v1/events?propertyId=HOTEL-A").await];
    let keys = operators.get("one").await["keys"].as_array().unwrap().clone();
    let prefix = keys.iter().filter_map(|key| key["prefix"].as_str()).find(|prefix| spare.api_key().contains(prefix)).unwrap();
    operators.revoke_key("one", prefix).await;
    ends(by_key).await;
    // The other key and its stream are unaffected.
    let own = booked(&hotel, &one).await;
    let mut still_open = Vec::new();
    for (mut stream, path) in by_principal {
        let event = stream.next().await;
        assert_eq!(event.data["booking"]["bookingId"], own.as_str(), "{path}");
        still_open.push((stream, path));
    }
    operators.revoke("one").await;
    for stream in still_open {
        ends(stream).await;
    }
}

/// No more events come, and the node ends the stream.
async fn ends((stream, path): (EventStream, String)) {
    let rest = timeout(Duration::from_secs(20), stream.rest()).await;
    let rest = rest.unwrap_or_else(|_| panic!("{path} stays open after a revocation"));
    assert!(!rest.contains("data:"), "{path} continued after a revocation: {rest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_are_bounded_per_seller() {
    let (cluster, hotel, one, other) = scene().await;
    let hold = async |api: &Api, seconds| hotel.through(api).hold("2027-03-01", "2027-03-02", seconds).await;
    // 40 room-minutes are four rooms for ten minutes.
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(hold(&one, 600).await.expect(201).json());
    }
    let before = hotel.everything().await;
    for node in cluster.node_ids() {
        let at = cluster.api("channel", node).with_key(one.api_key());
        assert!(refusal(&hold(&at, 600).await, 429, "quota_exceeded").retryable);
        refusal(&hold(&at, 60).await, 429, "quota_exceeded");
    }
    assert_eq!(hotel.everything().await, before, "refused holds take no rooms");
    hold(&other, 600).await.expect(201);
    let release = |hold: &Value| format!("/v1/holds/{}", hold["holdId"].as_str().unwrap());
    one.delete(&release(&held[0]), &fresh_key()).send().await.expect(204);
    hold(&one, 600).await.expect(201);
    refusal(&hold(&one, 600).await, 429, "quota_exceeded");
    // A booking does not count as a hold.
    booked(&hotel, &one).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_of_one_principal_replays_nothing_for_another() {
    let (cluster, hotel, one, other) = scene().await;
    let (key, request) = (fresh_key(), hotel.request("2027-03-01", "2027-03-02"));
    let post = async |api: &Api, request: &Value| api.post("/v1/bookings", &key).json(request).send().await;
    let first = post(&one, &request).await.expect(201);
    let mut ids = vec![first.json()["bookingId"].clone()];
    for api in [&other, &hotel.api, &cluster.api("desk", 1), &cluster.api("manager", 1)] {
        let answer = post(api, &request).await.expect(201);
        assert!(!answer.is_replayed(), "{answer:?}");
        let id = answer.json()["bookingId"].clone();
        assert!(!ids.contains(&id), "{id} was given out twice");
        ids.push(id);
    }
    // All API keys of the principal replay its own answers.
    let operators = cluster.operators().await;
    let second = one.with_key(&operators.give_key("one").await.secret);
    for api in [&one, &second] {
        let replay = post(api, &request).await.expect(201);
        assert!(replay.is_replayed());
        assert_eq!(replay.body, first.body);
    }
    refusal(&post(&other, &hotel.request("2027-03-01", "2027-03-04")).await, 422, "idempotency_key_reused");
    assert_eq!(hotel.bookings().await.len(), ids.len());
    operators.revoke("one").await;
    let until = async || post(&one, &request).await;
    refusal(&timeout(PATIENCE, until()).await.unwrap(), 401, "unauthenticated");
}
