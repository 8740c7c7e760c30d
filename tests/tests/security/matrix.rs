//! Every route of the OpenAPI document, with every kind of credentials. Who may what stands here a second time, written by hand.

use std::collections::BTreeMap;

use keyrack_tests::{Answer, Api, Cluster, HotelPlan, fresh_key, refusal};
use reqwest::Method;
use serde_json::{Value, json};

/// Method, path, and who may: o(perator), m(anager), c(hannel), d(esk), a(uditor); `*` is everybody.
const MAY: &[(&str, &str, &str)] = &[
    ("GET", "/v1/properties", "omcda"),
    ("GET", "/v1/properties/{property}", "omcda"),
    ("PUT", "/v1/properties/{property}", "om"),
    ("PUT", "/v1/properties/{property}/room-types/{code}", "om"),
    ("PUT", "/v1/properties/{property}/rate-plans/{code}", "om"),
    ("POST", "/v1/properties/{property}/ari", "om"),
    ("POST", "/v1/properties/{property}/close-business-date", "om"),
    ("GET", "/v1/properties/{property}/availability", "omcda"),
    ("GET", "/v1/offers", "omcda"),
    ("POST", "/v1/holds", "omcd"),
    ("POST", "/v1/holds/{hold}/confirm", "omcd"),
    ("DELETE", "/v1/holds/{hold}", "omcd"),
    ("POST", "/v1/bookings", "omcd"),
    ("GET", "/v1/bookings", "omcda"),
    ("GET", "/v1/bookings/{booking}", "omcda"),
    ("POST", "/v1/bookings/{booking}/amend", "omcd"),
    ("POST", "/v1/bookings/{booking}/cancel", "omcd"),
    ("POST", "/v1/bookings/{booking}/check-in", "omd"),
    ("POST", "/v1/bookings/{booking}/check-out", "omd"),
    ("POST", "/v1/bookings/{booking}/no-show", "omd"),
    ("GET", "/v1/bookings/{booking}/receipt", "omcda"),
    ("POST", "/v1/bookings/{booking}/guest-link", "omcd"),
    ("POST", "/v1/guest-sessions", "*"),
    ("POST", "/v1/guests/{guest}/erase", "om"),
    ("GET", "/v1/events", "omcda"),
    ("GET", "/v1/audit", "oa"),
    ("GET", "/log/policy", "*"),
    ("GET", "/log/{shard}/checkpoint", "*"),
    ("GET", "/log/{shard}/tile/{tile}", "*"),
    ("GET", "/log/{shard}/tile/entries/{tile}", "oa"),
    ("GET", "/healthz", "*"),
    ("GET", "/readyz", "*"),
    // In development; elsewhere for those who see the topology.
    ("GET", "/metrics", "*"),
    ("GET", "/v1/principals", "o"),
    ("GET", "/v1/principals/{principal}", "o"),
    ("PUT", "/v1/principals/{principal}", "o"),
    ("POST", "/v1/principals/{principal}/revoke", "o"),
    ("POST", "/v1/principals/{principal}/keys", "o"),
    ("POST", "/v1/principals/{principal}/keys/{prefix}/revoke", "o"),
    ("GET", "/v1/nodes", "o"),
    ("POST", "/v1/nodes/{node}/fence", "o"),
    ("POST", "/v1/nodes/{node}/admit", "o"),
];
const ROLES: [(&str, char); 5] = [("operator", 'o'), ("manager", 'm'), ("channel", 'c'), ("desk", 'd'), ("auditor", 'a')];
/// What begins so is served at the operators' listener only.
const OPERATORS: [&str; 2] = ["/v1/principals", "/v1/nodes"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_asks_who_calls_and_what_they_may() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("MATRIX", 3).open(&cluster.operator()).await;
    let booking = hotel.booked("2027-03-01", "2027-03-02").await;
    let operators = cluster.operators().await;
    let document = cluster.operator().get("/openapi.json").send().await.expect(200).json();
    assert_eq!(routes(&document), written(), "a route that is not in the table, or the other way round");
    let before = hotel.everything().await;
    let strangers = strangers(&cluster, &operators).await;
    let mut refused = 0;
    for (method, pattern, may) in MAY {
        let path = fill(pattern, &booking);
        let for_operators = OPERATORS.iter().any(|begin| pattern.starts_with(begin));
        let at = |api: &Api| if for_operators { operators.api.with_key(api.api_key()) } else { api.clone() };
        for (what, key) in &strangers {
            let answer = call(&at(&cluster.operator().with_key(key)), method, &path).await;
            if *may == "*" {
                assert_ne!(answer.status, 401, "{what}: {method} {pattern} is for everybody: {answer:?}");
            } else {
                refusal(&answer, 401, "unauthenticated");
                refused += 1;
            }
        }
        for (role, letter) in ROLES {
            let answer = call(&at(&cluster.api(role, 1)), method, &path).await;
            if may.contains(['*', letter]) {
                let let_in = answer.status != 401 && answer.status != 403;
                assert!(
                    let_in || (pattern.contains("/guest-sessions") && answer.status == 401),
                    "{role}: {method} {pattern}: {answer:?}"
                );
            } else {
                refusal(&answer, 403, "forbidden");
                refused += 1;
            }
        }
        if for_operators {
            // At the edge there is no such path, whoever asks.
            let answer = call(&cluster.operator(), method, &path).await;
            refusal(&answer, 404, "not_found");
            refused += 1;
        }
    }
    assert_eq!(hotel.everything().await, before, "something was left behind");
    println!("{refused} refused");
    assert!(refused >= 300, "only {refused}");
}

/// Credentials that let nobody in, by what is wrong with them.
async fn strangers(cluster: &Cluster, operators: &keyrack_tests::Operators) -> BTreeMap<&'static str, String> {
    let wish = json!({"role": "manager"});
    operators.put("once", &wish).await;
    let withdrawn = operators.give_key("once").await;
    operators.revoke_key("once", &withdrawn.prefix).await;
    operators.put("gone", &wish).await;
    let gone = operators.give_key("gone").await;
    operators.revoke("gone").await;
    operators.put("short", &wish).await;
    let expired = operators.give_key_as("short", &json!({"expiresInSeconds": 1})).await;
    let api = cluster.operator().with_key(&expired.secret);
    keyrack_tests::until("a key of one second has expired", keyrack_tests::PATIENCE, async || {
        (api.get("/v1/properties").send().await.status == 401).then_some(())
    })
    .await;
    let mut other = cluster.key("channel").to_string();
    let last = other.pop().unwrap();
    other.push(if last == '0' { '1' } else { '0' });
    BTreeMap::from([
        ("a key that was withdrawn", withdrawn.secret.clone()),
        ("a withdrawn key's neighbour", format!("{}x", &withdrawn.secret[..withdrawn.secret.len() - 1])),
        ("a key of a principal that was withdrawn", gone.secret),
        ("a key that has expired", expired.secret),
        ("a key with one letter changed", other),
        ("no key at all", "nonsense".to_string()),
        // {"alg":"none"} and {"sub":"x"}
        ("a token without a signature", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.".to_string()),
        ("a guest's session that nobody signed", format!("krg_{}", "A".repeat(86))),
    ])
}

async fn call(api: &Api, method: &str, path: &str) -> Answer {
    let call = api.call(Method::from_bytes(method.as_bytes()).unwrap(), path);
    match method {
        "GET" => call.send().await,
        // A field that nothing has: whoever may is refused for that, and changes nothing either.
        _ => call.header("Idempotency-Key", &fresh_key()).json(&json!({"nonsense": true})).send().await,
    }
}

/// The booking that there is, where a path names one: what is allowed may then fail for the empty body only.
fn fill(pattern: &str, booking: &Value) -> String {
    let id = booking["bookingId"].as_str().unwrap();
    let filled =
        pattern.replace("{booking}", id).replace("{guest}", "bk_00000000000000000000000000").replace("{property}", "MATRIX");
    let filled = filled.replace("{hold}", "hd_00000000000000000000000000").replace("{code}", "NEW").replace("{shard}", "1");
    let filled = filled.replace("{tile}", "0/000.p/1").replace("{principal}", "nobody-known");
    // An id of a booking that is not due, or of none at all: nothing is changed by who may.
    let filled = if pattern.ends_with("/cancel") { filled.replace(id, "bk_00000000000000000000000000") } else { filled };
    filled.replace("{prefix}", "abcdefghjkmn").replace("{node}", "77")
}

fn routes(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().unwrap().iter();
    let mut all: Vec<String> = paths
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |m| format!("{} {path}", m.to_uppercase())))
        .collect();
    all.sort();
    all
}

fn written() -> Vec<String> {
    let mut all: Vec<String> = MAY.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    all.sort();
    all
}
