//! A proof file: an accepted file is written again byte for byte, and its note is a checkpoint.
#![no_main]

use keyrack_fuzz::text;
use keyrack_merkle::{Checkpoint, MAX_PROOF_HASHES, Note, ProofFile};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = text(bytes) else { return Corpus::Reject };
    if let Ok(file) = ProofFile::parse(text) {
        assert_eq!(file.to_string(), text);
        assert!(file.hashes.len() <= MAX_PROOF_HASHES);
        assert!(Checkpoint::parse(&file.checkpoint.text).is_ok());
        assert_eq!(Note::parse(&file.checkpoint.to_string()), Ok(file.checkpoint));
    }
    Corpus::Keep
});
