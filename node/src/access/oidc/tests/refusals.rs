//! Which tokens are accepted, and why the others are refused.

use std::time::UNIX_EPOCH;

use keyrack_tests::issuer::{Forgery, SigningKey};
use serde_json::json;

use super::*;

/// Why each forgery is refused. There is no wildcard, so that a new forgery needs its own reason.
fn why(forgery: Forgery) -> Refused {
    use Forgery::*;
    match forgery {
        Unsigned | UnsignedInOtherLetters | UnsignedWithSignature | HmacWithThePublicKey | HmacWithTheRsaKey => {
            Refused::Algorithm
        }
        AlgorithmOfAnotherKey | AlgorithmNotVerified | NoAlgorithm => Refused::Algorithm,
        OtherKeyOfThatName | KeyInTheHeader | KeyAddressInTheHeader | OtherPaddingThanSaid => Refused::Signature,
        ClaimsChanged | HeaderChanged | SignatureCut | SignatureEmpty | SignatureOfZeros => Refused::Signature,
        UnknownKey => Refused::UnknownKey,
        NoKeyNamed => Refused::UnnamedKey,
        KeyNamedByNumber => Refused::Malformed("its kid"),
        Critical => Refused::Critical,
        OtherType | TypeNotText => Refused::Type,
        ClaimTwice | ClaimsNotJson | ClaimsNotAnObject => Refused::Malformed("its claims"),
        HeaderTwice => Refused::Malformed("its header"),
        Padded | TwoParts | FourParts => Refused::Malformed("not three parts of base64url"),
        TooLong => Refused::TooLong,
        Expired => Refused::Expired,
        NoExpiry | ExpiryAsText | ExpiryNegative => Refused::Claim("exp"),
        NotYet => Refused::NotYet("nbf"),
        NotBeforeAsText => Refused::Claim("nbf"),
        IssuedInTheFuture => Refused::NotYet("iat"),
        OtherAudience | OtherAudiences | AudienceAsPartOfAnother => Refused::Audience,
        NoAudience | AudienceNotText => Refused::Claim("aud"),
        OtherIssuer | IssuerWithASlash => Refused::UnknownIssuer,
        NoIssuer | IssuerList => Refused::Claim("iss"),
        NoSubject | EmptySubject | LongSubject | SubjectNotText | SubjectOfTwoLines => Refused::Claim("sub"),
    }
}

#[tokio::test]
async fn every_forgery_is_refused_for_its_own_reason() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    ready(&oidc, &issuer).await;
    for &forgery in Forgery::ALL {
        let token = issuer.forged(forgery, "anna");
        // Twice, because a refused token must not be remembered as verified.
        for _ in 0..2 {
            let refused = verify(&oidc, &token).await.expect_err(&format!("{forgery:?}"));
            assert_eq!(refused, why(forgery), "{forgery:?}");
            let said = format!("{refused} {refused:?}");
            assert!(token.split('.').all(|part| part.is_empty() || !said.contains(part)), "{forgery:?}: {said}");
        }
    }
    assert_eq!(verify(&oidc, &issuer.token("anna")).await, Ok("anna".into()), "a valid token is still accepted");
}

#[tokio::test]
async fn times_are_checked_with_the_clock_skew_and_no_more() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    let at = |secs: u64| UNIX_EPOCH + Duration::from_secs(secs);
    let mut claims = issuer.claims("anna");
    (claims["iat"], claims["nbf"], claims["exp"]) = (json!(10_000), json!(10_100.5), json!(10_200));
    let cases = [
        (10_039, Err(Refused::NotYet("nbf"))),
        (10_040, Err(Refused::NotYet("nbf"))),
        (10_041, Ok(())),
        (10_200, Ok(())),
        (10_259, Ok(())),
        (10_260, Err(Refused::Expired)),
        (4_000_000_000, Err(Refused::Expired)),
        (0, Err(Refused::NotYet("nbf"))),
    ];
    for (now, expected) in cases {
        // Each token is different, so that none is remembered from another time.
        claims["nonce"] = json!(now);
        let found = oidc.verify(&issuer.sign(&claims), at(now)).await;
        assert_eq!(found.map(|subject| assert_eq!(subject.expires, at(10_200))), expected, "at {now}");
    }
    // A remembered token is refused after its expiry.
    let token = issuer.sign(&claims);
    assert!(oidc.verify(&token, at(10_150)).await.is_ok());
    assert!(oidc.verify(&token, at(10_150)).await.is_ok());
    assert_eq!(oidc.verify(&token, at(10_260)).await, Err(Refused::Expired));
    for impossible in [json!(1e300), json!(-1e300), json!(u64::MAX), json!({}), json!([10_200])] {
        claims["exp"] = impossible.clone();
        let found = oidc.verify(&issuer.sign(&claims), at(10_150)).await;
        assert_eq!(found, Err(Refused::Claim("exp")), "{impossible}");
    }
}

#[tokio::test]
async fn tokens_with_every_supported_algorithm_type_and_audience_are_accepted() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    for algorithm in ["ES256", "RS256", "PS256", "EdDSA"] {
        let key = issuer.key_for(algorithm);
        let mut header = key.header();
        header["alg"] = json!(algorithm);
        let token = key.token(&header, &issuer.claims(algorithm));
        assert_eq!(verify(&oidc, &token).await, Ok(algorithm.into()));
        let forged = SigningKey::new(&key.kid, key.kind).token(&header, &issuer.claims(algorithm));
        assert_eq!(verify(&oidc, &forged).await, Err(Refused::Signature), "{algorithm}");
    }
    let key = &issuer.keys()[0];
    for typ in [json!("JWT"), json!("jwt"), json!("at+jwt"), json!("AT+JWT")] {
        let mut header = key.header();
        header["typ"] = typ;
        assert!(verify(&oidc, &key.token(&header, &issuer.claims("anna"))).await.is_ok(), "{header}");
    }
    let mut header = key.header();
    header.as_object_mut().expect("an object").remove("typ");
    assert!(verify(&oidc, &key.token(&header, &issuer.claims("anna"))).await.is_ok(), "no typ");
    let mut claims = issuer.claims(&"é".repeat(255));
    claims["aud"] = json!(["another", AUDIENCE]);
    claims.as_object_mut().expect("an object").retain(|name, _| !matches!(name.as_str(), "iat" | "nbf"));
    let found = oidc.verify(&issuer.sign(&claims), SystemTime::now()).await.expect("a list, the longest sub, no iat, no nbf");
    let expires = UNIX_EPOCH + Duration::from_secs(claims["exp"].as_u64().expect("seconds"));
    assert_eq!(found, Subject { issuer: issuer.url().into(), subject: "é".repeat(255), expires });
}

#[tokio::test]
async fn an_issuers_keys_verify_only_its_own_tokens() {
    let (ours, other) = (Issuer::start().await, Issuer::start().await);
    let audience = config::Oidc { audience: "another".into(), ..configured(&other) };
    let oidc = start_all(STILL, &[configured(&ours), audience], &Tasks::new("test"));
    ready(&oidc, &ours).await;
    let mut claims = other.claims("anna");
    assert_eq!(verify(&oidc, &other.sign(&claims)).await, Err(Refused::Audience), "the token is for another audience");
    claims["aud"] = json!("another");
    let found = oidc.verify(&other.sign(&claims), SystemTime::now()).await.expect("its own audience");
    assert_eq!(found.issuer, other.url());
    // Both issuers have a key with this name.
    claims["iss"] = json!(ours.url());
    claims["aud"] = json!(AUDIENCE);
    assert_eq!(verify(&oidc, &other.sign(&claims)).await, Err(Refused::Signature));
    let none = start_all(STILL, &[], &Tasks::new("test"));
    assert_eq!(verify(&none, &ours.token("anna")).await, Err(Refused::UnknownIssuer));
}

#[test]
fn tokens_and_keys_are_distinguished_by_their_form() {
    for text in ["eyJ.eyJ.sig", "a.b.", "a-b.c_d.e"] {
        assert!(Oidc::is_token(text), "{text}");
    }
    for text in
        ["", ".", "..", "a..c", ".b.c", "a.b", "a.b.c.d", "a.b.c=", "a.b c.d", "a.b.c\n", "kr_channel_0123456789abcdef", "é.b.c"]
    {
        assert!(!Oidc::is_token(text), "{text}");
    }
}

#[tokio::test]
async fn malformed_texts_are_refused_without_a_panic() {
    let issuer = Issuer::start().await;
    let oidc = start(&issuer, STILL);
    ready(&oidc, &issuer).await;
    let good = issuer.token("anna");
    for end in 0..good.len() {
        assert!(verify(&oidc, &good[..end]).await.is_err(), "cut to {end}");
    }
    for text in ["é.é.é", "\0", "...", &"a".repeat(9_000), &".".repeat(100), &"[".repeat(8_000)] {
        assert!(verify(&oidc, text).await.is_err());
    }
    // A token with any letter changed is refused.
    for (place, letter) in good.bytes().enumerate().filter(|(_, letter)| *letter != b'.') {
        let mut changed = good.clone().into_bytes();
        changed[place] = if letter == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(verify(&oidc, &changed).await.is_err(), "changed at {place}");
    }
}
