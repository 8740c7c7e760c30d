//! One signature line, with or without its newline.
#![no_main]

use keyrack_fuzz::text;
use keyrack_merkle::Signature;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = text(bytes) else { return Corpus::Reject };
    if let Ok(signature) = Signature::parse_line(text) {
        let line = signature.to_string();
        assert!(line == text || line.strip_suffix('\n') == Some(text), "{line:?}");
        assert!(!signature.bytes.is_empty());
    }
    Corpus::Keep
});
