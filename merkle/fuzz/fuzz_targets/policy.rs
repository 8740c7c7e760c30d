//! A policy: it trusts only checkpoints that the log signed, a further cosignature never makes it trust less, and the
//! cosignatures of all its witnesses are always enough.
#![no_main]

use std::sync::LazyLock;

use keyrack_fuzz::{LEAVES, WITNESSES, checkpoint, log_key, note, witness_key};
use keyrack_merkle::{Checkpoint, MAX_POLICY_ITEMS, Note, NoteKey, Policy, VerifierKey};
use libfuzzer_sys::fuzz_target;

static LOG: LazyLock<NoteKey> = LazyLock::new(log_key);
/// The same checkpoint with 0, 1, ... cosignatures.
static NOTES: LazyLock<Vec<Note>> = LazyLock::new(|| (0..=WITNESSES).map(|witnesses| note(LEAVES, witnesses)).collect());
/// Another checkpoint with the signatures of the last of `NOTES`.
static FORGED: LazyLock<Note> =
    LazyLock::new(|| Note { text: checkpoint(1).body(), signatures: note(LEAVES, WITNESSES).signatures });
static COSIGNERS: LazyLock<Vec<VerifierKey>> =
    LazyLock::new(|| (1..=WITNESSES).map(|n| witness_key(n).verifier().clone()).collect());

fuzz_target!(|bytes: &[u8]| {
    let policy = match Policy::parse(bytes) {
        Ok(policy) => policy,
        Err(error) => {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            assert!((1..=lines + 1).contains(&error.line), "{error} of {lines} lines");
            return;
        }
    };
    assert!(policy.logs().count() <= MAX_POLICY_ITEMS && policy.witnesses().count() <= MAX_POLICY_ITEMS);
    assert!(policy.check(&FORGED).is_err());
    let mut believed = false;
    for (cosignatures, note) in NOTES.iter().enumerate() {
        match policy.check(note) {
            Ok(trusted) => {
                believed = true;
                assert_eq!(Checkpoint::parse(&note.text), Ok(trusted.checkpoint));
                assert_eq!(trusted.log_keys, [LOG.verifier().clone()]);
                assert!(trusted.cosigned.len() <= cosignatures);
            }
            Err(why) => assert!(!believed, "trusted with fewer cosignatures, but not with {cosignatures}: {why}"),
        }
    }
    let knows_log = policy.logs().any(|(key, _)| key == LOG.verifier());
    let all_cosigned = policy.witnesses().all(|(_, key, _)| COSIGNERS.contains(key));
    assert!(believed || !knows_log || !all_cosigned, "all witnesses cosigned, and the quorum is not reached");
});
