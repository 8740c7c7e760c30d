//! An issuer that is down, slow or answers wrongly.

use std::time::Instant;

use keyrack_tests::issuer::{Health, Issuer};
use keyrack_tests::{PATIENCE, until};
use serde_json::json;

use super::*;

#[tokio::test]
async fn the_last_keys_are_used_for_a_day_while_the_issuer_is_down() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, Timing { refresh_every: Duration::from_millis(20), ..STILL });
    ready(&oidc, &issuer).await;
    let remembered = issuer.token("anna");
    assert!(verify(&oidc, &remembered).await.is_ok());
    issuer.set_health(Health::Down);
    let (tries, old) = (issuer.discoveries(), Instant::now());
    until("two fetches failed", PATIENCE, async || (issuer.discoveries() > tries + 2).then_some(())).await;
    assert!(verify(&oidc, &issuer.token("bert")).await.is_ok());
    let (now, day) = (SystemTime::now(), STILL.serve_for);
    assert!(oidc.verify_at(&issuer.token("carl"), now, old + day - Duration::from_secs(60)).await.is_ok());
    let after = old + day + Duration::from_secs(60);
    for token in [issuer.token("dora"), remembered] {
        assert_eq!(oidc.verify_at(&token, now, after).await, Err(Refused::NoKeys), "the keys are too old");
    }
    issuer.set_health(Health::Up);
    ready(&oidc, &issuer).await;
    assert_eq!(Timing::default().serve_for, Duration::from_secs(24 * 3_600));
}

#[tokio::test]
async fn tokens_of_an_issuer_that_is_down_at_the_start_are_refused_until_it_is_up() {
    let issuer = Issuer::start().await;
    for ill in [Health::Down, Health::Answers(500), Health::Answers(302), Health::NeverStops] {
        issuer.set_health(ill.clone());
        let oidc = start(&issuer, Timing { asked_every: Duration::ZERO, ..STILL });
        assert_eq!(verify(&oidc, &issuer.token("anna")).await, Err(Refused::NoKeys), "{ill:?}");
        issuer.set_health(Health::Up);
        // The token causes this fetch. The next one by the timer would be an hour later.
        assert_eq!(verify(&oidc, &issuer.token("anna")).await, Ok("anna".into()), "after {ill:?}");
    }
}

#[tokio::test]
async fn a_token_waits_for_an_issuer_that_hangs_for_a_bounded_time() {
    let issuer = Issuer::start().await;
    issuer.set_health(Health::Hangs);
    let wait_at_most = Duration::from_millis(50);
    let oidc = start(&issuer, Timing { wait_at_most, ..STILL });
    assert_eq!(verify(&oidc, &issuer.token("anna")).await, Err(Refused::NoKeys));
    assert!(Timing::default().wait_at_most <= Duration::from_secs(3), "shorter than a request may take");
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_or_with_a_bad_jwks_uri_is_refused() {
    let (issuer, other) = (Issuer::start().await, Issuer::start().await);
    let url = issuer.url();
    let document = |claimed: &str, jwks_uri: &str| Some(json!({"issuer": claimed, "jwks_uri": jwks_uri}).to_string());
    let good_keys = format!("{url}/keys?all=1");
    let cases = [
        document(other.url(), &good_keys),
        document(&format!("{url}/"), &good_keys),
        document(url, "http://keys.example/keys"),
        document(url, "http://10.255.255.1/keys"),
        document(url, "file:///etc/passwd"),
        document(url, "/keys"),
        document(url, "http://anna:secret@127.0.0.1/keys"),
        Some(json!({"issuer": url}).to_string()),
        Some(json!({"jwks_uri": good_keys}).to_string()),
        Some(format!(r#"{{"issuer":"{url}","issuer":"{url}","jwks_uri":"{good_keys}"}}"#)),
        Some("<html>".into()),
        Some(String::new()),
    ];
    for case in cases {
        issuer.publish_discovery(case.clone());
        let oidc = start(&issuer, STILL);
        assert_eq!(verify(&oidc, &issuer.token("anna")).await, Err(Refused::NoKeys), "{case:?}");
    }
    assert_eq!((issuer.fetches(), other.fetches()), (0, 0), "no keys were fetched");
    // The issuer's own document may name keys on another server.
    issuer.publish_discovery(document(url, &format!("{}/keys?all=1", other.url())));
    let oidc = start(&issuer, STILL);
    assert_eq!(verify(&oidc, &issuer.token("anna")).await, Err(Refused::Signature));
    assert_eq!(other.fetches(), 1);
}

#[tokio::test]
async fn malformed_keys_do_not_replace_the_last_ones() {
    let issuer = Issuer::start().await;
    let oidc =
        start(&issuer, Timing { refresh_every: Duration::from_millis(20), retry_after: Duration::from_millis(20), ..STILL });
    ready(&oidc, &issuer).await;
    for broken in ["", "{}", "<html>", r#"{"keys":[]"#] {
        issuer.publish_jwks(Some(broken.into()));
        let fetches = issuer.fetches();
        until("it was fetched", PATIENCE, async || (issuer.fetches() > fetches + 2).then_some(())).await;
        ready(&oidc, &issuer).await;
    }
}

#[tokio::test]
async fn fetching_ends_when_the_tasks_stop() {
    let (issuer, tasks) = (Issuer::start().await, Tasks::new("test"));
    let oidc = start_all(Timing { refresh_every: Duration::from_millis(1), ..STILL }, &[configured(&issuer)], &tasks);
    ready(&oidc, &issuer).await;
    let fetching = std::sync::Arc::downgrade(&oidc.issuers[0]);
    drop(oidc);
    assert_ne!(fetching.strong_count(), 0, "the task still runs");
    tasks.stop().await;
    assert_eq!(fetching.strong_count(), 0);
}
