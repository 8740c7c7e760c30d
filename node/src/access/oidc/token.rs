//! Parses a token (RFC 7519 in the compact form of RFC 7515) and checks its claims.
//!
//! The parser is strict, as RFC 8725 recommends. A token only names its key and has no other influence on its verification. A
//! key inside the token, or an address of one, is ignored.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::json;
use super::refused::Refused;
use super::subject::Subject;
use crate::config;

/// The longest token.
const LONGEST_BYTES: usize = 8 << 10;
/// The longest `sub` in OpenID Connect, in characters.
const LONGEST_SUBJECT: usize = 255;
/// The end of the year 9999. Later times are malformed.
const LATEST_SECS: f64 = 253_402_300_799.0;

/// The supported algorithms: one for each type of key, and two for RSA.
const ALGORITHMS: [(&str, Algorithm); 4] =
    [("RS256", Algorithm::RS256), ("PS256", Algorithm::PS256), ("ES256", Algorithm::ES256), ("EdDSA", Algorithm::EdDSA)];

/// The supported algorithm with this name.
pub fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
}

/// Whether a text has the form of a token: three parts of base64url. An unsigned token has this form too, so that it is refused
/// as a token.
pub fn is_token(text: &str) -> bool {
    let part = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let mut parts = text.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(claims), Some(signature), None) => {
            !header.is_empty() && !claims.is_empty() && [header, claims, signature].into_iter().all(part)
        }
        _ => false,
    }
}

/// Refuses a text that is too long, before it is read.
pub fn check_size(text: &str) -> Result<(), Refused> {
    if text.len() > LONGEST_BYTES { Err(Refused::TooLong) } else { Ok(()) }
}

/// The parts of a token. Nothing in it is verified.
pub struct Token<'a> {
    /// The signed part.
    pub signed: &'a str,
    /// The signature in base64url.
    pub signature: &'a str,
    /// The algorithm that it names.
    pub algorithm: Algorithm,
    /// The key that it names.
    pub kid: Option<String>,
    /// Its `iss`.
    pub issuer: String,
    claims: Map<String, Value>,
}

impl<'a> Token<'a> {
    /// Splits a token into its parts.
    ///
    /// # Errors
    /// The first fault that can be found without a key and without the issuer.
    pub fn parse(text: &'a str) -> Result<Token<'a>, Refused> {
        if !is_token(text) {
            return Err(Refused::Malformed("not three parts of base64url"));
        }
        let three = || Refused::Malformed("not three parts of base64url");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(three)?;
        let (header, claims) = signed.split_once('.').ok_or_else(three)?;
        let header = part(header).ok_or(Refused::Malformed("its header"))?;
        let claims = part(claims).ok_or(Refused::Malformed("its claims"))?;
        if header.contains_key("crit") {
            return Err(Refused::Critical);
        }
        match header.get("typ") {
            None => {}
            Some(Value::String(typ)) if typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt") => {}
            Some(_) => return Err(Refused::Type),
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(algorithm).ok_or(Refused::Algorithm)?;
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(Refused::Malformed("its kid")),
        };
        let issuer = claims.get("iss").and_then(Value::as_str).ok_or(Refused::Claim("iss"))?.to_string();
        Ok(Token { signed, signature, algorithm, kid, issuer, claims })
    }

    /// Checks the claims against the configuration at `now`. The signature must have been verified.
    ///
    /// # Errors
    /// The first claim that is not as configured.
    pub fn subject(&self, wanted: &config::Oidc, now: SystemTime) -> Result<Subject, Refused> {
        let skew = Duration::from_secs(wanted.clock_skew_secs);
        if self.issuer != wanted.issuer {
            return Err(Refused::UnknownIssuer);
        }
        if !self.audiences()?.contains(&wanted.audience.as_str()) {
            return Err(Refused::Audience);
        }
        let expires = self.time("exp")?.ok_or(Refused::Claim("exp"))?;
        if now >= expires + skew {
            return Err(Refused::Expired);
        }
        for begin in ["nbf", "iat"] {
            if self.time(begin)?.is_some_and(|begin| begin > now + skew) {
                return Err(Refused::NotYet(begin));
            }
        }
        let subject = self.claims.get("sub").and_then(Value::as_str).ok_or(Refused::Claim("sub"))?;
        // It is written to the audit trail, where a control character could forge another line.
        if !(1..=LONGEST_SUBJECT).contains(&subject.chars().count()) || subject.chars().any(char::is_control) {
            return Err(Refused::Claim("sub"));
        }
        Ok(Subject { issuer: self.issuer.clone(), subject: subject.into(), expires })
    }

    /// The audiences: `aud` is a text or a list of texts.
    fn audiences(&self) -> Result<Vec<&str>, Refused> {
        let audiences = match self.claims.get("aud") {
            Some(Value::String(audience)) => Some(vec![audience.as_str()]),
            Some(Value::Array(audiences)) => audiences.iter().map(Value::as_str).collect(),
            _ => None,
        };
        audiences.ok_or(Refused::Claim("aud"))
    }

    /// A NumericDate: seconds since 1970, which may have a fraction.
    fn time(&self, claim: &'static str) -> Result<Option<SystemTime>, Refused> {
        let Some(value) = self.claims.get(claim) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| (0.0..=LATEST_SECS).contains(seconds)).ok_or(Refused::Claim(claim))?;
        Ok(Some(UNIX_EPOCH + Duration::from_secs_f64(seconds)))
    }
}

fn part(text: &str) -> Option<Map<String, Value>> {
    json::object(&Base64UrlUnpadded::decode_vec(text).ok()?).ok()
}
