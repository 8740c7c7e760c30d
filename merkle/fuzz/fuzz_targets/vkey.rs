//! A verifier key: each key has one text.
#![no_main]

use keyrack_fuzz::text;
use keyrack_merkle::VerifierKey;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = text(bytes) else { return Corpus::Reject };
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
        assert_eq!(VerifierKey::new(key.name(), key.kind(), key.public()), Ok(key));
    }
    // Most texts have a wrong id. So also make a key with a correct id from the same bytes.
    if let Some((name, public)) = text.split_at_checked(text.len().saturating_sub(32))
        && let Ok(public) = public.as_bytes().try_into()
    {
        for kind in [keyrack_merkle::KeyKind::Log, keyrack_merkle::KeyKind::Cosigner] {
            if let Ok(key) = VerifierKey::new(name, kind, public) {
                assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
            }
        }
    }
    Corpus::Keep
});
