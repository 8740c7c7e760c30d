//! Tokens that must let nobody in: each is good but for one thing.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::{Issuer, KeyKind, SigningKey, now_secs, raw_token};

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    // The signature.
    Unsigned,
    UnsignedInOtherLetters,
    UnsignedWithSignature,
    HmacWithThePublicKey,
    HmacWithTheRsaKey,
    OtherKeyOfThatName,
    UnknownKey,
    NoKeyNamed,
    KeyNamedByNumber,
    KeyInTheHeader,
    KeyAddressInTheHeader,
    AlgorithmOfAnotherKey,
    AlgorithmNotVerified,
    OtherPaddingThanSaid,
    NoAlgorithm,
    ClaimsChanged,
    HeaderChanged,
    SignatureCut,
    SignatureEmpty,
    SignatureOfZeros,
    // The form.
    Critical,
    OtherType,
    TypeNotText,
    ClaimTwice,
    HeaderTwice,
    Padded,
    TwoParts,
    FourParts,
    ClaimsNotJson,
    ClaimsNotAnObject,
    TooLong,
    // The claims.
    Expired,
    NoExpiry,
    ExpiryAsText,
    ExpiryNegative,
    NotYet,
    NotBeforeAsText,
    IssuedInTheFuture,
    OtherAudience,
    OtherAudiences,
    AudienceAsPartOfAnother,
    NoAudience,
    AudienceNotText,
    OtherIssuer,
    IssuerWithASlash,
    NoIssuer,
    IssuerList,
    NoSubject,
    EmptySubject,
    LongSubject,
    SubjectNotText,
    SubjectOfTwoLines,
}

impl Forgery {
    /// All of them.
    pub const ALL: [Forgery; 52] = {
        use Forgery::*;
        [
            Unsigned,
            UnsignedInOtherLetters,
            UnsignedWithSignature,
            HmacWithThePublicKey,
            HmacWithTheRsaKey,
            OtherKeyOfThatName,
            UnknownKey,
            NoKeyNamed,
            KeyNamedByNumber,
            KeyInTheHeader,
            KeyAddressInTheHeader,
            AlgorithmOfAnotherKey,
            AlgorithmNotVerified,
            OtherPaddingThanSaid,
            NoAlgorithm,
            ClaimsChanged,
            HeaderChanged,
            SignatureCut,
            SignatureEmpty,
            SignatureOfZeros,
            Critical,
            OtherType,
            TypeNotText,
            ClaimTwice,
            HeaderTwice,
            Padded,
            TwoParts,
            FourParts,
            ClaimsNotJson,
            ClaimsNotAnObject,
            TooLong,
            Expired,
            NoExpiry,
            ExpiryAsText,
            ExpiryNegative,
            NotYet,
            NotBeforeAsText,
            IssuedInTheFuture,
            OtherAudience,
            OtherAudiences,
            AudienceAsPartOfAnother,
            NoAudience,
            AudienceNotText,
            OtherIssuer,
            IssuerWithASlash,
            NoIssuer,
            IssuerList,
            NoSubject,
            EmptySubject,
            LongSubject,
            SubjectNotText,
            SubjectOfTwoLines,
        ]
    };

    /// The forged token.
    pub(super) fn token(self, issuer: &Issuer, subject: &str) -> String {
        let claims = issuer.claims(subject);
        let key = issuer.keys()[0].clone();
        if let Some(claims) = self.claims(issuer, &claims) {
            return key.token(&key.header(), &claims);
        }
        if let Some((signer, header)) = self.header(issuer, &key) {
            return signer.as_deref().unwrap_or(&key).token(&header, &claims);
        }
        self.text(issuer, &key, &claims)
    }

    /// Claims that are wrong in a token that is otherwise right.
    fn claims(self, issuer: &Issuer, good: &Value) -> Option<Value> {
        use Forgery::*;
        let now = now_secs();
        let (name, value) = match self {
            Expired => ("exp", json!(now - 3_600)),
            NoExpiry => ("exp", Value::Null),
            ExpiryAsText => ("exp", json!((now + 3_600).to_string())),
            ExpiryNegative => ("exp", json!(-1)),
            NotYet => ("nbf", json!(now + 3_600)),
            NotBeforeAsText => ("nbf", json!("now")),
            IssuedInTheFuture => ("iat", json!(now + 3_600)),
            OtherAudience => ("aud", json!("another")),
            OtherAudiences => ("aud", json!(["another", "a third"])),
            AudienceAsPartOfAnother => ("aud", json!("keyrack-staging")),
            NoAudience => ("aud", Value::Null),
            AudienceNotText => ("aud", json!(["keyrack", 1])),
            OtherIssuer => ("iss", json!("https://issuer.example")),
            IssuerWithASlash => ("iss", json!(format!("{}/", issuer.url()))),
            NoIssuer => ("iss", Value::Null),
            IssuerList => ("iss", json!([issuer.url()])),
            NoSubject => ("sub", Value::Null),
            EmptySubject => ("sub", json!("")),
            LongSubject => ("sub", json!("s".repeat(256))),
            SubjectNotText => ("sub", json!(1)),
            SubjectOfTwoLines => ("sub", json!("anna\noperator")),
            _ => return None,
        };
        let mut claims = good.clone();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        Some(claims)
    }

    /// A header that is wrong, and who signs if it is not the key that the header names.
    fn header(self, issuer: &Issuer, key: &SigningKey) -> Option<(Option<Box<SigningKey>>, Value)> {
        use Forgery::*;
        let mut header = key.header();
        let thief = |kid: &str| Some(Box::new(SigningKey::new(kid, KeyKind::P256)));
        let mut signer = None;
        match self {
            OtherKeyOfThatName => signer = thief(&key.kid),
            UnknownKey => {
                signer = thief("key-of-a-thief");
                header["kid"] = json!("key-of-a-thief");
            }
            NoKeyNamed => drop(header.as_object_mut().unwrap().remove("kid")),
            KeyNamedByNumber => header["kid"] = json!(1),
            KeyInTheHeader => {
                signer = thief(&key.kid);
                header["jwk"] = signer.as_ref().unwrap().jwk();
            }
            KeyAddressInTheHeader => {
                signer = thief(&key.kid);
                header["jku"] = json!(format!("{}/keys?all=1", issuer.url()));
                header["x5u"] = header["jku"].clone();
            }
            AlgorithmOfAnotherKey => header["kid"] = json!(issuer.key_for("RS256").kid),
            AlgorithmNotVerified => header["alg"] = json!("ES384"),
            NoAlgorithm => drop(header.as_object_mut().unwrap().remove("alg")),
            Critical => {
                header["crit"] = json!(["exp"]);
                header["exp"] = json!(now_secs() + 3_600);
            }
            OtherType => header["typ"] = json!("logout+jwt"),
            TypeNotText => header["typ"] = json!(["JWT"]),
            _ => return None,
        }
        Some((signer, header))
    }

    /// A token whose text is wrong.
    fn text(self, issuer: &Issuer, key: &SigningKey, claims: &Value) -> String {
        use Forgery::*;
        let with = |algorithm: &str| {
            let mut header = key.header();
            header["alg"] = json!(algorithm);
            header.to_string()
        };
        let (header, body) = (key.header().to_string(), claims.to_string());
        let sign = |message: &[u8]| key.sign("ES256", message);
        let good = key.token(&key.header(), claims);
        let parts: Vec<&str> = good.split('.').collect();
        match self {
            Unsigned => raw_token(&with("none"), &body, |_| Vec::new()),
            UnsignedInOtherLetters => raw_token(&with("nOnE"), &body, |_| Vec::new()),
            UnsignedWithSignature => raw_token(&with("none"), &body, sign),
            HmacWithThePublicKey => raw_token(&with("HS256"), &body, |message| hmac_of(&key.public_bytes(), message)),
            HmacWithTheRsaKey => {
                let rsa = issuer.key_for("RS256");
                let header = json!({"typ": "JWT", "alg": "HS256", "kid": rsa.kid}).to_string();
                raw_token(&header, &body, |message| hmac_of(&rsa.public_bytes(), message))
            }
            OtherPaddingThanSaid => {
                let rsa = issuer.key_for("RS256");
                raw_token(&rsa.header().to_string(), &body, |message| rsa.sign("PS256", message))
            }
            ClaimsChanged => {
                let other = raw_token(&header, &body.replacen("\"sub\":\"", "\"sub\":\"x", 1), |_| Vec::new());
                format!("{}{}", other, parts[2])
            }
            HeaderChanged => {
                let header = json!({"alg": "ES256", "typ": "JWT", "kid": key.kid, "more": 1}).to_string();
                format!("{}{}", raw_token(&header, &body, |_| Vec::new()), parts[2])
            }
            SignatureCut => good[..good.len() - 4].to_string(),
            SignatureEmpty => raw_token(&header, &body, |_| Vec::new()),
            SignatureOfZeros => raw_token(&header, &body, |_| vec![0; 64]),
            ClaimTwice => raw_token(&header, &format!("{{\"sub\":\"operator\",{}", &body[1..]), sign),
            HeaderTwice => raw_token(&format!("{{\"alg\":\"none\",{}", &header[1..]), &body, sign),
            Padded => format!("{good}=="),
            TwoParts => format!("{}.{}", parts[0], parts[1]),
            FourParts => format!("{good}.{}", parts[2]),
            ClaimsNotJson => raw_token(&header, &body[1..], sign),
            ClaimsNotAnObject => raw_token(&header, &format!("[{body}]"), sign),
            TooLong => {
                let mut claims = claims.clone();
                claims["more"] = json!("m".repeat(8 << 10));
                key.token(&key.header(), &claims)
            }
            _ => unreachable!("{self:?} is wrong in its header or its claims"),
        }
    }
}

fn hmac_of(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}
