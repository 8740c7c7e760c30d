//! Every codec round-trips, writes exactly the text that it accepts, and does not panic on any input.

mod support;

use keyrack_merkle::*;
use proptest::prelude::*;
use support::*;

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>()
}

/// Mostly small numbers, and the extremes.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0u64..300, 1 => prop::sample::select(vec![1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX]), 2 => any::<u64>()]
}

fn key_name() -> impl Strategy<Value = String> {
    "[a-zé./#—0-9:=-]{1,20}"
}

fn seed_key() -> impl Strategy<Value = NoteKey> {
    (key_name(), any::<bool>(), any::<[u8; 32]>()).prop_map(|(name, is_log, seed)| {
        let kind = if is_log { KeyKind::Log } else { KeyKind::Cosigner };
        NoteKey::from_seed(&name, kind, &seed).expect("a valid name")
    })
}

fn signature() -> impl Strategy<Value = Signature> {
    (key_name(), any::<u32>(), prop::collection::vec(any::<u8>(), 1..100)).prop_map(|(name, key_id, bytes)| Signature {
        name,
        key_id,
        bytes,
    })
}

fn note() -> impl Strategy<Value = Note> {
    let text = prop::collection::vec("[ -~é—\u{7f}]{0,12}", 1..6).prop_map(|lines| lines.join("\n") + "\n");
    (text, prop::collection::vec(signature(), 1..=MAX_SIGNATURES)).prop_map(|(text, signatures)| Note { text, signatures })
}

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    ("[ -~é]{1,30}", number(), hash()).prop_map(|(origin, size, root)| Checkpoint { origin, size, root })
}

fn proof_file() -> impl Strategy<Value = ProofFile> {
    let extra = prop::option::of(prop::collection::vec(any::<u8>(), 0..80));
    let hashes = prop::collection::vec(hash(), 0..=MAX_PROOF_HASHES);
    (extra, number(), hashes, checkpoint(), prop::collection::vec(signature(), 1..4)).prop_map(
        |(extra, index, hashes, checkpoint, signatures)| {
            let checkpoint = Note { text: checkpoint.body(), signatures };
            ProofFile { extra, index, hashes, checkpoint }
        },
    )
}

fn resource() -> impl Strategy<Value = Resource> {
    (any::<bool>(), 0u8..64, number(), 1u16..=256).prop_map(|(is_entries, level, index, width)| {
        let index = match (is_entries, level) {
            (true, _) => index >> 8,
            (false, 0..7) => index >> (8 * (level + 1)),
            (false, _) => 0,
        };
        if is_entries { Resource::Entries { index, width } } else { Resource::Hashes { level, index, width } }
    })
}

/// Cuts, joins and changes that an attacker or a faulty disk could make.
fn mutated(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..7, any::<u8>());
    (text, prop::collection::vec(change, 1..4)).prop_map(|(text, changes)| {
        let mut bytes = text.into_bytes();
        for (place, other, how, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let (at, to) = (place.index(bytes.len()), other.index(bytes.len()));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                4 => bytes.swap(at, to),
                5 => bytes.insert(at, b"\n =+/0A\r\t"[usize::from(byte) % 9]),
                _ => bytes.extend_from_within(at.min(to)..at.max(to)),
            }
        }
        bytes
    })
}

/// Passes the bytes to every decoder. A decoder may accept only the exact text that its writer produces.
fn feed(bytes: &[u8], policy: &Policy) {
    if let Ok(entries) = decode_bundle(bytes) {
        let mut again = Vec::new();
        encode_bundle(&entries, &mut again).expect("it was a bundle");
        assert_eq!(again, bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        let _ = policy.check(&signed(&Tree::of(3), 2));
    }
    let lossy = String::from_utf8_lossy(bytes);
    let text = lossy.as_ref();
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
        let _ = policy.check(&note);
    }
    if let Ok(signature) = Signature::parse_line(text) {
        assert_eq!(signature.to_string().trim_end_matches('\n'), text.strip_suffix('\n').unwrap_or(text));
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert!(text.starts_with(&checkpoint.body()));
    }
    if let Ok(proof) = ProofFile::parse(text) {
        assert_eq!(proof.to_string(), text);
        assert!(verify_receipt(b"no leaf", &proof, policy).is_err());
    }
    if let Ok(resource) = Resource::parse(text) {
        assert_eq!(resource.to_string(), text);
        resource.is_in(resource.start());
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
    }
    if let Some(hash) = decode_hash(text) {
        assert_eq!(encode_hash(&hash), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn hashes_round_trip(hash in hash()) {
        prop_assert_eq!(decode_hash(&encode_hash(&hash)), Some(hash));
    }

    #[test]
    fn keys_round_trip(key in seed_key()) {
        let key = key.verifier();
        prop_assert_eq!(&VerifierKey::parse(&key.to_string()).expect("a key"), key);
        prop_assert_eq!(&VerifierKey::new(key.name(), key.kind(), key.public()).expect("a key"), key);
    }

    #[test]
    fn signature_lines_round_trip(signature in signature()) {
        prop_assert_eq!(Signature::parse_line(&signature.to_string()), Ok(signature));
    }

    #[test]
    fn notes_round_trip(note in note()) {
        prop_assert_eq!(Note::parse(&note.to_string()), Ok(note));
    }

    #[test]
    fn checkpoints_round_trip(checkpoint in checkpoint()) {
        prop_assert_eq!(Checkpoint::parse(&checkpoint.body()), Ok(checkpoint));
    }

    #[test]
    fn proof_files_round_trip(proof in proof_file()) {
        prop_assert_eq!(ProofFile::parse(&proof.to_string()), Ok(proof));
    }

    #[test]
    fn tile_paths_round_trip(resource in resource()) {
        prop_assert_eq!(Resource::parse(&resource.to_string()), Ok(resource));
    }

    #[test]
    fn bundles_round_trip(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..=256)) {
        let mut bytes = Vec::new();
        encode_bundle(&entries, &mut bytes).expect("short entries");
        let decoded: Vec<Vec<u8>> = decode_bundle(&bytes).expect("a bundle").into_iter().map(<[u8]>::to_vec).collect();
        prop_assert_eq!(decoded, entries);
    }

    #[test]
    fn signatures_verify_and_are_for_one_checkpoint(one in checkpoint(), other in checkpoint(), time in 0u64..1 << 63, seed: [u8; 32]) {
        let log = NoteKey::from_seed("log", KeyKind::Log, &seed).expect("a key");
        let witness = NoteKey::from_seed("witness", KeyKind::Cosigner, &seed).expect("a key");
        prop_assert_eq!(verify_signature(&one.body(), &one.sign(&log), log.verifier()), Ok(None));
        prop_assert_eq!(verify_signature(&one.body(), &one.cosign(&witness, time), witness.verifier()), Ok(Some(time)));
        if one != other {
            prop_assert!(verify_signature(&other.body(), &one.sign(&log), log.verifier()).is_err());
            prop_assert!(verify_signature(&other.body(), &one.cosign(&witness, time), witness.verifier()).is_err());
        }
    }

    #[test]
    fn a_changed_inclusion_proof_fails(size in 1u64..200, place: prop::sample::Index, change in any::<[u8; 32]>(), at: prop::sample::Index) {
        let tree = Tree::of(size);
        let index = place.index(size as usize) as u64;
        let (hash, root, mut proof) = (leaf_hash(&leaf(index)), tree.frontier.root(), tree.inclusion(index, size));
        prop_assert_eq!(verify_inclusion(index, size, &hash, &proof, &root), Ok(()));
        if let Some(step) = (!proof.is_empty()).then(|| at.index(proof.len())) {
            let before = core::mem::replace(&mut proof[step], change);
            prop_assert_eq!(verify_inclusion(index, size, &hash, &proof, &root).is_ok(), before == change);
            proof[step] = before;
            proof.remove(step);
            prop_assert!(verify_inclusion(index, size, &hash, &proof, &root).is_err());
        }
    }

    #[test]
    fn a_changed_consistency_proof_fails(new in 2u64..200, place: prop::sample::Index, change in any::<[u8; 32]>(), at: prop::sample::Index) {
        let tree = Tree::of(new);
        let old = 1 + place.index(new as usize - 1) as u64;
        let (old_root, root, mut proof) = (tree.root_at(old), tree.frontier.root(), tree.consistency(old, new));
        prop_assert_eq!(verify_consistency(old, new, &old_root, &root, &proof), Ok(()));
        let step = at.index(proof.len());
        let before = core::mem::replace(&mut proof[step], change);
        prop_assert_eq!(verify_consistency(old, new, &old_root, &root, &proof).is_ok(), before == change);
        proof[step] = before;
        proof.remove(step);
        prop_assert!(verify_consistency(old, new, &old_root, &root, &proof).is_err());
    }

    /// With any numbers and any count of hashes: no panic, no overflow, and no proof verifies.
    #[test]
    fn random_proofs_fail(a in number(), b in number(), hashes in prop::collection::vec(hash(), 0..70)) {
        let (one, two) = ([1; 32], [2; 32]);
        prop_assert!(verify_inclusion(a, b, &one, &hashes, &two).is_err());
        prop_assert!(verify_consistency(a, b, &one, &two, &hashes).is_err());
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        feed(&bytes, &strict_policy(2));
    }

    #[test]
    fn no_text_of_the_formats_letters_causes_a_panic(text in "[ \n—=+/A-Za0-9.px#]{0,80}") {
        feed(text.as_bytes(), &strict_policy(2));
    }

    /// Short base64 texts with all kinds of padding and trailing bits, in the `extra` line.
    #[test]
    fn each_byte_string_has_one_base64_text(text in "[AQgw9+/=\\-_ ]{0,9}") {
        let file = receipt(&Tree::of(1), 0, 1, Some(vec![])).to_string().replacen("extra \n", &format!("extra {text}\n"), 1);
        if let Ok(proof) = ProofFile::parse(&file) {
            prop_assert_eq!(proof.to_string(), file);
        }
    }

    #[test]
    fn no_mutated_note_causes_a_panic(bytes in mutated(note().prop_map(|note| note.to_string()))) {
        feed(&bytes, &strict_policy(2));
    }

    #[test]
    fn no_mutated_proof_file_causes_a_panic(bytes in mutated(proof_file().prop_map(|proof| proof.to_string()))) {
        feed(&bytes, &strict_policy(2));
    }

    #[test]
    fn no_mutated_key_or_path_causes_a_panic(
        key in mutated(seed_key().prop_map(|key| key.verifier().to_string())),
        path in mutated(resource().prop_map(|resource| resource.to_string())),
    ) {
        feed(&key, &strict_policy(2));
        feed(&path, &strict_policy(2));
    }

    #[test]
    fn no_mutated_policy_causes_a_panic(bytes in mutated(Just(strict_policy_text(2)))) {
        feed(&bytes, &strict_policy(2));
    }

    /// A signed receipt with several changes at once. It verifies only if the changes restore the text or repeat a signature
    /// line.
    #[test]
    fn mutated_receipts_are_refused(bytes in mutated(Just(receipt(&Tree::of(9), 5, 2, None).to_string()))) {
        let original = receipt(&Tree::of(9), 5, 2, None);
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        if let Ok(proof) = ProofFile::parse(&text) && verify_receipt(&leaf(5), &proof, &strict_policy(2)).is_ok() {
            prop_assert_eq!((proof.index, &proof.hashes, &proof.checkpoint.text), (5, &original.hashes, &original.checkpoint.text));
            prop_assert!(original.checkpoint.signatures.iter().all(|known| proof.checkpoint.signatures.contains(known)));
        }
    }
}
