//! Rotated keys, and how often they are fetched.

use std::time::Instant;

use keyrack_tests::issuer::{Forgery, Issuer, KeyKind};
use keyrack_tests::{PATIENCE, until};

use super::*;

#[tokio::test]
async fn a_new_key_is_found_by_the_first_token_that_names_it() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    ready(&oidc, &issuer).await;
    let old = issuer.token("anna");
    issuer.rotate();
    // All at once, as after a rotation. One token causes the fetch, and the others wait for it.
    let tokens: Vec<String> = (0..50).map(|n| issuer.token(&format!("desk-{n}"))).collect();
    let all = tokens.iter().map(|token| verify(&oidc, token));
    for (n, found) in futures::future::join_all(all).await.into_iter().enumerate() {
        assert_eq!(found, Ok(format!("desk-{n}")));
    }
    assert_eq!((issuer.discoveries(), issuer.fetches()), (2, 2), "once at the start, once for the new key");
    assert!(verify(&oidc, &old).await.is_ok(), "the old key is still published");
}

#[tokio::test]
async fn invented_key_names_cause_one_fetch_and_valid_tokens_are_still_accepted() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    ready(&oidc, &issuer).await;
    for _ in 0..200 {
        let token = issuer.forged(Forgery::UnknownKey, "anna");
        assert_eq!(verify(&oidc, &token).await, Err(Refused::UnknownKey));
        ready(&oidc, &issuer).await;
    }
    assert_eq!(issuer.fetches(), 2, "once at the start, once for the first token");
    // During this flood a new key is not fetched at once,
    issuer.rotate();
    let token = issuer.token("anna");
    let (now, at) = (SystemTime::now(), Instant::now());
    assert_eq!(verify(&oidc, &token).await, Err(Refused::UnknownKey));
    // but after the pause.
    let later = at + STILL.asked_every + Duration::from_secs(1);
    assert!(oidc.verify_at(&token, now, later).await.is_ok());
    assert_eq!(issuer.fetches(), 3);
    let timing = Timing::default();
    assert_eq!((timing.asked_every, timing.refresh_every), (Duration::from_secs(5), Duration::from_secs(600)));
}

#[tokio::test]
async fn tokens_of_a_removed_key_are_refused_after_the_next_refresh() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, Timing { refresh_every: Duration::from_millis(50), ..STILL });
    ready(&oidc, &issuer).await;
    let token = issuer.token("thief");
    let kid = issuer.keys()[0].kid.clone();
    assert!(verify(&oidc, &token).await.is_ok(), "it is remembered now");
    issuer.remove_key(&kid);
    let gone = until("the key is gone", PATIENCE, async || verify(&oidc, &token).await.err()).await;
    assert_eq!(gone, Refused::UnknownKey);
    issuer.add_key(KeyKind::Ed25519);
    assert_eq!(verify(&oidc, &token).await, Err(Refused::UnknownKey), "another key does not bring it back");
    // Remove all keys.
    issuer.publish_jwks(Some(r#"{"keys":[]}"#.into()));
    let token = issuer.token("anna");
    until("no key is left", PATIENCE, async || verify(&oidc, &token).await.err()).await;
}

#[tokio::test]
async fn a_token_is_verified_once_until_the_keys_change() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    ready(&oidc, &issuer).await;
    let now = SystemTime::now();
    let keys = |at| {
        let parsed = super::super::token::Token::parse(at).expect("a token");
        let issuer = oidc.issuers[0].clone();
        async move { issuer.keys_for(&parsed, Instant::now()).await.expect("keys") }
    };
    let token = issuer.token("anna");
    let held = keys(&token).await;
    assert_eq!(held.verified.lock().len(), 1, "the token of `ready`");
    for _ in 0..3 {
        oidc.verify(&token, now).await.expect("valid");
    }
    assert_eq!(held.verified.lock().len(), 2);
    // A refresh with the same keys forgets no token. A refresh with a new key forgets all.
    assert_eq!(verify(&oidc, &issuer.forged(Forgery::UnknownKey, "anna")).await, Err(Refused::UnknownKey));
    assert_eq!(issuer.fetches(), 2);
    assert!(std::sync::Arc::ptr_eq(&held, &keys(&token).await));
    issuer.rotate();
    let later = Instant::now() + STILL.asked_every * 2;
    oidc.verify_at(&issuer.token("bert"), now, later).await.expect("the new key");
    assert_eq!(keys(&token).await.verified.lock().len(), 1);
}
