//! Which keys of a JWK set may sign, and with what.

use keyrack_tests::issuer::{KeyKind, SigningKey};
use serde_json::{Value, json};

use super::super::keys::KeySet;
use super::super::token::Token;
use super::*;

/// What was left out of these keys, and whether a token of `key` with `algorithm` is verified by the rest.
fn found(jwks: &[Value], key: &SigningKey, algorithm: &str) -> (Vec<&'static str>, Result<(), Refused>) {
    let mut left_out = Vec::new();
    let keys = KeySet::parse(json!({"keys": jwks}).to_string().as_bytes(), &mut left_out).expect("a JWK set");
    let mut header = key.header();
    header["alg"] = json!(algorithm);
    let token = key.token(&header, &json!({"iss": "i"}));
    (left_out, keys.verify(&Token::parse(&token).expect("a token")))
}

#[test]
fn a_key_that_must_not_sign_does_not() {
    let [rsa, p256, ed] = [KeyKind::Rsa, KeyKind::P256, KeyKind::Ed25519].map(|kind| SigningKey::new("k", kind));
    let with = |key: &SigningKey, name: &str, value: Value| {
        let mut jwk = key.jwk();
        jwk[name] = value;
        jwk
    };
    let short = |bytes: usize| Value::String(rsa.jwk()["n"].as_str().expect("text")[..bytes * 4 / 3].to_string());
    let cases: Vec<(&SigningKey, Value, &str)> = vec![
        (&p256, with(&p256, "use", json!("enc")), "not for signatures"),
        (&p256, with(&p256, "use", json!(null)), "not for signatures"),
        (&p256, with(&p256, "key_ops", json!(["sign"])), "not for verifying"),
        (&p256, with(&p256, "key_ops", json!("verify")), "not for verifying"),
        (&p256, with(&p256, "d", json!("AAAA")), "a private key, which nobody may know"),
        (&rsa, with(&rsa, "d", json!("AAAA")), "a private key, which nobody may know"),
        (&ed, with(&ed, "d", json!("")), "a private key, which nobody may know"),
        (&ed, with(&ed, "kty", json!("oct")), "of a kind that is not verified here"),
        (&rsa, json!({"kty": "oct", "kid": "k", "k": rsa.jwk()["n"]}), "a private key, which nobody may know"),
        (&p256, with(&p256, "crv", json!("P-384")), "of a kind that is not verified here"),
        (&ed, with(&ed, "crv", json!("X25519")), "of a kind that is not verified here"),
        (&p256, with(&p256, "kid", json!(7)), "its kid is no text"),
        (&rsa, with(&rsa, "n", short(255)), "an RSA key of fewer than 2048 or more than 8192 bits"),
        (&rsa, with(&rsa, "n", short(129)), "an RSA key of fewer than 2048 or more than 8192 bits"),
        (&rsa, with(&rsa, "n", json!("_".repeat(4_000))), "an RSA key of fewer than 2048 or more than 8192 bits"),
        (&rsa, with(&rsa, "n", json!("AAAA")), "ill-formed"),
        (&rsa, with(&rsa, "n", json!("+/+/")), "ill-formed"),
        (&rsa, with(&rsa, "e", json!("AQ")), "an RSA key of an impossible exponent"),
        (&rsa, with(&rsa, "e", json!("Ag")), "an RSA key of an impossible exponent"),
        (&rsa, with(&rsa, "e", json!("AAAAAAAAAAAA")), "ill-formed"),
        (&p256, with(&p256, "x", json!("AAAA")), "ill-formed"),
        (&p256, with(&p256, "y", json!(null)), "ill-formed"),
        (&ed, with(&ed, "x", json!("AAAA")), "ill-formed"),
        (&rsa, with(&rsa, "alg", json!("RSA-OAEP")), "for an algorithm that is not verified here"),
        (&rsa, with(&rsa, "alg", json!("RS512")), "for an algorithm that is not verified here"),
        (&rsa, with(&rsa, "alg", json!("HS256")), "for an algorithm that is not verified here"),
        (&p256, with(&p256, "alg", json!("RS256")), "for an algorithm that is not verified here"),
        (&ed, with(&ed, "alg", json!("none")), "for an algorithm that is not verified here"),
        (&ed, with(&ed, "alg", json!(1)), "for an algorithm that is not verified here"),
        (&ed, json!("key"), "no object"),
    ];
    for (key, jwk, why) in cases {
        let (left_out, verified) = found(std::slice::from_ref(&jwk), key, key.kind.algorithms()[0]);
        assert_eq!((left_out, verified), (vec![why], Err(Refused::UnknownKey)), "{jwk}");
    }
    // The same keys, as they are.
    for key in [&rsa, &p256, &ed] {
        for algorithm in key.kind.algorithms() {
            assert_eq!(found(&[key.jwk()], key, algorithm), (vec![], Ok(())), "{algorithm}");
        }
    }
}

#[test]
fn a_key_signs_with_its_own_algorithm_only() {
    let rsa = SigningKey::new("k", KeyKind::Rsa);
    for (own, other) in [("RS256", "PS256"), ("PS256", "RS256")] {
        let mut jwk = rsa.jwk();
        jwk["alg"] = json!(own);
        assert_eq!(found(&[jwk.clone()], &rsa, own).1, Ok(()));
        assert_eq!(found(&[jwk], &rsa, other).1, Err(Refused::Algorithm), "{own} is not {other}");
    }
}

#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let key = SigningKey::new("k", KeyKind::P256);
    let mut jwk = key.jwk();
    jwk["x"] = jwk["y"].clone();
    assert_eq!(found(&[jwk], &key, "ES256").1, Err(Refused::Signature));
}

#[test]
fn the_name_decides_which_key_is_meant_and_without_one_there_must_be_no_choice() {
    let [first, second] = ["first", "second"].map(|kid| SigningKey::new(kid, KeyKind::Ed25519));
    let unnamed = |key: &SigningKey| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().expect("an object").remove("kid");
        jwk
    };
    let verify = |jwks: &[Value], key: &SigningKey, named: bool| {
        let keys = KeySet::parse(json!({"keys": jwks}).to_string().as_bytes(), &mut Vec::new()).expect("a JWK set");
        let mut header = key.header();
        if !named {
            header.as_object_mut().expect("an object").remove("kid");
        }
        keys.verify(&Token::parse(&key.token(&header, &json!({"iss": "i"}))).expect("a token"))
    };
    assert_eq!(verify(&[first.jwk()], &first, false), Ok(()));
    assert_eq!(verify(&[unnamed(&first)], &first, false), Ok(()));
    assert_eq!(verify(&[first.jwk()], &second, false), Err(Refused::Signature));
    assert_eq!(verify(&[first.jwk(), second.jwk()], &first, false), Err(Refused::UnnamedKey));
    assert_eq!(verify(&[unnamed(&first), unnamed(&second)], &first, false), Err(Refused::UnnamedKey));
    assert_eq!(verify(&[], &first, false), Err(Refused::UnnamedKey));
    assert_eq!(verify(&[first.jwk(), second.jwk()], &second, true), Ok(()));
    assert_eq!(verify(&[unnamed(&first)], &first, true), Err(Refused::UnknownKey), "the name must stand there");
    // Of two that could be meant the first one counts; a name for two kinds of key is no such case.
    let impostor = SigningKey::new("first", KeyKind::Ed25519);
    let (left_out, verified) = found(&[first.jwk(), impostor.jwk()], &impostor, "EdDSA");
    assert_eq!((left_out, verified), (vec!["a second one of its name"], Err(Refused::Signature)));
    let other_kind = SigningKey::new("first", KeyKind::P256);
    assert_eq!(found(&[first.jwk(), other_kind.jwk()], &other_kind, "ES256"), (vec![], Ok(())));
}

#[test]
fn what_is_no_jwk_set_is_not_taken_for_an_empty_one() {
    let parse = |text: &str| KeySet::parse(text.as_bytes(), &mut Vec::new()).map(|keys| keys.len());
    for text in ["", "{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, r#"{"keys":[]"#, "<html>", r#"{"keys":null}"#] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(parse(&json!({"keys": vec![json!({}); 65]}).to_string()).is_err(), "too many");
    assert_eq!(parse(r#"{"keys":[]}"#).ok(), Some(0));
}
