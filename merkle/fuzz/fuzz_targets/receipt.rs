//! A policy, a proof file and a leaf, with a zero byte between them. The fuzzer cannot sign. So every accepted checkpoint was
//! signed for a seed, the leaf is a leaf of that log, and the result is correct.
#![no_main]

use keyrack_fuzz::{LEAVES, TIME_S, WITNESSES, checkpoint, leaf, log_key, text};
use keyrack_merkle::{Policy, ProofFile, verify_receipt};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let (Some(policy), Some(proof), Some(data)) = (parts.next(), parts.next(), parts.next()) else { return Corpus::Reject };
    let Some(proof) = text(proof) else { return Corpus::Reject };
    let (policy, proof) = (Policy::parse(policy), ProofFile::parse(proof));
    let (Ok(policy), Ok(proof)) = (policy, proof) else { return Corpus::Keep };
    if let Ok(trusted) = verify_receipt(data, &proof, &policy) {
        assert!(trusted.checkpoint.size <= LEAVES);
        assert_eq!(trusted.checkpoint, checkpoint(trusted.checkpoint.size));
        assert!(proof.index < trusted.checkpoint.size);
        assert_eq!(data, leaf(proof.index));
        assert_eq!(trusted.log_keys, [log_key().verifier().clone()]);
        for (name, time) in &trusted.cosigned {
            assert!(policy.witnesses().any(|(known, ..)| known == name));
            assert!((TIME_S + 1..=TIME_S + u64::from(WITNESSES)).contains(time));
        }
    }
    Corpus::Keep
});
