//! A checkpoint: an accepted text begins with the body that is written for it, and every accepted checkpoint can be signed.
#![no_main]

use std::sync::LazyLock;

use keyrack_fuzz::{TIME_S, text, witness_key};
use keyrack_merkle::{Checkpoint, NoteKey, verify_signature};
use libfuzzer_sys::{Corpus, fuzz_target};

static WITNESS: LazyLock<NoteKey> = LazyLock::new(|| witness_key(1));

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = text(bytes) else { return Corpus::Reject };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        let body = checkpoint.body();
        let extensions = text.strip_prefix(&body).expect("the body comes first");
        assert!(extensions.is_empty() || extensions.ends_with('\n'));
        assert_eq!(Checkpoint::parse(&body).as_ref(), Ok(&checkpoint));
        let cosignature = checkpoint.cosign(&WITNESS, TIME_S);
        assert_eq!(verify_signature(&body, &cosignature, WITNESS.verifier()), Ok(Some(TIME_S)));
        // The signature does not cover the extension lines.
        assert_eq!(verify_signature(text, &cosignature, WITNESS.verifier()).is_ok(), extensions.is_empty());
    }
    Corpus::Keep
});
