//! A bearer token, a zero byte, then an issuer's keys. No signature is verified: the target covers only the parsing before a
//! verification.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use keyrack_fuzz::node::api_key::prefix_of;
use keyrack_fuzz::node::config::Oidc;
use keyrack_fuzz::node::oidc::keys::KeySet;
use keyrack_fuzz::node::oidc::token::{Token, check_size, is_token};
use keyrack_fuzz::text;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let (bearer, keys) = match bytes.iter().position(|byte| *byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let Some(bearer) = text(bearer) else { return Corpus::Reject };
    if let Some(prefix) = prefix_of(bearer) {
        assert!(bearer.starts_with(&format!("kr_{prefix}_")));
    }
    let mut left_out = Vec::new();
    let keys = KeySet::parse(keys, &mut left_out);
    if let (Ok(()), Ok(token)) = (check_size(bearer), Token::parse(bearer)) {
        assert!(is_token(bearer) && bearer.starts_with(token.signed) && bearer.ends_with(token.signature));
        if let Ok(keys) = keys {
            keys.settles(&token);
        }
        let wanted = Oidc { issuer: token.issuer.clone(), audience: "keyrack".into(), clock_skew_secs: 60 };
        if let Ok(subject) = token.subject(&wanted, UNIX_EPOCH + Duration::from_secs(1_800_000_000)) {
            assert!(!subject.subject.is_empty() && !subject.subject.contains(char::is_control));
        }
    }
    Corpus::Keep
});
