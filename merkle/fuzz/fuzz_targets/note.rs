//! A signed note: an accepted note is written again byte for byte.
#![no_main]

use keyrack_fuzz::text;
use keyrack_merkle::{MAX_SIGNATURES, Note, Signature};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = text(bytes) else { return Corpus::Reject };
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
        assert!((1..=MAX_SIGNATURES).contains(&note.signatures.len()));
        for signature in &note.signatures {
            assert_eq!(Signature::parse_line(&signature.to_string()).as_ref(), Ok(signature));
        }
    }
    Corpus::Keep
});
