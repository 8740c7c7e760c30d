//! Tokens that must be refused. Each differs from a valid token in one thing. The table at the end of this file lists
//! them.

use std::sync::Arc;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::keys::{KeyKind, SigningKey, raw_token};
use super::provider::{Issuer, now_secs};

/// How a forgery differs from a valid token.
enum Fault {
    /// A claim has another value. Null removes the claim.
    Claim(&'static str, fn(&Good) -> Value),
    /// The header is changed. The key of the original header signs.
    Header(fn(&mut Value, &Good)),
    /// A key that is not the issuer's signs under this key id. The header is changed, too.
    Thief(fn(&Good) -> String, fn(&mut Value, &SigningKey, &Good)),
    /// The whole text is replaced.
    Text(fn(&Good) -> String),
}

/// The valid token that a forgery is made from.
struct Good<'a> {
    issuer: &'a Issuer,
    key: Arc<SigningKey>,
    claims: Value,
    token: String,
}

impl Good<'_> {
    fn header(&self) -> String {
        self.key.header().to_string()
    }

    fn header_with(&self, algorithm: &str) -> String {
        let mut header = self.key.header();
        header["alg"] = json!(algorithm);
        header.to_string()
    }

    fn body(&self) -> String {
        self.claims.to_string()
    }

    /// One of the token's three parts: header, claims, signature.
    fn part(&self, place: usize) -> &str {
        self.token.split('.').nth(place).expect("a token has three parts")
    }

    /// Two texts, signed by the issuer's key.
    fn signed(&self, header: &str, body: &str) -> String {
        raw_token(header, body, |message| self.key.sign("ES256", message))
    }

    fn rsa_key(&self) -> Arc<SigningKey> {
        self.issuer.key_for("RS256")
    }
}

impl Issuer {
    /// A valid token with one fault.
    pub fn forged(&self, forgery: Forgery, subject: &str) -> String {
        let (key, claims) = (self.keys()[0].clone(), self.claims(subject));
        let token = key.token(&key.header(), &claims);
        let good = Good { issuer: self, key, claims, token };
        match forgery.fault() {
            Fault::Claim(name, value) => {
                let mut claims = good.claims.clone();
                claims[name] = value(&good);
                if claims[name].is_null() {
                    remove(&mut claims, name);
                }
                good.key.token(&good.key.header(), &claims)
            }
            Fault::Header(change) => {
                let mut header = good.key.header();
                change(&mut header, &good);
                good.key.token(&header, &good.claims)
            }
            Fault::Thief(kid, change) => {
                let thief = SigningKey::new(&kid(&good), KeyKind::P256);
                let mut header = good.key.header();
                change(&mut header, &thief, &good);
                thief.token(&header, &good.claims)
            }
            Fault::Text(text) => text(&good),
        }
    }
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().expect("claims and headers are objects").remove(name);
}

/// A token without a signature.
fn unsigned(header: &str, body: &str) -> String {
    raw_token(header, body, |_| Vec::new())
}

fn hmac_of(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

macro_rules! forgeries {
    ($($forgery:ident => $fault:expr,)*) => {
        /// What is wrong with a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Forgery {
            $($forgery,)*
        }

        impl Forgery {
            /// All of them.
            pub const ALL: &[Forgery] = &[$(Forgery::$forgery,)*];

            fn fault(self) -> Fault {
                use Fault::{Claim, Header, Text, Thief};
                match self {
                    $(Forgery::$forgery => $fault,)*
                }
            }
        }
    };
}

forgeries! {
    // The signature.
    Unsigned => Text(|good| unsigned(&good.header_with("none"), &good.body())),
    UnsignedInOtherLetters => Text(|good| unsigned(&good.header_with("nOnE"), &good.body())),
    UnsignedWithSignature => Text(|good| good.signed(&good.header_with("none"), &good.body())),
    HmacWithThePublicKey => Text(|good| {
        raw_token(&good.header_with("HS256"), &good.body(), |message| hmac_of(&good.key.public_bytes(), message))
    }),
    HmacWithTheRsaKey => Text(|good| {
        let rsa = good.rsa_key();
        let header = json!({"typ": "JWT", "alg": "HS256", "kid": rsa.kid}).to_string();
        raw_token(&header, &good.body(), |message| hmac_of(&rsa.public_bytes(), message))
    }),
    OtherKeyOfThatName => Thief(|good| good.key.kid.clone(), |_, _, _| {}),
    UnknownKey => Thief(|_| "key-of-a-thief".into(), |header, thief, _| header["kid"] = json!(thief.kid)),
    NoKeyNamed => Header(|header, _| remove(header, "kid")),
    KeyNamedByNumber => Header(|header, _| header["kid"] = json!(1)),
    KeyInTheHeader => Thief(|good| good.key.kid.clone(), |header, thief, _| header["jwk"] = thief.jwk()),
    KeyAddressInTheHeader => Thief(|good| good.key.kid.clone(), |header, _, good| {
        header["jku"] = json!(format!("{}/keys?all=1", good.issuer.url()));
        header["x5u"] = header["jku"].clone();
    }),
    AlgorithmOfAnotherKey => Header(|header, good| header["kid"] = json!(good.rsa_key().kid)),
    AlgorithmNotVerified => Header(|header, _| header["alg"] = json!("ES384")),
    OtherPaddingThanSaid => Text(|good| {
        let rsa = good.rsa_key();
        raw_token(&rsa.header().to_string(), &good.body(), |message| rsa.sign("PS256", message))
    }),
    NoAlgorithm => Header(|header, _| remove(header, "alg")),
    ClaimsChanged => Text(|good| {
        let body = good.body().replacen("\"sub\":\"", "\"sub\":\"x", 1);
        unsigned(&good.header(), &body) + good.part(2)
    }),
    HeaderChanged => Text(|good| {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": good.key.kid, "more": 1}).to_string();
        unsigned(&header, &good.body()) + good.part(2)
    }),
    SignatureCut => Text(|good| good.token[..good.token.len() - 4].to_string()),
    SignatureEmpty => Text(|good| unsigned(&good.header(), &good.body())),
    SignatureOfZeros => Text(|good| raw_token(&good.header(), &good.body(), |_| vec![0; 64])),
    // The form.
    Critical => Header(|header, _| {
        header["crit"] = json!(["exp"]);
        header["exp"] = json!(now_secs() + 3_600);
    }),
    OtherType => Header(|header, _| header["typ"] = json!("logout+jwt")),
    TypeNotText => Header(|header, _| header["typ"] = json!(["JWT"])),
    ClaimTwice => Text(|good| good.signed(&good.header(), &format!("{{\"sub\":\"operator\",{}", &good.body()[1..]))),
    HeaderTwice => Text(|good| good.signed(&format!("{{\"alg\":\"none\",{}", &good.header()[1..]), &good.body())),
    Padded => Text(|good| format!("{}==", good.token)),
    TwoParts => Text(|good| format!("{}.{}", good.part(0), good.part(1))),
    FourParts => Text(|good| format!("{}.{}", good.token, good.part(2))),
    ClaimsNotJson => Text(|good| good.signed(&good.header(), &good.body()[1..])),
    ClaimsNotAnObject => Text(|good| good.signed(&good.header(), &format!("[{}]", good.body()))),
    TooLong => Claim("more", |_| json!("m".repeat(8 << 10))),
    // The claims.
    Expired => Claim("exp", |_| json!(now_secs() - 3_600)),
    NoExpiry => Claim("exp", |_| Value::Null),
    ExpiryAsText => Claim("exp", |_| json!((now_secs() + 3_600).to_string())),
    ExpiryNegative => Claim("exp", |_| json!(-1)),
    NotYet => Claim("nbf", |_| json!(now_secs() + 3_600)),
    NotBeforeAsText => Claim("nbf", |_| json!("now")),
    IssuedInTheFuture => Claim("iat", |_| json!(now_secs() + 3_600)),
    OtherAudience => Claim("aud", |_| json!("another")),
    OtherAudiences => Claim("aud", |_| json!(["another", "a third"])),
    AudienceAsPartOfAnother => Claim("aud", |_| json!("keyrack-staging")),
    NoAudience => Claim("aud", |_| Value::Null),
    AudienceNotText => Claim("aud", |_| json!(["keyrack", 1])),
    OtherIssuer => Claim("iss", |_| json!("https://issuer.example")),
    IssuerWithASlash => Claim("iss", |good| json!(format!("{}/", good.issuer.url()))),
    NoIssuer => Claim("iss", |_| Value::Null),
    IssuerList => Claim("iss", |good| json!([good.issuer.url()])),
    NoSubject => Claim("sub", |_| Value::Null),
    EmptySubject => Claim("sub", |_| json!("")),
    LongSubject => Claim("sub", |_| json!("s".repeat(256))),
    SubjectNotText => Claim("sub", |_| json!(1)),
    SubjectOfTwoLines => Claim("sub", |_| json!("anna\noperator")),
}
