//! What a policy requires: the right log, the quorum, and no invalid signature of a known key.

mod support;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use keyrack_merkle::*;
use support::*;

/// The example of c2sp.org/tlog-policy, with real keys: two of three X and one of three Y.
fn example() -> Policy {
    let mut text = format!("log {}\n\n", log_key(1).verifier());
    for (n, name) in (1..=6).zip(["X1", "X2", "X3", "Y1", "Y2", "Y3"]) {
        text += &format!("witness {name} {}\n", witness_key(n).verifier());
    }
    text += "group X-witnesses 2 X1 X2 X3\n\ngroup Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
    Policy::parse(text.as_bytes()).expect("the example")
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: 7, root: Tree::of(7).frontier.root() }
}

fn note(signatures: Vec<Signature>) -> Note {
    Note { text: checkpoint().body(), signatures }
}

fn policy(text: &str) -> Policy {
    Policy::parse(text.as_bytes()).expect("a valid policy")
}

#[test]
fn the_quorum_holds_for_exactly_the_right_subsets_of_witnesses() {
    let policy = example();
    let cosignatures: Vec<Signature> = (1..=6).map(|n| checkpoint().cosign(&witness_key(n), u64::from(n))).collect();
    for subset in 0u32..64 {
        let chosen = (0..6).filter(|n| subset >> n & 1 == 1);
        let signatures = [checkpoint().sign(&log_key(1))].into_iter().chain(chosen.map(|n| cosignatures[n].clone()));
        let outcome = policy.check(&note(signatures.collect()));
        let expected = (subset & 0b111).count_ones() >= 2 && subset >> 3 != 0;
        assert_eq!(outcome.is_ok(), expected, "witnesses {subset:06b}");
        let names = ["X1", "X2", "X3", "Y1", "Y2", "Y3"];
        let chosen: Vec<(String, u64)> =
            (0..6).filter(|n| subset >> n & 1 == 1).map(|n| (names[n].to_owned(), n as u64 + 1)).collect();
        match outcome {
            Ok(trusted) => {
                assert_eq!((trusted.checkpoint, trusted.cosigned), (checkpoint(), chosen));
                assert_eq!(trusted.log_keys, [log_key(1).verifier().clone()]);
            }
            Err(distrust) => {
                let cosigned = chosen.into_iter().map(|(name, _)| name).collect();
                assert_eq!(distrust, Distrust::NoQuorum { quorum: "X-and-Y".into(), cosigned, other_keys: vec![] });
            }
        }
    }
}

#[test]
fn the_log_that_the_checkpoint_names_must_have_signed() {
    let other = NoteKey::from_seed("other.example/log", KeyKind::Log, &[77; 32]).expect("a key");
    let (own_line, other_line) = (format!("log {}\n", log_key(1).verifier()), format!("log {}\n", other.verifier()));
    let (own, by_other) = (checkpoint().sign(&log_key(1)), checkpoint().sign(&other));
    let unknown = Err(Distrust::UnknownLog { origin: ORIGIN.into() });
    let not_signed = Err(Distrust::NotSigned { origin: ORIGIN.into() });
    let both = format!("{own_line}{other_line}");
    for (lines, signatures, expected) in [
        (own_line.as_str(), vec![own.clone()], Ok(1)),
        (&both, vec![own.clone(), by_other.clone()], Ok(1)),
        // Another log's signature is valid, but it is not this log's.
        (&both, vec![by_other.clone()], not_signed.clone()),
        (&other_line, vec![by_other.clone(), own.clone()], unknown.clone()),
        // A policy may have no log. It then trusts no checkpoint.
        ("", vec![own.clone()], unknown),
        (&own_line, vec![checkpoint().sign(&log_key(2))], not_signed.clone()),
        // A cosignature of the log's key is not the log's signature.
        (&own_line, vec![checkpoint().cosign(&witness_key(1), 1)], not_signed),
    ] {
        let outcome = policy(&format!("{lines}quorum none\n")).check(&note(signatures));
        assert_eq!(outcome.map(|trusted| trusted.log_keys.len()), expected, "{lines}");
    }
}

/// Each replica has its own key under the log's name. One of them is enough, and the result lists all that signed.
#[test]
fn a_log_may_have_several_keys() {
    let lines: String = (1..=3).map(|n| format!("log {}\n", log_key(n).verifier())).collect();
    let policy = policy(&format!("{lines}quorum none\n"));
    let trusted = policy.check(&note(vec![checkpoint().sign(&log_key(3)), checkpoint().sign(&log_key(2))]));
    let keys = [2, 3].map(|n| log_key(n).verifier().clone());
    assert_eq!(trusted.expect("signed").log_keys, keys);
    assert_eq!(policy.logs().count(), 3);
}

/// c2sp.org/signed-note: unknown keys are ignored, even with a known name or a known id. One invalid signature of a known
/// key refuses the note, even if all others are valid.
#[test]
fn signatures_of_unknown_keys_are_ignored_and_invalid_signatures_of_known_keys_are_refused() {
    let policy = strict_policy(1);
    let good = signed(&Tree::of(7), 1);
    assert!(policy.check(&good).is_ok());
    for known in 0..2 {
        let signature = good.signatures[known].clone();
        let with = |change: &dyn Fn(&mut Signature)| {
            let mut changed = signature.clone();
            change(&mut changed);
            let mut note = good.clone();
            note.signatures.push(changed);
            policy.check(&note)
        };
        assert!(with(&|s| s.key_id ^= 1).is_ok(), "known name, unknown id");
        assert!(with(&|s| s.name += "x").is_ok(), "known id, unknown name");
        let refused = |reason| {
            let (name, key_id) = (signature.name.clone(), signature.key_id);
            Err(Distrust::BadSignature { name, key_id, reason })
        };
        let length = signature.bytes.len();
        assert_eq!(with(&|s| s.bytes[length - 1] ^= 1), refused(SignatureError::Invalid));
        assert_eq!(with(&|s| s.bytes[length - 64] ^= 1), refused(SignatureError::Invalid));
        assert_eq!(with(&|s| s.bytes.push(0)), refused(SignatureError::Length(length + 1)));
        assert_eq!(with(&|s| s.bytes.truncate(3)), refused(SignatureError::Length(3)));
        assert_eq!(with(&|s| s.bytes.truncate(length - 1)), refused(SignatureError::Length(length - 1)));
    }
}

#[test]
fn a_signature_is_valid_for_one_text_and_one_kind() {
    let log = NoteKey::from_seed(ORIGIN, KeyKind::Log, &[5; 32]).expect("a key");
    let cosigner = NoteKey::from_seed(ORIGIN, KeyKind::Cosigner, &[5; 32]).expect("a key");
    let (body, signed, cosigned) = (checkpoint().body(), checkpoint().sign(&log), checkpoint().cosign(&cosigner, 9));
    assert_eq!(verify_signature(&body, &signed, log.verifier()), Ok(None));
    assert_eq!(verify_signature(&body, &cosigned, cosigner.verifier()), Ok(Some(9)));
    assert_eq!(verify_signature(&body, &signed, cosigner.verifier()), Err(SignatureError::OtherKey));
    let renamed = Signature { name: "elsewhere".into(), ..signed.clone() };
    assert_eq!(verify_signature(&body, &renamed, log.verifier()), Err(SignatureError::OtherKey));
    // The same secret under both kinds: neither signature is valid as the other kind, even with the other kind's id.
    let relabelled = Signature { key_id: cosigner.verifier().id(), ..signed.clone() };
    assert_eq!(verify_signature(&body, &relabelled, cosigner.verifier()), Err(SignatureError::Length(64)));
    let plain = Signature { key_id: log.verifier().id(), bytes: cosigned.bytes[8..].to_vec(), ..cosigned.clone() };
    assert_eq!(verify_signature(&body, &plain, log.verifier()), Err(SignatureError::Invalid));
    // The time and extension lines are signed too. Times of 2^63 and above are refused.
    let later = Signature { bytes: [&[0, 0, 0, 0, 0, 0, 0, 10], &cosigned.bytes[8..]].concat(), ..cosigned.clone() };
    assert_eq!(verify_signature(&body, &later, cosigner.verifier()), Err(SignatureError::Invalid));
    let extended = format!("{body}extension\n");
    assert_eq!(verify_signature(&extended, &cosigned, cosigner.verifier()), Err(SignatureError::Invalid));
    let far = Signature { bytes: [&[0x80, 0, 0, 0, 0, 0, 0, 0], &cosigned.bytes[8..]].concat(), ..cosigned };
    assert_eq!(verify_signature(&body, &far, cosigner.verifier()), Err(SignatureError::Time));
    let last = checkpoint().cosign(&cosigner, i64::MAX as u64);
    assert_eq!(verify_signature(&body, &last, cosigner.verifier()), Ok(Some(i64::MAX as u64)));
}

#[test]
fn a_witness_that_cosigns_twice_counts_once_with_the_latest_time() {
    let text = format!(
        "log {}\nwitness a {}\nwitness b {}\ngroup two 2 a b\nquorum two\n",
        log_key(1).verifier(),
        witness_key(1).verifier(),
        witness_key(2).verifier()
    );
    let twice = [50, 90, 70].map(|time| checkpoint().cosign(&witness_key(1), time));
    let mut signatures = [&[checkpoint().sign(&log_key(1))], twice.as_slice()].concat();
    let refused = policy(&text).check(&note(signatures.clone()));
    assert_eq!(refused, Err(Distrust::NoQuorum { quorum: "two".into(), cosigned: vec!["a".into()], other_keys: vec![] }));
    signatures.push(checkpoint().cosign(&witness_key(2), 60));
    let trusted = policy(&text).check(&note(signatures)).expect("both cosigned");
    assert_eq!(trusted.cosigned, [("a".into(), 90), ("b".into(), 60)]);
}

/// Keyrack's logs write no extension lines. Other logs may: they sign them, and such a checkpoint is trusted.
#[test]
fn extension_lines_are_signed_and_not_kept() {
    let log = log_key(1);
    let body = format!("{}an extension\nanother\n", checkpoint().body());
    assert_eq!(Checkpoint::parse(&body), Ok(checkpoint()));
    let policy = policy(&format!("log {}\nquorum none\n", log.verifier()));
    let with = |bytes| {
        let signatures = vec![Signature { bytes, ..checkpoint().sign(&log) }];
        policy.check(&Note { text: body.clone(), signatures })
    };
    let over_all = SigningKey::from_bytes(&[101; 32]).sign(body.as_bytes()).to_bytes().to_vec();
    assert_eq!(with(over_all).expect("signed").checkpoint, checkpoint());
    assert!(matches!(with(checkpoint().sign(&log).bytes), Err(Distrust::BadSignature { .. })));
}

/// Two signatures that some verifiers accept: one with S + L in place of S, which needs no key to derive from a valid
/// signature, and one with a neutral R, which OpenSSL accepts.
#[test]
fn signatures_that_not_all_verifiers_accept_are_refused() {
    let log = NoteKey::from_seed("log", KeyKind::Log, &[1; 32]).expect("a key");
    let outcome = |base64: &str| {
        let bytes = Base64::decode_vec(base64).expect("base64");
        let signature = Signature { name: "log".into(), key_id: log.verifier().id(), bytes };
        verify_signature("any text\n", &signature, log.verifier())
    };
    let good = "llWuHAYTlA1X4D8cv4Ce8Fsj9WcC9RzF50BqyhTg+jNZon988CdyvX+CsPIbuUTvkVcY7QiikfZrR+bhVVqvDg==";
    let second = "llWuHAYTlA1X4D8cv4Ce8Fsj9WcC9RzF50BqyhTg+jNGdnXZCouEFVYfqJX6siMEklcY7QiikfZrR+bhVVqvHg==";
    let neutral = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAsVKGnXgdhuF0T+8brEPG7GQtzTzTYB2qs93B6i2wlAA==";
    assert_eq!(outcome(good), Ok(None));
    assert_eq!(outcome(second), Err(SignatureError::Invalid));
    assert_eq!(outcome(neutral), Err(SignatureError::Invalid));
}

#[test]
fn urls_and_names_are_kept() {
    let text = format!(
        " # comment\n\t\nlog\t{} https://log.example/ \n  witness  W\u{e9} {}   https://w.example/\nquorum W\u{e9}\t\n#quorum none\n",
        log_key(1).verifier(),
        witness_key(1).verifier()
    );
    let policy = policy(&text);
    let logs: Vec<_> = policy.logs().map(|(key, url)| (key.name().to_owned(), url)).collect();
    assert_eq!(logs, [(ORIGIN.to_owned(), Some("https://log.example/"))]);
    let witnesses: Vec<_> = policy.witnesses().collect();
    assert_eq!(witnesses, [("Wé", witness_key(1).verifier(), Some("https://w.example/"))]);
    assert!(policy.check(&signed(&Tree::of(7), 1)).is_ok());
}

/// Names are bytes: these two names look alike and differ.
#[test]
fn names_need_not_be_utf8() {
    let line = |name: &[u8], n| [b"witness ", name, format!(" {}\n", witness_key(n).verifier()).as_bytes()].concat();
    let head = format!("log {}\n# \u{fffd} comments neither: ", log_key(1).verifier());
    let text = [head.as_bytes(), b"\xff\n", &line(b"w\xfe", 1), &line(b"w\xff", 2), b"group g all w\xfe w\xff\nquorum g\n"];
    let policy = Policy::parse(&text.concat()).expect("a valid policy");
    assert!(policy.check(&signed(&Tree::of(7), 2)).is_ok());
    let distrust = policy.check(&signed(&Tree::of(7), 1)).expect_err("one is missing");
    assert_eq!(distrust.to_string(), "the quorum g is not reached: only w\u{fffd} cosigned");
}

/// Two keys with the same name and id cannot be distinguished in a note. A search finds them: an id has only 32 bits.
#[test]
fn keys_that_share_name_and_id_are_refused() {
    let twin = |number: u64| {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        NoteKey::from_seed("witness.example/twin", KeyKind::Cosigner, &seed).expect("a key")
    };
    let (one, two) = (twin(36_666), twin(55_016));
    assert_eq!((one.verifier().id(), two.verifier().id()), (0xc329_8d87, 0xc329_8d87));
    assert_ne!(one.verifier(), two.verifier());
    let text = format!("witness a {}\nwitness b {}\nquorum a\n", one.verifier(), two.verifier());
    let error = Policy::parse(text.as_bytes()).expect_err("twins");
    assert_eq!(error, PolicyError { line: 2, fault: PolicyFault::DuplicateKey { line: 1 } });
    // An attacker gains nothing from such a key: its signature is not valid, so the note is refused.
    let text = format!("log {}\nwitness a {}\nquorum a\n", log_key(1).verifier(), one.verifier());
    let forged = note(vec![checkpoint().sign(&log_key(1)), checkpoint().cosign(&two, 1)]);
    assert!(matches!(policy(&text).check(&forged), Err(Distrust::BadSignature { .. })));
}

/// The format requires at least 32 of each. Groups may nest as deep as their number.
#[test]
fn large_policies_are_read() {
    let count = MAX_POLICY_ITEMS;
    let keys: Vec<NoteKey> = (0..count)
        .map(|n| {
            let mut seed = [3; 32];
            seed[..8].copy_from_slice(&(n as u64).to_be_bytes());
            NoteKey::from_seed(&format!("w{n}"), KeyKind::Cosigner, &seed).expect("a key")
        })
        .collect();
    let mut text = format!("log {}\n", log_key(1).verifier());
    keys.iter().for_each(|key| text += &format!("witness {} {}\n", key.verifier().name(), key.verifier()));
    text += "group g0 all w0\n";
    (1..count).for_each(|n| text += &format!("group g{n} all w{n} g{}\n", n - 1));
    let quorum = format!("quorum g{}\n", count - 1);
    let policy = policy(&format!("{text}{quorum}"));
    let mut signatures = vec![checkpoint().sign(&log_key(1))];
    signatures.extend(keys.iter().map(|key| checkpoint().cosign(key, 1)));
    assert!(policy.check(&note(signatures.clone())).is_ok());
    // Without the cosignature of the innermost group.
    signatures.remove(1);
    assert!(policy.check(&note(signatures)).is_err());
    let one_more = Policy::parse(format!("{text}group more all g{}\n{quorum}", count - 1).as_bytes());
    assert_eq!(one_more.expect_err("too many"), PolicyError { line: 2 * count + 2, fault: PolicyFault::TooMany });
}

#[test]
#[should_panic(expected = "a log signs with a log's key")]
fn a_witness_does_not_sign_as_a_log() {
    checkpoint().sign(&witness_key(1));
}

#[test]
#[should_panic(expected = "a witness signs with a cosigner's key")]
fn a_log_does_not_cosign() {
    checkpoint().cosign(&log_key(1), 1);
}

#[test]
#[should_panic(expected = "below 2^63")]
fn a_cosignature_time_is_below_2_to_the_63() {
    checkpoint().cosign(&witness_key(1), 1 << 63);
}

#[test]
#[should_panic(expected = "one line")]
fn an_origin_of_two_lines_is_not_signed() {
    Checkpoint { origin: "a\n5".into(), ..checkpoint() }.sign(&log_key(1));
}
