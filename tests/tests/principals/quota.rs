//! A quota is the cluster's: flooding all nodes gets no more through than flooding one, and other callers are
//! unaffected.

use std::time::{Duration, Instant};

use keyrack_tests::{Answer, Api, Cluster, HotelPlan, refusal};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};

const PER_SECOND: usize = 50;
const FLOOD: Duration = Duration::from_secs(10);
const PATH: &str = "/v1/properties/quota-inn";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_at_all_nodes_gets_its_quota_and_no_more() {
    let cluster = Cluster::start();
    HotelPlan::new("quota-inn", 5).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let wish = json!({"role": "channel", "properties": ["quota-inn"], "requestsPerSecond": PER_SECOND});
    let flooding = operators.caller("flooding", &wish, &cluster.api("channel", 1)).await;
    let calm = operators.caller("calm", &wish, &cluster.api("channel", 1)).await;
    // A quota belongs to the principal, with all its keys.
    let second_key = operators.give_key("flooding").await.secret;

    let end = Instant::now() + FLOOD;
    let mut floods = JoinSet::new();
    for node in cluster.node_ids() {
        for key in [flooding.api_key(), &second_key] {
            floods.spawn(flood(cluster.api("channel", node).with_key(key), end));
        }
    }
    let calm: Vec<JoinHandle<usize>> =
        cluster.everywhere("channel").iter().map(|api| tokio::spawn(keep_calm(api.with_key(calm.api_key()), end))).collect();
    let (mut through, mut limited) = (0, 0);
    while let Some(flooded) = floods.join_next().await {
        let (some, others) = flooded.unwrap();
        through += some;
        limited += others;
    }
    let mut undisturbed = 0;
    for calm in calm {
        undisturbed += calm.await.unwrap();
    }
    println!("{through} of {} requests got through, and all {undisturbed} of the other caller", through + limited);
    let fair = PER_SECOND * FLOOD.as_secs() as usize;
    let burst = PER_SECOND;
    assert!(through >= burst + fair * 9 / 10 && through <= burst + fair * 11 / 10, "{through}, not {fair} plus {burst}");
    assert!(limited > fair, "too few for a flood: {limited}");
    assert!(undisturbed >= 100, "too few of the other caller: {undisturbed}");
}

/// Sends requests as fast as possible. Returns how many got through and how many did not.
async fn flood(api: Api, end: Instant) -> (usize, usize) {
    let (mut through, mut limited) = (0, 0);
    while Instant::now() < end {
        let answer = api.get(PATH).send().await;
        let left = told(&answer);
        if answer.status == 429 {
            refusal(&answer, 429, "quota_exceeded");
            assert_eq!(left, 0, "{answer:?}");
            let wait: u64 = answer.header("Retry-After").expect("a Retry-After header").parse().unwrap();
            assert!((1..=5).contains(&wait), "{wait} s");
            limited += 1;
        } else {
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(left < PER_SECOND, "{left}");
            through += 1;
        }
    }
    (through, limited)
}

/// Uses a fifth of the quota at its node. Every request is answered.
async fn keep_calm(api: Api, end: Instant) -> usize {
    let mut asked = 0;
    let mut pace = tokio::time::interval(Duration::from_secs(5) / PER_SECOND as u32);
    while Instant::now() < end {
        pace.tick().await;
        let answer = api.get(PATH).send().await.expect(200);
        assert!(told(&answer) > 0, "{:?}", answer.headers);
        asked += 1;
    }
    asked
}

/// The remaining requests, from the fields of draft-ietf-httpapi-ratelimit-headers.
#[track_caller]
fn told(answer: &Answer) -> usize {
    assert_eq!(answer.header("RateLimit-Policy"), Some("\"second\";q=50;w=1"), "{answer:?}");
    let limit = answer.header("RateLimit").expect("a RateLimit field");
    let (requests, seconds) = limit.strip_prefix("\"second\";r=").and_then(|rest| rest.split_once(";t=")).expect(limit);
    assert!(seconds.parse::<u64>().is_ok(), "{limit}");
    requests.parse().unwrap_or_else(|e| panic!("{limit}: {e}"))
}
