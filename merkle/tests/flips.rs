//! Every bit of a receipt counts: every single-bit flip, cut and repetition is refused.
//!
//! The policy has every key in the file and requires all of them. Otherwise some flips would be accepted by design: a policy
//! ignores signatures of unknown keys, and a policy that requires two of three witnesses accepts a receipt with a changed
//! name of the third.

mod support;

use keyrack_merkle::*;
use support::*;

const INDEX: u64 = 21;

/// Verifies a receipt as an auditor does. With `extra_is_leaf` the leaf must also be in the `extra` line.
fn audit(text: &[u8], leaf: &[u8], extra_is_leaf: bool, policy: &Policy) -> Result<Trusted, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let proof = ProofFile::parse(text).map_err(|error| error.to_string())?;
    if extra_is_leaf && proof.extra.as_deref() != Some(leaf) {
        return Err("extra is not the leaf".into());
    }
    verify_receipt(leaf, &proof, policy).map_err(|error| error.to_string())
}

fn flipped(bytes: &[u8]) -> impl Iterator<Item = (usize, u8, Vec<u8>)> {
    (0..bytes.len() * 8).map(|place| {
        let (byte, bit) = (place / 8, (place % 8) as u8);
        let mut changed = bytes.to_vec();
        changed[byte] ^= 1 << bit;
        (byte, bit, changed)
    })
}

fn texts() -> [(String, bool); 2] {
    let tree = Tree::of(42);
    [(receipt(&tree, INDEX, 3, None).to_string(), false), (receipt(&tree, INDEX, 3, Some(leaf(INDEX))).to_string(), true)]
}

#[test]
fn every_flip_of_the_text_is_refused() {
    let policy = strict_policy(3);
    for (text, extra_is_leaf) in texts() {
        audit(text.as_bytes(), &leaf(INDEX), extra_is_leaf, &policy).expect("the unchanged receipt is valid");
        for (byte, bit, changed) in flipped(text.as_bytes()) {
            let outcome = audit(&changed, &leaf(INDEX), extra_is_leaf, &policy);
            assert!(outcome.is_err(), "bit {bit} of byte {byte}: {:?}", String::from_utf8_lossy(&changed));
        }
    }
}

#[test]
fn every_flip_of_the_leaf_is_refused() {
    let policy = strict_policy(3);
    let [(text, _), _] = texts();
    for (byte, bit, changed) in flipped(&leaf(INDEX)) {
        let outcome = audit(text.as_bytes(), &changed, false, &policy);
        assert!(outcome.is_err(), "bit {bit} of byte {byte}");
    }
}

/// No signature covers the `extra` line (see c2sp.org/tlog-proof). Unless the application checks it, a flip in its base64
/// changes `extra` and leaves the proof valid.
#[test]
fn a_flip_in_an_extra_line_changes_nothing_else() {
    let policy = strict_policy(3);
    let [_, (text, _)] = texts();
    let original = ProofFile::parse(&text).expect("the receipt is valid");
    let start = text.find("extra ").expect("it has an extra line") + "extra ".len();
    let end = start + text[start..].find('\n').expect("lines end");
    let mut accepted = 0;
    for (byte, _, changed) in flipped(text.as_bytes()) {
        if audit(&changed, &leaf(INDEX), false, &policy).is_err() {
            continue;
        }
        accepted += 1;
        assert!((start..end).contains(&byte), "byte {byte} is not in the extra line");
        let changed = String::from_utf8(changed).expect("it was read");
        let proof = ProofFile::parse(&changed).expect("it was read");
        assert_ne!(proof.extra, original.extra);
        assert_eq!(ProofFile { extra: original.extra.clone(), ..proof }, original);
    }
    assert!(accepted > 0, "some flips of base64 are again base64");
}

#[test]
fn every_cut_and_every_missing_or_repeated_byte_or_line_is_refused() {
    let policy = strict_policy(3);
    let [(text, _), _] = texts();
    let refuse = |changed: &[u8], what: &str| {
        assert!(audit(changed, &leaf(INDEX), false, &policy).is_err(), "{what}");
    };
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        refuse(&bytes[..at], &format!("cut at {at}"));
        let (mut missing, mut repeated) = (bytes.to_vec(), bytes.to_vec());
        missing.remove(at);
        repeated.insert(at, bytes[at]);
        refuse(&missing, &format!("without byte {at}"));
        refuse(&repeated, &format!("byte {at} twice"));
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for at in 0..lines.len() {
        let without: String = lines.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, line)| *line).collect();
        refuse(without.as_bytes(), &format!("without line {at}"));
        // A repeated signature is allowed: it is verified twice and counts once.
        if !lines[at].starts_with('—') {
            let twice: String = [&lines[..=at], &lines[at..]].concat().concat();
            refuse(twice.as_bytes(), &format!("line {at} twice"));
        }
    }
}

#[test]
fn a_receipt_is_for_one_place_in_one_log() {
    let (tree, other) = (Tree::of(42), Tree::of(43));
    let policy = strict_policy(3);
    let good = receipt(&tree, INDEX, 3, None);
    assert!(verify_receipt(&leaf(INDEX), &good, &policy).is_ok());
    for index in (0..50).filter(|index| *index != INDEX) {
        let moved = ProofFile { index, ..good.clone() };
        assert!(matches!(verify_receipt(&leaf(INDEX), &moved, &policy), Err(ReceiptError::Proof(_))), "index {index}");
    }
    let elsewhere = ProofFile { checkpoint: signed(&other, 3), ..good.clone() };
    assert!(matches!(verify_receipt(&leaf(INDEX), &elsewhere, &policy), Err(ReceiptError::Proof(_))));
    // A pair of nodes is not a leaf, although its hash is in the tree.
    let pair = [[1].as_slice(), &leaf_hash(&leaf(20)), &leaf_hash(&leaf(21))].concat();
    let shorter = ProofFile { index: 10, hashes: good.hashes[1..].to_vec(), ..good };
    assert!(verify_receipt(&pair, &shorter, &policy).is_err());
}
