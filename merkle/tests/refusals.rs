//! Malformed texts and the error for each.

mod support;

use base64ct::{Base64, Encoding};
use keyrack_merkle::*;
use support::*;

/// Breaks a valid text: replaces the first occurrence of one string by another.
fn broken(good: &str, from: &str, to: &str) -> String {
    assert!(good.contains(from), "{from:?} is not in the text");
    good.replacen(from, to, 1)
}

#[test]
fn verifier_keys() {
    let good = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert!(VerifierKey::parse(good).is_ok());
    for (from, to, reason) in [
        ("example.com/foo+530d903a+", "", KeyError::Shape),
        ("+530d903a", "", KeyError::Shape),
        ("example.com/foo", "", KeyError::Name),
        ("/foo", " foo", KeyError::Name),
        ("/foo", "\u{2003}foo", KeyError::Name),
        ("/foo", "\nfoo", KeyError::Name),
        ("/foo", "\u{1}foo", KeyError::Name),
        ("/foo", "+foo", KeyError::IdText),
        ("530d903a", "530D903A", KeyError::IdText),
        ("530d903a", "0530d903a", KeyError::IdText),
        ("530d903a", "30d903a", KeyError::IdText),
        ("530d903a", "530d903b", KeyError::WrongId { stated: 0x530d_903b, computed: 0x530d_903a }),
        // The same key has another id under another name or kind.
        ("/foo", "/bar", KeyError::WrongId { stated: 0x530d_903a, computed: other_id("example.com/bar", KeyKind::Log) }),
        ("+Ae", "+BO", KeyError::WrongId { stated: 0x530d_903a, computed: other_id("example.com/foo", KeyKind::Cosigner) }),
        ("U2k", "U2", KeyError::Base64),
        ("U2k", "U2k=", KeyError::Base64),
        ("U2k", "U2k====", KeyError::Base64),
        ("U2k", "U2k\n", KeyError::Base64),
        ("U2k", "U2k ", KeyError::Base64),
        ("U2k", "U2-", KeyError::Base64),
        ("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "", KeyError::Length(0)),
        ("3U2k", "", KeyError::Length(29)),
        ("3U2k", "3U2kAAAA", KeyError::Length(35)),
        ("Aeky", "Auky", KeyError::Kind(2)),
        ("Aeky", "Buky", KeyError::Kind(6)),
        ("Aeky", "/+ky", KeyError::Kind(255)),
    ] {
        let text = broken(good, from, to);
        assert_eq!(VerifierKey::parse(&text), Err(reason), "{text}");
    }
}

/// A kind of a newer version is no key: neither of a log nor of a cosigner.
#[test]
fn only_two_kinds_of_keys_are_known() {
    let public: [u8; 32] =
        NoteKey::from_seed("example.com/foo", KeyKind::Log, &[7; 32]).expect("a key").verifier().public().to_owned();
    for byte in 0..=u8::MAX {
        let material = Base64::encode_string(&[&[byte], &public[..]].concat());
        let read = VerifierKey::parse(&format!("example.com/foo+00000000+{material}"));
        let kind = match byte {
            1 => KeyKind::Log,
            4 => KeyKind::Cosigner,
            _ => {
                assert_eq!(read, Err(KeyError::Kind(byte)));
                continue;
            }
        };
        let computed = VerifierKey::new("example.com/foo", kind, &public).expect("a key").id();
        assert_eq!(read, Err(KeyError::WrongId { stated: 0, computed }), "kind {byte}");
        let read = VerifierKey::parse(&format!("example.com/foo+{computed:08x}+{material}")).expect("a key");
        assert_eq!((read.kind(), read.kind().byte()), (kind, byte));
    }
}

fn other_id(name: &str, kind: KeyKind) -> u32 {
    let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let public = *VerifierKey::parse(vkey).expect("a key").public();
    VerifierKey::new(name, kind, &public).expect("a key").id()
}

/// Keys with which one signature is valid for many texts, and second encodings of keys.
#[test]
fn unsafe_public_keys_are_refused() {
    let zero = [0; 32];
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    let mut p_plus_one = p;
    p_plus_one[0] = 0xee;
    let mut minus_neutral = neutral;
    minus_neutral[31] = 0x80;
    let mut off_curve = zero;
    off_curve[0] = 2;
    for public in [zero, neutral, p, p_plus_one, minus_neutral, off_curve, [0xff; 32]] {
        assert_eq!(VerifierKey::new("a", KeyKind::Log, &public), Err(KeyError::Point), "{public:x?}");
    }
}

#[test]
fn notes() {
    let good = "text\n\n— example.com/a AAAAAQI=\n— example.com/b AAAAAQID\n";
    assert!(Note::parse(good).is_ok());
    let line = |line, reason| NoteError::Signature { line, reason };
    for (from, to, reason) in [
        (good, "", NoteError::NoSignatures),
        (good, "\n", NoteError::NoSignatures),
        (good, "text\n", NoteError::NoSignatures),
        (good, "text\n\n", NoteError::NoSignatures),
        (good, "\n— example.com/a AAAAAQI=\n", NoteError::NoSignatures),
        ("text\n\n", "text\n", NoteError::NoSignatures),
        ("QID\n", "QID", NoteError::NoFinalNewline),
        ("QID\n", "QID\n\n", NoteError::NoSignatures),
        ("QID\n", "QID\n ", NoteError::NoFinalNewline),
        ("text", "te\rxt", NoteError::Control),
        ("text\n", "text\r\n", NoteError::Control),
        ("text", "te\txt", NoteError::Control),
        ("text", "te\0xt", NoteError::Control),
        ("example", "exa\u{1f}mple", NoteError::Control),
        ("— ", "- ", line(1, SignatureLineError::Shape)),
        ("— ", "\u{2013} ", line(1, SignatureLineError::Shape)),
        ("— ", "—", line(1, SignatureLineError::Shape)),
        ("— ", " — ", line(1, SignatureLineError::Shape)),
        ("a AAAAAQI=", "a", line(1, SignatureLineError::Shape)),
        ("— example.com/b", "junk\n— example.com/b", line(2, SignatureLineError::Shape)),
        ("QID\n", "QID\njunk\n", line(3, SignatureLineError::Shape)),
        ("example.com/a", "", line(1, SignatureLineError::Name)),
        ("example.com/a", "example+a", line(1, SignatureLineError::Name)),
        ("example.com/a", "example\u{a0}a", line(1, SignatureLineError::Name)),
        ("example.com/a", "example\u{2028}a", line(1, SignatureLineError::Name)),
        ("example.com/a", "example.com a", line(1, SignatureLineError::Base64)),
        ("QI=", "QJ=", line(1, SignatureLineError::Base64)),
        ("QI=", "QI", line(1, SignatureLineError::Base64)),
        ("QI=", "QI==", line(1, SignatureLineError::Base64)),
        ("QI=", "Q===", line(1, SignatureLineError::Base64)),
        ("QI=", "QI=QI=", line(1, SignatureLineError::Base64)),
        ("QI=", "QI= ", line(1, SignatureLineError::Base64)),
        ("QI=", "Q_=", line(1, SignatureLineError::Base64)),
        ("QI=", "====", line(1, SignatureLineError::Base64)),
        ("AAAAAQI=", "", line(1, SignatureLineError::Length)),
        ("AAAAAQI=", "AAAAAQ==", line(1, SignatureLineError::Length)),
        ("AAAAAQI=", "AAAA", line(1, SignatureLineError::Length)),
    ] {
        let text = broken(good, from, to);
        assert_eq!(Note::parse(&text), Err(reason), "{text:?}");
    }
}

#[test]
fn unusual_notes_that_are_valid() {
    let line = "— a AAAAAQI=\n";
    for text in ["\n", "\n\n", "a\n", "a\n\n", "\n\n\n", "— a AAAAAQI=\n", "a\n\n— a AAAAAQI=\n", "\u{7f}\u{85}é\n"] {
        let text = format!("{text}\n{line}");
        let note = Note::parse(&text).expect(&text);
        assert_eq!(note.to_string(), text);
        assert_eq!(note.signatures.len(), 1);
    }
    // One key may sign twice: the format does not forbid it.
    assert!(Note::parse(&format!("a\n\n{line}{line}")).is_ok());
}

#[test]
fn the_number_and_the_size_of_signatures_are_bounded() {
    let note = |count| format!("a\n\n{}", "— a AAAAAQI=\n".repeat(count));
    for (count, is_good) in [(16, true), (MAX_SIGNATURES, true), (MAX_SIGNATURES + 1, false), (10_000, false)] {
        let expected = if is_good { Ok(count) } else { Err(NoteError::TooManySignatures) };
        assert_eq!(Note::parse(&note(count)).map(|note| note.signatures.len()), expected);
    }
    // Sixteen post-quantum signatures of 5 kB fit.
    let large = Signature { name: "a".into(), key_id: 1, bytes: vec![7; 5000] }.to_string();
    assert!(Note::parse(&format!("a\n\n{}", large.repeat(16))).is_ok());
    let endless = format!("{}\n\n— a AAAAAQI=\n", "a".repeat(MAX_NOTE_BYTES));
    assert_eq!(Note::parse(&endless), Err(NoteError::TooLong));
}

#[test]
fn signature_lines() {
    let good = Signature { name: "a".into(), key_id: 1, bytes: vec![2] };
    assert_eq!(good.to_string(), "— a AAAAAQI=\n");
    assert_eq!(Signature::parse_line("— a AAAAAQI=\n"), Ok(good.clone()));
    assert_eq!(Signature::parse_line("— a AAAAAQI="), Ok(good));
    assert_eq!(Signature::parse_line("— a AAAAAQI=\n\n"), Err(SignatureLineError::Base64));
    assert_eq!(Signature::parse_line("— a AAAAAQI=\r\n"), Err(SignatureLineError::Base64));
    assert_eq!(Signature::parse_line(""), Err(SignatureLineError::Shape));
}

#[test]
fn checkpoints() {
    let good = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert!(Checkpoint::parse(good).is_ok());
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for (from, to, reason) in [
        (good, "", CheckpointError::NoFinalNewline),
        (good, "\n", CheckpointError::EmptyLine),
        (good, "a\n", CheckpointError::TooFewLines),
        (good, "a\n5\n", CheckpointError::TooFewLines),
        ("2I=\n", "2I=", CheckpointError::NoFinalNewline),
        ("2I=\n", "2I=\n\n", CheckpointError::EmptyLine),
        ("2I=\n", "2I=\next\n\next\n", CheckpointError::EmptyLine),
        ("example.com/behind-the-sofa", "", CheckpointError::EmptyLine),
        ("sofa", "so\tfa", CheckpointError::Control),
        ("sofa", "sofa\r", CheckpointError::Control),
        ("20852163", "", CheckpointError::EmptyLine),
        ("20852163", "020852163", CheckpointError::Size),
        ("20852163", "00", CheckpointError::Size),
        ("20852163", "+20852163", CheckpointError::Size),
        ("20852163", "-1", CheckpointError::Size),
        ("20852163", "20852163 ", CheckpointError::Size),
        ("20852163", "20_852_163", CheckpointError::Size),
        ("20852163", "0x10", CheckpointError::Size),
        ("20852163", "\u{661}", CheckpointError::Size),
        ("20852163", "18446744073709551616", CheckpointError::Size),
        ("20852163", "99999999999999999999999999", CheckpointError::Size),
        ("2I=", "2J=", CheckpointError::Root),
        ("2I=", "2I", CheckpointError::Root),
        ("2I=", "2IA", CheckpointError::Root),
        ("2I=", "2==", CheckpointError::Root),
        ("2I=", "2I= ", CheckpointError::Root),
        (root, "AAAA", CheckpointError::Root),
        (root, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", CheckpointError::Root),
        ("/X", "_X", CheckpointError::Root),
    ] {
        let text = broken(good, from, to);
        assert_eq!(Checkpoint::parse(&text), Err(reason), "{text:?}");
    }
    for size in ["0", "1", "18446744073709551615"] {
        let text = broken(good, "20852163", size);
        assert_eq!(Checkpoint::parse(&text).expect(&text).body(), text);
    }
}

#[test]
fn proof_files() {
    let good = receipt(&Tree::of(6), 4, 1, Some(b"extra".to_vec())).to_string();
    let proof = ProofFile::parse(&good).expect("it is valid");
    let (first, second) = (encode_hash(&proof.hashes[0]), encode_hash(&proof.hashes[1]));
    assert!(good.starts_with(&format!("c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 4\n{first}\n{second}\n\n{ORIGIN}\n6\n")));
    let note = NoteError::Signature { line: 1, reason: SignatureLineError::Shape };
    for (from, to, reason) in [
        (good.as_str(), "", ProofFileError::NoCheckpoint),
        (&good, "\n\n", ProofFileError::Header),
        ("@v1", "@v2", ProofFileError::Header),
        ("c2sp", " c2sp", ProofFileError::Header),
        ("c2sp", "\u{feff}c2sp", ProofFileError::Header),
        ("@v1\n", "@v1\r\n", ProofFileError::Header),
        ("@v1\n", "@v1 \n", ProofFileError::Header),
        ("@v1\n", "@v1\n\n", ProofFileError::Index),
        ("extra ZXh0cmE=", "extra ZXh0cmE", ProofFileError::Extra),
        ("extra ZXh0cmE=", "extra ZXh0cmF=", ProofFileError::Extra),
        ("extra ZXh0cmE=", "extra  ZXh0cmE=", ProofFileError::Extra),
        ("extra ZXh0cmE=", "extra", ProofFileError::Index),
        ("extra ZXh0cmE=", "Extra ZXh0cmE=", ProofFileError::Index),
        ("extra ZXh0cmE=", "extra ZXh0cmE=\nextra ZXh0cmE=", ProofFileError::Index),
        ("index 4", "index", ProofFileError::Index),
        ("index 4", "index ", ProofFileError::Index),
        ("index 4", "index 04", ProofFileError::Index),
        ("index 4", "index 4 ", ProofFileError::Index),
        ("index 4", "index -4", ProofFileError::Index),
        ("index 4", "index +4", ProofFileError::Index),
        ("index 4", "index 18446744073709551616", ProofFileError::Index),
        ("index 4\n", "", ProofFileError::Index),
        ("index 4\n", "index 4\nindex 4\n", ProofFileError::Hash { line: 4 }),
        ("index 4\n", "index 4\nextra AAAA\n", ProofFileError::Hash { line: 4 }),
        (&first, &first[..40], ProofFileError::Hash { line: 4 }),
        (&second, &format!("{second} "), ProofFileError::Hash { line: 5 }),
        (&second, "AAAA", ProofFileError::Hash { line: 5 }),
        (&format!("{first}\n"), &format!("{first}\n").repeat(64), ProofFileError::TooManyHashes),
        (&format!("{second}\n\n"), &format!("{second}\n"), ProofFileError::Hash { line: 6 }),
        (&format!("{second}\n\n"), &format!("{second}\n\n\n"), ProofFileError::Checkpoint(CheckpointError::EmptyLine)),
        ("\n— ", "\n- ", ProofFileError::Note(note)),
        ("\n6\n", "\n06\n", ProofFileError::Checkpoint(CheckpointError::Size)),
    ] {
        let text = broken(&good, from, to);
        assert_eq!(ProofFile::parse(&text), Err(reason), "{text:?}");
    }
    let cut = good.strip_suffix('\n').expect("lines end");
    assert_eq!(ProofFile::parse(cut), Err(ProofFileError::Note(NoteError::NoFinalNewline)));
    let long = good.clone() + &"A".repeat(MAX_PROOF_FILE_BYTES);
    assert_eq!(ProofFile::parse(&long), Err(ProofFileError::TooLong));
    // An empty extra differs from no extra. A tree of one leaf needs no hashes.
    let empty = broken(&good, "ZXh0cmE=", "");
    assert_eq!(ProofFile::parse(&empty).expect(&empty).extra, Some(vec![]));
    assert_eq!(ProofFile::parse(&empty).expect(&empty).to_string(), empty);
    let only = receipt(&Tree::of(1), 0, 1, None).to_string();
    assert_eq!(ProofFile::parse(&only).expect(&only).hashes, Vec::<Hash>::new());
}

#[test]
fn tile_paths() {
    for (path, reason) in [
        ("", PathError::Shape),
        ("tile", PathError::Shape),
        ("tile/0", PathError::Shape),
        ("/tile/0/000", PathError::Shape),
        ("tiles/0/000", PathError::Shape),
        ("checkpoint", PathError::Shape),
        ("tile//000", PathError::Level),
        ("tile/64/000", PathError::Level),
        ("tile/00/000", PathError::Level),
        ("tile/01/000", PathError::Level),
        ("tile/-1/000", PathError::Level),
        ("tile/+1/000", PathError::Level),
        ("tile/256/000", PathError::Level),
        ("tile/data/000", PathError::Level),
        ("tile/Entries/000", PathError::Level),
        ("tile/0/", PathError::Index),
        ("tile/0/0", PathError::Index),
        ("tile/0/00", PathError::Index),
        ("tile/0/0000", PathError::Index),
        ("tile/0/x000/001", PathError::Index),
        ("tile/0/x000/x001/000", PathError::Index),
        ("tile/0/001/000", PathError::Index),
        ("tile/0/x001", PathError::Index),
        ("tile/0/x001/x000", PathError::Index),
        ("tile/0/X001/000", PathError::Index),
        ("tile/0/xx01/000", PathError::Index),
        ("tile/0/000/", PathError::Index),
        ("tile/0//000", PathError::Index),
        ("tile/0/+01", PathError::Index),
        ("tile/0/ 01", PathError::Index),
        ("tile/0/\u{661}0", PathError::Index),
        ("tile/0/000?x", PathError::Index),
        ("tile/0/000.p", PathError::Index),
        ("tile/0/000.p/", PathError::Width),
        ("tile/0/000.p/0", PathError::Width),
        ("tile/0/000.p/01", PathError::Width),
        ("tile/0/000.p/256", PathError::Width),
        ("tile/0/000.p/65537", PathError::Width),
        ("tile/0/000.p/1/", PathError::Width),
        ("tile/0/000.p/1.p/1", PathError::Width),
        ("tile/entries/000.p/256", PathError::Width),
        ("tile/0/x072/x057/x594/x037/x927/936", PathError::OutOfRange),
        ("tile/entries/x072/x057/x594/x037/x927/936", PathError::OutOfRange),
        ("tile/0/x018/x446/x744/x073/x709/x551/616", PathError::OutOfRange),
        ("tile/0/x999/x999/x999/x999/x999/x999/x999/999", PathError::OutOfRange),
        ("tile/6/256", PathError::OutOfRange),
        ("tile/7/001", PathError::OutOfRange),
        ("tile/63/001", PathError::OutOfRange),
    ] {
        assert_eq!(Resource::parse(path), Err(reason), "{path}");
    }
    // Built without `parse` and out of range: no panic, and in no tree.
    let vast = Resource::Hashes { level: 63, index: u64::MAX, width: 256 };
    assert_eq!((vast.start(), vast.is_in(u64::MAX)), (u64::MAX, false));
    assert!(!Resource::Entries { index: u64::MAX, width: 1 }.is_in(u64::MAX));
    assert!(!Resource::Hashes { level: 255, index: 0, width: 1 }.is_in(u64::MAX));
}

#[test]
fn bundles() {
    assert_eq!(decode_bundle(&[0]), Err(BundleError::Truncated { position: 0 }));
    assert_eq!(decode_bundle(&[0, 1]), Err(BundleError::Truncated { position: 0 }));
    assert_eq!(decode_bundle(&[0, 1, 7, 0, 2, 7]), Err(BundleError::Truncated { position: 1 }));
    assert_eq!(decode_bundle(&[0; 2 * 256]).map(|entries| entries.len()), Ok(256));
    assert_eq!(decode_bundle(&[0; 2 * 257]), Err(BundleError::TooMany));
    assert_eq!(decode_bundle(&vec![0; 1 << 20]), Err(BundleError::TooMany));
}

#[test]
fn policies() {
    let log = log_key(1).verifier().to_string();
    let [a, b] = [1, 2].map(|n| witness_key(n).verifier().to_string());
    let good = format!("log {log}\nwitness a {a}\nwitness b {b}\ngroup g 1 a b\nquorum g\n");
    assert!(Policy::parse(good.as_bytes()).is_ok());
    let renamed = NoteKey::from_seed("again", KeyKind::Cosigner, &[1; 32]).expect("a key").verifier().to_string();
    let relog = NoteKey::from_seed("again", KeyKind::Log, &[101; 32]).expect("a key").verifier().to_string();
    let name = |name: &str| PolicyFault::UnknownName(name.into());
    let words = |line: &str| match line {
        "log" => PolicyFault::Words("log <vkey> [<url>]"),
        "witness" => PolicyFault::Words("witness <name> <vkey> [<url>]"),
        "group" => PolicyFault::Words("group <name> all|any|<k> <name>..."),
        _ => PolicyFault::Words("quorum <name>"),
    };
    let threshold = |word: &str| PolicyFault::Threshold(word.into());
    for (from, to, line, fault) in [
        (good.as_str(), "", 1, PolicyFault::NoQuorum),
        (&good, "# nothing\n\n", 3, PolicyFault::NoQuorum),
        ("quorum g\n", "", 5, PolicyFault::NoQuorum),
        ("quorum g\n", "#quorum g\n", 6, PolicyFault::NoQuorum),
        ("quorum g\n", "quorum g", 5, PolicyFault::NoFinalNewline),
        ("quorum g\n", "quorum g\nquorum none\n", 6, PolicyFault::SecondQuorum),
        ("quorum g\n", "quorum none\nquorum none\n", 6, PolicyFault::SecondQuorum),
        ("quorum g", "quorum", 5, words("quorum")),
        ("quorum g", "quorum g # why", 5, words("quorum")),
        ("quorum g", "quorum h", 5, name("h")),
        ("quorum g", "quorum G", 5, name("G")),
        ("quorum g", "Quorum g", 5, PolicyFault::UnknownWord("Quorum".into())),
        ("log ", "\u{a0}log ", 1, PolicyFault::UnknownWord("\u{a0}log".into())),
        ("log ", "log\r ", 1, PolicyFault::Control(b'\r')),
        ("\n", "\r\n", 1, PolicyFault::Control(b'\r')),
        ("log ", "log \0", 1, PolicyFault::Control(0)),
        ("quorum g", "#\u{7f}\nquorum g", 5, PolicyFault::Control(0x7f)),
        (&log, "", 1, words("log")),
        (&log, &format!("{log} url url"), 1, words("log")),
        (&log, &format!("{log} url\nlog {log} url"), 2, PolicyFault::DuplicateKey { line: 1 }),
        (&log, &format!("{log}\nlog {relog}"), 2, PolicyFault::DuplicateKey { line: 1 }),
        (&log, &a, 1, PolicyFault::KeyKind { wanted: KeyKind::Log }),
        (&log, &log[1..], 1, PolicyFault::Key(VerifierKey::parse(&log[1..]).expect_err("another id"))),
        (&log, "key", 1, PolicyFault::Key(KeyError::Shape)),
        (&a, &log, 2, PolicyFault::KeyKind { wanted: KeyKind::Cosigner }),
        (&a, "", 2, words("witness")),
        (&a, &format!("{a} url url"), 2, words("witness")),
        (&b, &a, 3, PolicyFault::DuplicateKey { line: 2 }),
        (&b, &renamed, 3, PolicyFault::DuplicateKey { line: 2 }),
        ("witness b", "witness a", 3, PolicyFault::DuplicateName("a".into())),
        ("witness b", "witness none", 3, PolicyFault::DuplicateName("none".into())),
        ("group g", "group a", 4, PolicyFault::DuplicateName("a".into())),
        ("group g", "group none", 4, PolicyFault::DuplicateName("none".into())),
        ("group g 1 a b", "group g", 4, words("group")),
        ("group g 1 a b", "group g any", 4, words("group")),
        ("g 1 a b", "g 0 a b", 4, threshold("0")),
        ("g 1 a b", "g 3 a b", 4, threshold("3")),
        ("g 1 a b", "g 01 a b", 4, threshold("01")),
        ("g 1 a b", "g +1 a b", 4, threshold("+1")),
        ("g 1 a b", "g All a b", 4, threshold("All")),
        ("g 1 a b", "g 18446744073709551617 a b", 4, threshold("18446744073709551617")),
        ("g 1 a b", "g a b", 4, threshold("a")),
        ("g 1 a b", "g 1 a a", 4, PolicyFault::SecondMembership("a".into())),
        ("g 1 a b", "h any a\ngroup g 1 a b", 5, PolicyFault::SecondMembership("a".into())),
        ("g 1 a b", "g 1 a c", 4, name("c")),
        ("g 1 a b", "g 1 a g", 4, name("g")),
        ("g 1 a b", "g 1 a none", 4, name("none")),
        ("group g 1 a b\nquorum g", "quorum g\ngroup g 1 a b", 4, name("g")),
    ] {
        let text = broken(&good, from, to);
        let error = Policy::parse(text.as_bytes()).expect_err(&text);
        assert_eq!(error, PolicyError { line, fault }, "{text}");
        assert!(error.to_string().starts_with(&format!("line {line}: ")));
    }
    let long = "#".repeat(MAX_POLICY_BYTES + 1);
    assert_eq!(Policy::parse(long.as_bytes()).expect_err("long").fault, PolicyFault::TooLong);
}

#[test]
fn errors_read_as_sentences() {
    let distrust =
        Distrust::NoQuorum { quorum: "q".into(), cosigned: vec!["a".into(), "b".into()], other_keys: vec!["c".into()] };
    for (error, text) in [
        (
            ReceiptError::Distrust(distrust),
            "the checkpoint is not trusted: the quorum q is not reached: only a, b cosigned; \
             c signed with a key that the policy does not have",
        ),
        (
            ReceiptError::Distrust(Distrust::NoQuorum { quorum: "q".into(), cosigned: vec![], other_keys: vec![] }),
            "the checkpoint is not trusted: the quorum q is not reached: no known witness cosigned",
        ),
        (
            ReceiptError::Distrust(Distrust::BadSignature { name: "n".into(), key_id: 0xab, reason: SignatureError::Invalid }),
            "the checkpoint is not trusted: the signature of n (000000ab): the signature does not verify",
        ),
        (
            ReceiptError::Proof(ProofError::WrongRoot),
            "the proof does not show that the leaf is in the log: the proof leads to another root",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
