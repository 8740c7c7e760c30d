//! Valid receipts, and receipts with one change each.

use base64ct::{Base64, Encoding};
use keyrack_inventory::{BookingId, LeafError, PropertyNumber};
use keyrack_inventory::{BookingLeaf, Disclosure, LEAF_DIGESTS, Leaf, LeafBody, LeafKind, LeafRooms, Night, ShortCode};
use keyrack_merkle::{
    Checkpoint, Distrust, Frontier, KeyKind, Note, NoteKey, Policy, ProofError, ProofFile, ReceiptError, Window, inclusion_proof,
    leaf_hash,
};
use serde_json::{Value, json};

use super::file::{MAX_FILE_BYTES, Receipt, read_json};
use super::verdict::verdict_text;
use super::verify::{Verified, verify};
use crate::auditor::checkpoint_summary::CheckpointSummary;
use crate::auditor::leaf_summary::LeafSummary;
use crate::messages::receipt::{FileError, VerifyError};

const ORIGIN: &str = "test/shard-1";

fn key(name: &str, kind: KeyKind, seed: u8) -> NoteKey {
    NoteKey::from_seed(name, kind, &[seed; 32]).expect("a name")
}

fn log_key() -> NoteKey {
    key(ORIGIN, KeyKind::Log, 1)
}

fn replica() -> NoteKey {
    key("test/node-1", KeyKind::Cosigner, 2)
}

fn outsider() -> NoteKey {
    key("example.org/witness", KeyKind::Cosigner, 3)
}

fn policy() -> Policy {
    let (log, one, two) = (log_key(), replica(), outsider());
    let text =
        format!("log {}\nwitness node-1 {}\nwitness example {}\nquorum node-1\n", log.verifier(), one.verifier(), two.verifier());
    Policy::parse(text.as_bytes()).expect("a policy")
}

fn claims() -> Vec<Disclosure> {
    let claim = |name: &str, value: &str, salt| Disclosure { salt: [salt; 16], value: value.into(), name: name.into() };
    vec![claim("guest.name", "Ada Lovelace", 1), claim("price", "238.00 EUR", 2)]
}

fn booking_leaf() -> Leaf {
    let mut digests = [[0; 32]; LEAF_DIGESTS];
    (1..).zip(&mut digests).for_each(|(place, digest)| digest[0] = place);
    digests[..2].copy_from_slice(&[claims()[0].digest(), claims()[1].digest()]);
    digests.sort_unstable();
    let rooms = vec![LeafRooms {
        room_type: ShortCode::new("DBL").expect("a code"),
        quantity: 1,
        runs: vec![],
        nights: vec![(18, 17), (18, 16)],
    }];
    let body = BookingLeaf {
        kind: LeafKind::Book,
        property: "lisbon-alfama".into(),
        booking: BookingId::new(PropertyNumber(2), 1_800_000_000_000, 7),
        previous: None,
        arrival: Night(20_878),
        departure: Night(20_880),
        rooms,
        digests,
    };
    Leaf { at_ms: 1_800_000_000_000, term: 3, index: 41, body: LeafBody::Booking(body) }
}

/// A JSON receipt for leaf 2 of 5, cosigned by these keys.
fn receipt_with(cosigners: &[NoteKey]) -> Value {
    let bytes = booking_leaf().encode();
    let (mut frontier, mut window) = (Frontier::new(), Window::new(64));
    let leaves: [&[u8]; 5] = [b"a", b"b", &bytes, b"d", b"e"];
    for leaf in leaves {
        frontier.append(leaf_hash(leaf), |level, index, hash| window.push(level, index, hash));
    }
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: 5, root: frontier.root() };
    let mut signatures = vec![checkpoint.sign(&log_key())];
    signatures.extend(cosigners.iter().map(|key| checkpoint.cosign(key, 1_800_000_001)));
    let hashes = inclusion_proof(&mut &window, 2, 5).expect("a proof");
    let proof = ProofFile { extra: None, index: 2, hashes, checkpoint: Note { text: checkpoint.body(), signatures } };
    let claim =
        |claim: &Disclosure| json!({"name": claim.name, "value": claim.value, "salt": Base64::encode_string(&claim.salt)});
    json!({
        "origin": ORIGIN, "index": 2, "leaf": Base64::encode_string(&bytes),
        "disclosures": claims().iter().map(claim).collect::<Vec<_>>(), "proof": proof.to_string(),
    })
}

fn receipt() -> Value {
    receipt_with(&[replica()])
}

fn check(receipt: &Value) -> Result<Verified, String> {
    let parsed = Receipt::parse(receipt.to_string().as_bytes(), None).map_err(|error| error.to_string())?;
    verify(&parsed, &policy()).map_err(|fault| fault.to_string())
}

fn fault(receipt: &Value) -> VerifyError {
    let parsed = Receipt::parse(receipt.to_string().as_bytes(), None).expect("a receipt");
    verify(&parsed, &policy()).expect_err("a fault")
}

/// The receipt with one text replaced in one field.
fn with(field: &str, from: &str, to: &str) -> Value {
    let mut changed = receipt();
    let text = changed[field].as_str().expect("a text").to_owned();
    assert!(text.contains(from), "{text}");
    changed[field] = text.replacen(from, to, 1).into();
    changed
}

#[test]
fn a_valid_receipt_is_proved_in_every_form() {
    let verified = check(&receipt()).expect("it is valid");
    assert_eq!((verified.index, verified.trusted.checkpoint.size), (2, 5));
    assert_eq!(verified.leaf, booking_leaf());
    // Inside a confirmation.
    let id = BookingId::new(PropertyNumber(2), 1_800_000_000_000, 7).to_string();
    let around = json!({"bookingId": id, "propertyId": "lisbon-alfama", "arrival": Night(20_878).to_string(),
        "departure": Night(20_880).to_string(), "state": "confirmed", "receipt": receipt()});
    assert!(check(&around).expect("it is valid").not_covered.is_empty());
    // As a proof file with the leaf inside, and beside it.
    let mut proof = ProofFile::parse(receipt()["proof"].as_str().expect("a text")).expect("a proof");
    let bytes = booking_leaf().encode();
    let apart = Receipt::parse(proof.to_string().as_bytes(), Some(&bytes)).expect("a receipt");
    assert!(verify(&apart, &policy()).is_ok());
    proof.extra = Some(bytes.clone());
    let whole = proof.to_string();
    for leaf in [None, Some(&bytes[..])] {
        assert!(verify(&Receipt::parse(whole.as_bytes(), leaf).expect("a receipt"), &policy()).is_ok());
    }
    assert_eq!(Receipt::parse(whole.as_bytes(), Some(b"x")).expect_err("two leaves"), FileError::TwoLeaves);
}

#[test]
fn the_verdict_names_the_event_the_signers_and_the_limits_of_the_proof() {
    let verified = check(&receipt()).expect("it is valid");
    let text = verdict_text(&verified, &claims(), &policy());
    let id = BookingId::new(PropertyNumber(2), 1_800_000_000_000, 7).to_string();
    let expected = [
        "PROVED",
        "book: the booking was created",
        &id,
        "lisbon-alfama",
        "2027-03-01 to 2027-03-03",
        "1 x DBL",
        "2027-03-02  sell limit 18, then 16 left to sell",
        "2027-01-15T08:00:00.000Z",
        "leaf       2 (counted from 0) of the first 5",
        "guest.name = \"Ada Lovelace\"",
        "not shown  6 of 8",
        "node-1 (replica test/node-1) at 2027-01-15T08:00:01Z",
        "NOT PROVED",
        "majority-durable",
        "tamper-evident",
    ];
    expected.iter().for_each(|words| assert!(text.contains(words), "{words:?} is not in\n{text}"));
    assert!(!text.to_lowercase().contains("byzantine"));
    // The text names an outside witness, which proves more.
    let verified = check(&receipt_with(&[replica(), outsider()])).expect("it is valid");
    assert!(CheckpointSummary::of(&verified.trusted, &policy()).is_witnessed());
    let text = verdict_text(&verified, &claims(), &policy());
    assert!(text.contains("outside witness example.org/witness") && text.contains("that example has not seen"), "{text}");
}

#[test]
fn a_majority_is_stated_only_if_it_cosigned() {
    let (log, one) = (log_key(), replica());
    let others = [("test/node-2", 4), ("test/node-3", 5)].map(|(name, seed)| key(name, KeyKind::Cosigner, seed));
    for (quorum, replicas, is_majority) in
        [("node-1", &others[..0], true), ("none", &others[..1], false), ("none", &others, false)]
    {
        let mut text = format!("log {}\nwitness node-1 {}\n", log.verifier(), one.verifier());
        (2..).zip(replicas).for_each(|(node, key)| text += &format!("witness node-{node} {}\n", key.verifier()));
        let policy = Policy::parse(format!("{text}quorum {quorum}\n").as_bytes()).expect("a policy");
        let receipt = Receipt::parse(receipt_with(&[replica()]).to_string().as_bytes(), None).expect("a receipt");
        let verified = verify(&receipt, &policy).expect("it is valid");
        let text = verdict_text(&verified, &claims(), &policy);
        assert_eq!(text.contains("majority-durable"), is_majority, "{text}");
        assert_eq!(
            text.contains(&format!("1 of the {} replicas in your policy cosigned", replicas.len() + 1)),
            !is_majority,
            "{text}"
        );
    }
}

#[test]
fn a_confirmation_without_receipt_names_only_a_booking_id() {
    let id = BookingId::new(PropertyNumber(2), 1_800_000_000_000, 7).to_string();
    for (stated, named) in [(id.as_str(), id.as_str()), ("bk_x; rm -rf ~\nPROVED", "BOOKING"), ("bk_", "BOOKING")] {
        let text = json!({ "bookingId": stated, "receiptUrl": "" }).to_string();
        let error = read_json(&text).expect_err("it has no receipt").to_string();
        assert!(error.ends_with(&format!("keyrack receipt get {named}")), "{error}");
    }
}

#[test]
fn every_tampered_part_is_refused_with_its_reason() {
    // The leaf: a changed letter, an additional byte, another version, no bytes.
    let leaf = |change: fn(&mut Vec<u8>)| {
        let mut bytes = booking_leaf().encode();
        change(&mut bytes);
        let mut changed = receipt();
        changed["leaf"] = Base64::encode_string(&bytes).into();
        fault(&changed)
    };
    let is_wrong_root = |fault| matches!(fault, VerifyError::Receipt(ReceiptError::Proof(ProofError::WrongRoot)));
    assert!(is_wrong_root(leaf(|bytes| {
        let place = bytes.iter().position(|byte| *byte == b'a').expect("a letter");
        bytes[place] = b'b';
    })));
    assert_eq!(leaf(|bytes| bytes.push(0)), VerifyError::Leaf(LeafError::Malformed("extra bytes at the end")));
    assert_eq!(leaf(|bytes| bytes[2] = 2), VerifyError::Leaf(LeafError::Version(2)));
    assert!(matches!(leaf(Vec::clear), VerifyError::Leaf(_)));
    // The proof: another index, one hash fewer, a changed hash.
    assert!(matches!(fault(&with("proof", "index 2", "index 3")), VerifyError::Receipt(ReceiptError::Proof(_))));
    let proof = receipt()["proof"].as_str().expect("a text").to_owned();
    let first_hash = proof.lines().nth(2).expect("a hash");
    assert!(matches!(
        fault(&with("proof", &format!("{first_hash}\n"), "")),
        VerifyError::Receipt(ReceiptError::Proof(ProofError::TooShort))
    ));
    let zeros = Base64::encode_string(&[0; 32]);
    assert!(is_wrong_root(fault(&with("proof", first_hash, &zeros))));
    // The checkpoint: another size under the same signatures, another log, no cosignature, an unknown cosigner.
    assert!(matches!(
        fault(&with("proof", "\n5\n", "\n6\n")),
        VerifyError::Receipt(ReceiptError::Distrust(Distrust::BadSignature { .. }))
    ));
    assert!(matches!(
        fault(&with("proof", "\n\ntest/shard-1", "\n\ntest/shard-2")),
        VerifyError::Receipt(ReceiptError::Distrust(Distrust::UnknownLog { .. }))
    ));
    assert!(matches!(fault(&receipt_with(&[])), VerifyError::Receipt(ReceiptError::Distrust(Distrust::NoQuorum { .. }))));
    assert!(matches!(
        fault(&receipt_with(&[key("test/node-1", KeyKind::Cosigner, 9)])),
        VerifyError::Receipt(ReceiptError::Distrust(Distrust::NoQuorum { .. }))
    ));
    // The values beside the proof.
    assert!(check(&with("origin", "shard-1", "shard-2")).expect_err("a fault").contains("the log is test/shard-2"));
    let mut other_index = receipt();
    other_index["index"] = 3.into();
    assert!(check(&other_index).expect_err("a fault").contains("the leaf's index is 3"));
    let around = json!({"bookingId": "bk_00000000000000000000000000", "receipt": receipt()});
    assert!(check(&around).expect_err("a fault").contains("the booking is bk_0000"));
}

#[test]
fn every_tampered_claim_is_refused() {
    for (field, value) in [("name", "guest.email"), ("value", "Bob"), ("salt", "AAAAAAAAAAAAAAAAAAAAAA==")] {
        let mut changed = receipt();
        changed["disclosures"][0][field] = value.into();
        assert!(matches!(fault(&changed), VerifyError::Claim { .. }), "{field}");
    }
    let mut twice = receipt();
    twice["disclosures"][1] = twice["disclosures"][0].clone();
    assert_eq!(fault(&twice), VerifyError::ClaimTwice("guest.name".into()));
    let mut none = receipt();
    none["disclosures"] = json!([]);
    assert!(check(&none).is_ok(), "a receipt may disclose no claims");
}

#[test]
fn files_of_another_shape_are_refused() {
    let mut unknown = receipt();
    unknown["note"] = "x".into();
    let mut salt = receipt();
    salt["disclosures"][0]["salt"] = "AAAA".into();
    let mut leaf = receipt();
    leaf["leaf"] = "AAA".into();
    let mut missing = receipt();
    missing.as_object_mut().expect("an object").remove("proof");
    let id = BookingId::new(PropertyNumber(2), 1_800_000_000_000, 7).to_string();
    let later = json!({"bookingId": id, "receiptUrl": format!("/v1/bookings/{id}/receipt")});
    let later_text = format!("keyrack receipt get {id}");
    let cases = [
        (unknown.to_string(), "unknown field"),
        (salt.to_string(), "16 bytes"),
        (leaf.to_string(), "the leaf is not canonical base64"),
        (missing.to_string(), "missing field"),
        (later.to_string(), &later_text),
        (with("proof", "index", "indx").to_string(), "the proof is damaged"),
        (receipt().to_string() + "x", "not a receipt"),
        (receipt()["proof"].as_str().expect("a text").to_owned(), "give the leaf's bytes with --leaf"),
        ("<html>".to_owned(), "neither JSON nor"),
        ("{}".to_owned(), "not a receipt"),
        (String::new(), "neither JSON nor"),
    ];
    for (text, reason) in cases {
        let error = Receipt::parse(text.as_bytes(), None).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(Receipt::parse(&vec![b' '; MAX_FILE_BYTES + 1], None).expect_err("too long"), FileError::TooLong(MAX_FILE_BYTES));
}

#[test]
fn changed_bytes_never_panic_and_are_never_proved() {
    let valid = receipt().to_string().into_bytes();
    for place in 0..valid.len() {
        for value in [0x00, b'"', b'}', b'A', 0xff] {
            let mut changed = valid.clone();
            changed[place] = value;
            if changed == valid {
                continue;
            }
            if let Ok(parsed) = Receipt::parse(&changed, None)
                && let Ok(verified) = verify(&parsed, &policy())
            {
                // Every byte of the file is either part of the proof or compared with it.
                panic!("changed at {place}: {:?}", verified.leaf);
            }
        }
        let _ = Receipt::parse(&valid[..place], None);
    }
    // Every leaf can be shown as text, with any values.
    let mut odd = booking_leaf();
    odd.at_ms = u64::MAX;
    if let LeafBody::Booking(booking) = &mut odd.body {
        booking.property = "\x1b[2J".into();
        (booking.arrival, booking.departure) = (Night(u32::MAX - 2), Night(u32::MAX));
        booking.rooms[0].nights = vec![(u32::MAX, i64::MIN); 2];
    }
    let text = LeafSummary::of(&odd, &claims()).text();
    assert!(!text.contains('\x1b') && text.contains("over the limit"), "{text}");
}

/// A confirmation as the API sends it: the whole booking around its receipt.
fn confirmation() -> Value {
    let id = BookingId::new(PropertyNumber(2), 1_800_000_000_000, 7).to_string();
    json!({
        "bookingId": id, "guestId": id, "propertyId": "lisbon-alfama", "confirmationNumber": "0V65M-X4G1R", "state": "confirmed",
        "revision": 1, "arrival": Night(20_878).to_string(), "departure": Night(20_880).to_string(),
        "rooms": [{"roomType": "DBL", "ratePlan": "FLEX", "quantity": 1, "adults": 2, "childrenAges": [7], "nightly": ["119.00"]}],
        "total": {"amount": "238.00", "currency": "EUR"}, "guest": {"name": "Ada Lovelace", "email": ""}, "channelRef": "",
        "updatedAt": "2027-01-15T08:00:00.000Z", "receiptUrl": "", "receipt": receipt(),
    })
}

#[test]
fn the_verdict_names_the_fields_that_nothing_proves() {
    let verified = check(&confirmation()).expect("it is valid");
    let names = ["confirmationNumber", "revision", "rooms.adults", "rooms.childrenAges", "rooms.nightly", "rooms.ratePlan"];
    assert_eq!(verified.not_covered.iter().map(String::as_str).collect::<Vec<_>>(), names);
    let text = verdict_text(&verified, &claims(), &policy());
    assert!(text.contains("which may have been changed: confirmationNumber, revision, rooms.adults"), "{text}");
}

#[test]
fn a_field_that_contradicts_the_leaf_or_lacks_its_disclosure_is_refused() {
    let changed = |pointer: &str, value: Value| {
        let mut changed = confirmation();
        *changed.pointer_mut(pointer).expect("a field") = value;
        check(&changed).expect_err(pointer)
    };
    let id = BookingId::new(PropertyNumber(2), 1_800_000_000_000, 8).to_string();
    for (pointer, value, said) in [
        ("/state", json!("cancelled"), "the state is cancelled, but the proof shows confirmed"),
        ("/guestId", json!(id), "the guest's id is"),
        ("/updatedAt", json!("2027-01-15T08:00:01.000Z"), "the time of the last change is"),
        ("/total/amount", json!("1.00"), "price is 1.00 EUR, but the proof shows 238.00 EUR"),
        ("/guest/name", json!("Eve"), "guest.name is Eve"),
        ("/guest/email", json!("eve@example.org"), "guest.email is eve@example.org, but it discloses nothing"),
        ("/channelRef", json!("OTA-7"), "channelRef is OTA-7, but it discloses nothing"),
        ("/receipt/disclosures", json!([]), "guest.name is Ada Lovelace, but it discloses nothing"),
    ] {
        let refused = changed(pointer, value);
        assert!(refused.contains(said), "{pointer}: {refused}");
    }
}
