//! Refusals under stress: nodes that are paused, queues that are full, and callers above their quota.

use std::collections::BTreeSet;
use std::time::Duration;

use keyrack_tests::{Answer, Api, Cluster, Hotel, HotelPlan, fresh_key, refusal};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const TRY_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_request_with_a_key_in_flight_is_refused_and_the_first_succeeds() {
    let cluster = Cluster::start();
    let (hotel, leader) = hotel_at_its_leader(&cluster, 5).await;
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    pause_others(&cluster, leader);
    // Either of the two may come first. The other one must be refused.
    let mut posts = JoinSet::new();
    for _ in 0..2 {
        let call = hotel.api.post("/v1/bookings", &key).json(&request);
        posts.spawn(call.send());
    }
    let refused = posts.join_next().await.unwrap().unwrap();
    assert!(refusal(&refused, 409, "request_in_flight").retryable);
    resume_others(&cluster, leader);
    let first = posts.join_next().await.unwrap().unwrap();
    let answered = insist(&hotel.api, &key, &request).await;
    if first.status == 201 {
        assert_eq!(first.body, answered.body, "the replay is the first answer");
    } else {
        // The leader may have lost its leadership during the pause. Then it did not know the outcome.
        refusal(&first, 504, "outcome_unknown");
    }
    assert_one_booking(&hotel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_resolved_with_the_same_key() {
    let cluster = Cluster::start();
    let (hotel, leader) = hotel_at_its_leader(&cluster, 5).await;
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    pause_others(&cluster, leader);
    let unknown = hotel.api.post("/v1/bookings", &key).json(&request).send().await;
    assert!(refusal(&unknown, 504, "outcome_unknown").retryable);
    resume_others(&cluster, leader);
    insist(&hotel.api, &key, &request).await;
    assert_one_booking(&hotel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_still_answers_its_open_requests() {
    let cluster = Cluster::start_with(&[("KEYRACK_LIMITS_REQUEST_TIMEOUT_MS", "3000")]);
    let (hotel, leader) = hotel_at_its_leader(&cluster, 5).await;
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    pause_others(&cluster, leader);
    let mut posts = JoinSet::new();
    for _ in 0..2 {
        posts.spawn(hotel.api.post("/v1/bookings", &key).json(&request).send());
    }
    // The refusal of one shows that the other one is open.
    refusal(&posts.join_next().await.unwrap().unwrap(), 409, "request_in_flight");
    cluster.node(leader).ask_to_stop();
    // Its time is up after 3 s, before the node cuts its connections.
    refusal(&posts.join_next().await.unwrap().unwrap(), 504, "outcome_unknown");
    resume_others(&cluster, leader);
    let other = cluster.others(leader)[0];
    insist(&cluster.api("operator", other), &key, &request).await;
    assert_one_booking(&hotel.through(&cluster.api("operator", other))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_majority_answers_unavailable() {
    let cluster = Cluster::start();
    let (hotel, leader) = hotel_at_its_leader(&cluster, 5).await;
    let before = hotel.everything().await;
    pause_others(&cluster, leader);
    let path = format!("/v1/properties/{}/availability?from=2027-03-01&to=2027-03-02", hotel.id);
    let answer = hotel.api.get(&path).send().await;
    assert!(refusal(&answer, 503, "unavailable").retryable);
    let bounded = format!("{path}&consistency=bounded&maxStalenessMs=60000");
    hotel.api.get(&bounded).send().await.expect(200);
    resume_others(&cluster, leader);
    keyrack_tests::until("reads are answered again", keyrack_tests::PATIENCE, async || {
        let answer = hotel.api.get(&path).send().await;
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(hotel.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_sheds_load_before_anything_is_proposed() {
    let cluster = Cluster::start_with(&[("KEYRACK_LIMITS_QUEUE_COMMANDS", "4")]);
    let (hotel, leader) = hotel_at_its_leader(&cluster, 200).await;
    pause_others(&cluster, leader);
    let mut posts = JoinSet::new();
    for _ in 0..100 {
        let (hotel, key) = (hotel.clone(), fresh_key());
        let request = request_with_ref(&hotel, &key);
        posts.spawn(async move {
            let answer = hotel.api.post("/v1/bookings", &key).json(&request).send().await;
            (key, request, answer)
        });
    }
    // Nothing commits, so only shed requests can be answered.
    let (first_shed, _, answer) = posts.join_next().await.unwrap().unwrap();
    assert!(refusal(&answer, 503, "overloaded").retryable);
    assert!(answer.header("Retry-After").is_some(), "the answer has a Retry-After: {answer:?}");
    resume_others(&cluster, leader);

    let (mut shed, mut booked) = (BTreeSet::from([first_shed]), BTreeSet::new());
    while let Some(post) = posts.join_next().await {
        let (key, request, answer) = post.unwrap();
        if answer.status == 503 && answer.json()["code"] == "overloaded" {
            shed.insert(key);
        } else {
            insist(&hotel.api, &key, &request).await;
            booked.insert(key);
        }
    }
    println!("{} shed, {} booked", shed.len(), booked.len());
    assert_eq!(channel_refs(&hotel).await, booked, "shed requests are not booked");
    assert_eq!(hotel.sold("2027-03-01").await, booked.len() as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_above_its_quota_gets_a_retry_after() {
    let cluster = Cluster::start_with(&[("KEYRACK_LIMITS_REQUESTS_PER_SECOND", "5")]);
    let hotel = HotelPlan::new("QUOTA", 100).open(&cluster.operator()).await;
    let channel = hotel.through(&cluster.api("channel", 1));
    let mut posts = JoinSet::new();
    for _ in 0..40 {
        let (hotel, key) = (channel.clone(), fresh_key());
        posts.spawn(async move {
            let request = request_with_ref(&hotel, &key);
            let answer = hotel.api.post("/v1/bookings", &key).json(&request).send().await;
            (key, answer)
        });
    }
    let (mut booked, mut refused) = (BTreeSet::new(), 0);
    while let Some(post) = posts.join_next().await {
        let (key, answer) = post.unwrap();
        if answer.status == 201 {
            booked.insert(key);
            continue;
        }
        assert!(refusal(&answer, 429, "quota_exceeded").retryable);
        for header in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
            assert!(answer.header(header).is_some(), "{header} is missing");
        }
        refused += 1;
    }
    assert!(refused > 0 && !booked.is_empty(), "{refused} refused, {} booked", booked.len());
    // A caller's quota counts over all nodes. The desk has not called yet; the manager has, to load the samples.
    let seen = hotel.through(&cluster.api("desk", 2));
    assert_eq!(channel_refs(&seen).await, booked, "refused requests are not booked");
}

async fn hotel_at_its_leader(cluster: &Cluster, rooms: u32) -> (Hotel, usize) {
    let hotel = HotelPlan::new("TROUBLE", rooms).open(&cluster.operator()).await;
    let leader = cluster.leader_of(hotel.shard().await).await;
    (hotel.through(&cluster.api("operator", leader)), leader)
}

fn pause_others(cluster: &Cluster, leader: usize) {
    cluster.others(leader).into_iter().for_each(|node| cluster.node(node).pause());
}

fn resume_others(cluster: &Cluster, leader: usize) {
    cluster.others(leader).into_iter().for_each(|node| cluster.node(node).resume());
}

/// Retries the same key until it is answered, which must be with 201.
async fn insist(api: &Api, key: &str, request: &Value) -> Answer {
    let apis = [api.clone()];
    let posted = Api::post_until_answered(&apis, "/v1/bookings", key, request, TRY_TIMEOUT);
    posted.await.0.expect(201)
}

async fn assert_one_booking(hotel: &Hotel) {
    assert_eq!(hotel.bookings().await.len(), 1);
    assert_eq!(hotel.sold("2027-03-01").await, 1);
}

fn request_with_ref(hotel: &Hotel, key: &str) -> Value {
    let mut request = hotel.request("2027-03-01", "2027-03-02");
    request["channelRef"] = json!(key);
    request
}

async fn channel_refs(hotel: &Hotel) -> BTreeSet<String> {
    let bookings = hotel.bookings().await;
    bookings.iter().map(|booking| booking["channelRef"].as_str().unwrap().to_string()).collect()
}
