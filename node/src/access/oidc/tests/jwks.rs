//! Which keys of a JWK set may sign, and with which algorithms.

use keyrack_tests::issuer::{KeyKind, SigningKey};
use serde_json::{Value, json};

use super::super::keys::KeySet;
use super::super::token::Token;
use super::*;

/// The reasons why keys were left out, and whether the other keys verify a token of `key` with `algorithm`.
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
        (&p256, with(&p256, "use", json!("enc")), "it is not for signatures"),
        (&p256, with(&p256, "use", json!(null)), "it is not for signatures"),
        (&p256, with(&p256, "key_ops", json!(["sign"])), "it is not for verification"),
        (&p256, with(&p256, "key_ops", json!("verify")), "it is not for verification"),
        (&p256, with(&p256, "d", json!("AAAA")), "it is a private key, which must be secret"),
        (&rsa, with(&rsa, "d", json!("AAAA")), "it is a private key, which must be secret"),
        (&ed, with(&ed, "d", json!("")), "it is a private key, which must be secret"),
        (&ed, with(&ed, "kty", json!("oct")), "its type is not supported"),
        (&rsa, json!({"kty": "oct", "kid": "k", "k": rsa.jwk()["n"]}), "it is a private key, which must be secret"),
        (&p256, with(&p256, "crv", json!("P-384")), "its type is not supported"),
        (&ed, with(&ed, "crv", json!("X25519")), "its type is not supported"),
        (&p256, with(&p256, "kid", json!(7)), "its kid is not a text"),
        (&rsa, with(&rsa, "n", short(255)), "it is an RSA key of fewer than 2048 or more than 8192 bits"),
        (&rsa, with(&rsa, "n", short(129)), "it is an RSA key of fewer than 2048 or more than 8192 bits"),
        (&rsa, with(&rsa, "n", json!("_".repeat(4_000))), "it is an RSA key of fewer than 2048 or more than 8192 bits"),
        (&rsa, with(&rsa, "n", json!("AAAA")), "it is malformed"),
        (&rsa, with(&rsa, "n", json!("+/+/")), "it is malformed"),
        (&rsa, with(&rsa, "e", json!("AQ")), "it is an RSA key with an impossible exponent"),
        (&rsa, with(&rsa, "e", json!("Ag")), "it is an RSA key with an impossible exponent"),
        (&rsa, with(&rsa, "e", json!("AAAAAAAAAAAA")), "it is malformed"),
        (&p256, with(&p256, "x", json!("AAAA")), "it is malformed"),
        (&p256, with(&p256, "y", json!(null)), "it is malformed"),
        (&ed, with(&ed, "x", json!("AAAA")), "it is malformed"),
        (&rsa, with(&rsa, "alg", json!("RSA-OAEP")), "its algorithm is not supported"),
        (&rsa, with(&rsa, "alg", json!("RS512")), "its algorithm is not supported"),
        (&rsa, with(&rsa, "alg", json!("HS256")), "its algorithm is not supported"),
        (&p256, with(&p256, "alg", json!("RS256")), "its algorithm is not supported"),
        (&ed, with(&ed, "alg", json!("none")), "its algorithm is not supported"),
        (&ed, with(&ed, "alg", json!(1)), "its algorithm is not supported"),
        (&ed, json!("key"), "it is not an object"),
    ];
    for (key, jwk, why) in cases {
        let (left_out, verified) = found(std::slice::from_ref(&jwk), key, key.kind.algorithms()[0]);
        assert_eq!((left_out, verified), (vec![why], Err(Refused::UnknownKey)), "{jwk}");
    }
    // The same keys, unchanged.
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
fn a_token_names_its_key_unless_there_is_only_one() {
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
    assert_eq!(verify(&[unnamed(&first)], &first, true), Err(Refused::UnknownKey), "the named key must exist");
    // Of two keys with one name the first is used, unless they are of different types.
    let impostor = SigningKey::new("first", KeyKind::Ed25519);
    let (left_out, verified) = found(&[first.jwk(), impostor.jwk()], &impostor, "EdDSA");
    assert_eq!((left_out, verified), (vec!["another key has the same name"], Err(Refused::Signature)));
    let other_kind = SigningKey::new("first", KeyKind::P256);
    assert_eq!(found(&[first.jwk(), other_kind.jwk()], &other_kind, "ES256"), (vec![], Ok(())));
}

#[test]
fn a_malformed_jwk_set_is_not_an_empty_one() {
    let parse = |text: &str| KeySet::parse(text.as_bytes(), &mut Vec::new()).map(|keys| keys.len());
    for text in ["", "{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, r#"{"keys":[]"#, "<html>", r#"{"keys":null}"#] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(parse(&json!({"keys": vec![json!({}); 65]}).to_string()).is_err(), "too many");
    assert_eq!(parse(r#"{"keys":[]}"#).ok(), Some(0));
}
