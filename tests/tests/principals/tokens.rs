//! Staff tokens of an OpenID Connect issuer: forged tokens, keys that change at the issuer, and subjects that move to
//! another principal or to none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyrack_tests::issuer::{Forgery, Health, Issuer, KeyKind, SigningKey};
use keyrack_tests::{Answer, Api, Cluster, EventStream, Hotel, HotelPlan, Operators, PATIENCE, fresh_key, refusal, until};
use serde_json::{Value, json};

use crate::{assert_same_401, list_of};

/// The clock difference that nodes accept by default.
const SKEW_SECS: u64 = 60;

/// Two hotels and an issuer that the nodes trust.
struct Fixture {
    cluster: Cluster,
    issuer: Issuer,
    operators: Operators,
    here: Hotel,
    there: Hotel,
}

impl Fixture {
    async fn set_up() -> Fixture {
        Fixture::set_with(&[]).await
    }

    /// The same with further issuers.
    async fn set_with(more: &[&Issuer]) -> Fixture {
        // The test sends hundreds of refused requests from one address, so that limit is off.
        let mut cluster = Cluster::start_with(&[("KEYRACK_LIMITS_FAILED_SIGN_INS_PER_MINUTE", "0")]);
        let here = HotelPlan::new("tokens-here", 500).open(&cluster.operator()).await;
        let there = HotelPlan::new("tokens-there", 500).open(&cluster.operator()).await;
        let issuer = Issuer::start().await;
        let text: String = std::iter::once(&issuer).chain(more.iter().copied()).map(Issuer::config).collect();
        let sections: toml::Table = text.parse().unwrap();
        cluster.reconfigure(|config| drop(config.insert("oidc".into(), sections["oidc"].clone())));
        for node in cluster.node_ids() {
            cluster.ready(node).await;
        }
        let operators = cluster.operators().await;
        Fixture { cluster, issuer, operators, here, there }
    }

    /// Creates or changes a desk of one hotel. These subjects of the issuer sign in as it.
    async fn desk(&self, id: &str, hotel: &Hotel, subjects: &[&str]) -> Value {
        self.operators.put(id, &self.desk_wish(hotel, subjects)).await
    }

    fn desk_wish(&self, hotel: &Hotel, subjects: &[&str]) -> Value {
        let subject = |subject: &&str| json!({"issuer": self.issuer.url(), "subject": subject});
        json!({"role": "desk", "properties": [hotel.id], "subjects": subjects.iter().map(subject).collect::<Vec<_>>()})
    }

    /// A caller with this token at a node.
    fn with(&self, token: &str, node: usize) -> Api {
        self.cluster.api("desk", node).with_key(token)
    }

    /// A node's answer to a request for the bookings with this token.
    async fn shown(&self, token: &str, node: usize) -> Answer {
        self.with(token, node).get(&list_of(&self.here)).send().await
    }

    /// Waits until a node answers a token with this status.
    async fn until_status(&self, what: &str, token: &str, node: usize, status: u16) {
        until(what, PATIENCE, async || (self.shown(token, node).await.status == status).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_tokens_are_refused() {
    let other_issuer = Issuer::start().await;
    let fixture = Fixture::set_with(&[&other_issuer]).await;
    let Fixture { cluster, issuer, here, .. } = &fixture;
    fixture.desk("lisbon-desk", here, &["anna"]).await;
    let stranger = Issuer::start().await;
    for node in cluster.node_ids() {
        for algorithm in ["ES256", "RS256", "PS256", "EdDSA"] {
            let key = issuer.key_for(algorithm);
            let mut header = key.header();
            header["alg"] = json!(algorithm);
            let token = key.token(&header, &issuer.claims("anna"));
            fixture.until_status(&format!("node {node} has the issuer's keys"), &token, node, 200).await;
        }
    }
    let before = here.everything().await;
    let known = fixture.shown("nonsense", 1).await;
    let known_of_post = book(&fixture.with("nonsense", 1), here).await;

    let mut wrong: Vec<(String, String)> =
        Forgery::ALL.iter().map(|forgery| (format!("{forgery:?}"), issuer.forged(*forgery, "anna"))).collect();
    let mut claims = issuer.claims("anna");
    claims["exp"] = json!(now_secs() - SKEW_SECS - 1);
    wrong.push(("expired a second too long ago".into(), issuer.sign(&claims)));
    let mut claims = issuer.claims("anna");
    claims["nbf"] = json!(now_secs() + SKEW_SECS + 600);
    wrong.push(("valid only in ten minutes".into(), issuer.sign(&claims)));
    let thief = SigningKey::new(&issuer.keys()[0].kid, KeyKind::P256);
    wrong.push(("signed by another key of that name".into(), thief.token(&thief.header(), &issuer.claims("anna"))));
    wrong.push(("of an unknown issuer".into(), stranger.token("anna")));
    wrong.push(("of that subject at another issuer".into(), other_issuer.token("anna")));
    wrong.push(("another issuer's key for this issuer's claims".into(), other_issuer.sign(&issuer.claims("anna"))));
    wrong.push(("of an unbound subject".into(), issuer.token("berta")));
    wrong.push(("of a similar subject".into(), issuer.token("Anna")));
    wrong.push(("of a principal's id".into(), issuer.token("lisbon-desk")));
    wrong.push(("twice".into(), format!("{0},{0}", issuer.token("anna"))));
    let mut refused = 0;
    for (what, token) in &wrong {
        for node in cluster.node_ids() {
            assert_same_401(what, &fixture.shown(token, node).await, &known);
            assert_same_401(what, &book(&fixture.with(token, node), here).await, &known_of_post);
            refused += 2;
        }
    }
    assert_eq!(here.everything().await, before, "refused requests change nothing");
    for node in cluster.node_ids() {
        fixture.shown(&issuer.token("anna"), node).await.expect(200);
    }
    assert!(refused >= 300, "fewer refusals than forgeries: {refused}");
    println!("{refused} requests with tokens were refused");
}

/// Within the skew a token is valid to the second: not before it begins and not after it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_valid_only_between_its_times() {
    let fixture = Fixture::set_up().await;
    let (issuer, nodes) = (&fixture.issuer, fixture.cluster.node_ids());
    fixture.desk("lisbon-desk", &fixture.here, &["anna"]).await;
    for node in nodes.clone() {
        fixture.until_status("the keys are there", &issuer.token("anna"), node, 200).await;
    }
    let begins = now_secs() + 4;
    let claims_with = |name: &str, at: u64| {
        let mut claims = issuer.claims("anna");
        claims[name] = json!(at);
        issuer.sign(&claims)
    };
    let early = [claims_with("nbf", begins + SKEW_SECS), claims_with("iat", begins + SKEW_SECS)];
    let late = claims_with("exp", begins - SKEW_SECS);
    let mut seen = 0;
    while now_secs() + 1 < begins {
        for node in nodes.clone() {
            for token in early.iter().chain([&late]) {
                let answer = fixture.shown(token, node).await;
                // The clock may have passed `begins` while the node answered.
                if now_secs() < begins {
                    assert_eq!(answer.status, if *token == late { 200 } else { 401 }, "{answer:?}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen >= 9, "too few answers before the tokens begin");
    until("the tokens begin", PATIENCE, async || (now_secs() > begins).then_some(())).await;
    for node in nodes {
        for token in &early {
            fixture.shown(token, node).await.expect(200);
        }
        refusal(&fixture.shown(&late, node).await, 401, "unauthenticated");
    }
}

/// A new key is accepted at once, a removed key is refused soon, and tokens work while the issuer is down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_follow_key_changes_at_the_issuer() {
    let fixture = Fixture::set_up().await;
    let (issuer, nodes) = (&fixture.issuer, fixture.cluster.node_ids());
    fixture.desk("lisbon-desk", &fixture.here, &["anna"]).await;
    let first = issuer.token("anna");
    for node in nodes.clone() {
        fixture.until_status("the keys are there", &first, node, 200).await;
    }
    issuer.rotate();
    let second = issuer.token("anna");
    for node in nodes.clone() {
        fixture.shown(&second, node).await.expect(200);
        fixture.shown(&first, node).await.expect(200);
    }
    // Removed: nodes notice when they next fetch the keys, which the next new key causes.
    issuer.remove_key("key-1");
    issuer.rotate();
    let third = issuer.token("anna");
    let known = fixture.shown("nonsense", 1).await;
    for node in nodes.clone() {
        fixture.until_status(&format!("node {node} has the third key"), &third, node, 200).await;
        assert_same_401("signed by a removed key", &fixture.shown(&first, node).await, &known);
        fixture.shown(&second, node).await.expect(200);
    }
    issuer.set_health(Health::Down);
    let unknown = SigningKey::new("key-of-a-thief", KeyKind::P256);
    for node in nodes {
        let forged = unknown.token(&unknown.header(), &issuer.claims("anna"));
        assert_same_401("signed by an unknown key", &fixture.shown(&forged, node).await, &known);
        fixture.shown(&third, node).await.expect(200);
        fixture.shown(&issuer.token("anna"), node).await.expect(200);
    }
}

/// A token identifies a subject. The directory decides its rights at every request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_has_the_rights_of_its_subjects_principal() {
    let fixture = Fixture::set_up().await;
    let Fixture { cluster, issuer, operators, here, there } = &fixture;
    fixture.desk("probe", here, &["probe"]).await;
    for node in cluster.node_ids() {
        fixture.until_status("the keys are there", &issuer.token("probe"), node, 200).await;
    }
    let token = issuer.token("anna");
    let statuses = async |what: &str, at_here: u16, at_there: u16| {
        for node in cluster.node_ids() {
            for (hotel, status) in [(here, at_here), (there, at_there)] {
                let api = fixture.with(&token, node);
                let before = hotel.bookings().await.len();
                let (seen, booked) = (api.get(&list_of(hotel)).send().await, book(&api, hotel).await);
                match status {
                    401 => drop((refusal(&seen, 401, "unauthenticated"), refusal(&booked, 401, "unauthenticated"))),
                    403 => drop((refusal(&seen, 403, "forbidden"), refusal(&booked, 403, "forbidden"))),
                    _ => drop((seen.expect(200), booked.expect(201))),
                }
                let more = usize::from(status == 200);
                assert_eq!(hotel.bookings().await.len(), before + more, "{what}: bookings of {}", hotel.id);
            }
        }
    };
    statuses("not bound yet", 401, 401).await;
    fixture.desk("lisbon-desk", here, &["anna"]).await;
    statuses("bound", 200, 403).await;
    let taken = operators.api.put("/v1/principals/porto-desk", &fixture.desk_wish(there, &["anna"])).send().await;
    refusal(&taken, 409, "wrong_state");
    statuses("not bound to a second one", 200, 403).await;
    fixture.desk("lisbon-desk", here, &[]).await;
    statuses("unbound", 401, 401).await;
    fixture.desk("porto-desk", there, &["anna"]).await;
    statuses("rebound", 403, 200).await;
    operators.revoke("porto-desk").await;
    statuses("revoked", 401, 401).await;
    refusal(
        &operators.api.put("/v1/principals/porto-desk", &fixture.desk_wish(there, &["anna"])).send().await,
        409,
        "wrong_state",
    );
    statuses("still revoked", 401, 401).await;
    fixture.desk("faro-desk", here, &["anna", "berta"]).await;
    statuses("bound to a third one", 200, 403).await;
}

/// A stream asks again who the caller is: a subject that was taken away sees nothing more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_subject_is_removed() {
    let fixture = Fixture::set_up().await;
    fixture.desk("lisbon-desk", &fixture.here, &["anna"]).await;
    let token = fixture.issuer.token("anna");
    fixture.until_status("the subject is bound", &token, 2, 200).await;
    let path = format!("/v1/events?propertyId={}", fixture.here.id);
    let stream = EventStream::open(&fixture.with(&token, 2), &path, None).await;
    fixture.desk("lisbon-desk", &fixture.here, &[]).await;
    let said = tokio::time::timeout(PATIENCE, stream.rest()).await.expect("the stream ends");
    assert!(!said.is_empty(), "it had the events before");
}

/// Books one room with a fresh key.
async fn book(api: &Api, hotel: &Hotel) -> Answer {
    let request = hotel.request("2027-04-01", "2027-04-03");
    api.post("/v1/bookings", &fresh_key()).timeout(Duration::from_secs(20)).json(&request).send().await
}

fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
