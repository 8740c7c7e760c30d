//! A changed receipt proves nothing.

use base64ct::{Base64, Encoding};
use keyrack_tests::receipts::{KeyKind, Note, ProofFile, Receipt, Signer};

use crate::{BOOK, Fixture};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_was_tampered_with_is_refused() {
    let fixture = Fixture::set_up("TAMPERED", 50).await;
    let mut booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    // A receipt whose proof has several hashes.
    while ProofFile::parse(&fixture.receipt_of(&booking).await.proof).unwrap().hashes.len() < 3 {
        booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    }
    fixture.check(&booking, BOOK).await;
    let receipt = fixture.receipt_of(&booking).await;
    let other = fixture.receipt_of(&fixture.hotel.booked("2027-03-01", "2027-03-03").await).await;
    for (what, receipt) in forgeries(&receipt, &other) {
        let proved = receipt.verify(&fixture.policy);
        println!("{what}: {:?}", proved.as_ref().err());
        assert!(proved.is_err(), "{what} was accepted: {proved:?}");
    }
}

/// A changed surplus signature may belong to an unknown key, and the format ignores such signatures. But no changed
/// byte proves anything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_single_changed_byte_proves_anything_else() {
    let fixture = Fixture::set_up("EVERY-BYTE", 50).await;
    fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    fixture.check(&booking, BOOK).await;
    let path = format!("/v1/bookings/{}/receipt", crate::id_of(&booking));
    let text = fixture.hotel.api.get(&path).send().await.expect(200).text();
    let honest = Receipt::of_text(&text).unwrap().verify(&fixture.policy).unwrap();
    let (mut refused, mut signatures_at) = (0, text.find('—').unwrap());
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        let receipt = String::from_utf8(bytes).map_err(|e| e.to_string()).and_then(|text| Receipt::of_text(&text));
        match receipt.and_then(|receipt| receipt.verify(&fixture.policy)) {
            Err(_) => refused += 1,
            Ok(proved) => {
                assert!(place >= signatures_at, "the change of byte {place} is not noticed: {proved:?}");
                assert_eq!((&proved.leaf, &proved.checkpoint), (&honest.leaf, &honest.checkpoint));
            }
        }
    }
    signatures_at += (text.len() - signatures_at) / 2;
    assert!(refused >= signatures_at, "{refused} of {} changes were refused", text.len());
}

/// What was changed, and the changed receipt.
fn forgeries(receipt: &Receipt, other: &Receipt) -> Vec<(&'static str, Receipt)> {
    let file = ProofFile::parse(&receipt.proof).unwrap();
    let note = Note::parse(&file.note).unwrap();
    let hash = |place: usize| Base64::encode_string(&file.hashes[place]);
    let signatures: Vec<&str> = file.note.lines().filter(|line| line.starts_with('—')).collect();
    let with_note = |text: &str, signatures: &str| Receipt {
        proof: receipt.proof.replace(&file.note, &format!("{text}\n{signatures}")),
        ..receipt.clone()
    };
    let with_proof = |from: &str, to: &str| {
        assert!(receipt.proof.contains(from), "{from} is not in {}", receipt.proof);
        Receipt { proof: receipt.proof.replacen(from, to, 1), ..receipt.clone() }
    };
    let leaf_with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = receipt.clone();
        change(&mut changed.leaf);
        changed
    };
    let claim_with = |change: &dyn Fn(&mut keyrack_tests::receipts::Disclosure)| {
        let mut changed = receipt.clone();
        change(&mut changed.disclosures[0]);
        changed
    };
    let checkpoint = note.checkpoint().unwrap();
    let larger = note.text.replace(&format!("\n{}\n", checkpoint.size), &format!("\n{}\n", checkpoint.size + 1));
    let root = note.text.lines().nth(2).unwrap();
    let renamed = note.text.replace("dev/", "evil/");
    let stranger = Signer::new(&checkpoint.origin, KeyKind::Log, 9).line(&note.text, 0);
    let lines = format!("{}\n", signatures.join("\n"));
    let log_lines = only(&signatures, &checkpoint.origin);
    let cosignatures = signatures.iter().filter(|line| !log_lines.contains(*line)).map(|line| format!("{line}\n"));
    let cosignatures: Vec<String> = cosignatures.collect();

    vec![
        ("another property", leaf_with(&|leaf| flip(leaf, b"TAMPERED"))),
        ("another room type", leaf_with(&|leaf| flip(leaf, b"DLX"))),
        ("the leaf's last byte", leaf_with(&|leaf| *leaf.last_mut().unwrap() ^= 1)),
        ("a byte more of leaf", leaf_with(&|leaf| leaf.push(0))),
        ("a byte less of leaf", leaf_with(&|leaf| leaf.truncate(leaf.len() - 1))),
        ("another booking's leaf", Receipt { leaf: other.leaf.clone(), ..receipt.clone() }),
        ("another booking's proof", Receipt { proof: other.proof.clone(), ..receipt.clone() }),
        ("another index", with_proof(&format!("\nindex {}\n", file.index), &format!("\nindex {}\n", file.index ^ 1))),
        ("an index beyond the tree", with_proof(&format!("\nindex {}\n", file.index), "\nindex 18446744073709551615\n")),
        ("a hash changed", with_proof(&hash(0), &Base64::encode_string(&[7; 32]))),
        ("a hash missing", with_proof(&format!("{}\n", hash(1)), "")),
        ("a hash twice", with_proof(&hash(0), &format!("{}\n{}", hash(0), hash(0)))),
        ("two hashes exchanged", with_proof(&format!("{}\n{}", hash(0), hash(1)), &format!("{}\n{}", hash(1), hash(0)))),
        ("another size", with_note(&larger, &lines)),
        ("another root", with_note(&note.text.replace(root, &hash(0)), &lines)),
        ("another origin", with_note(&renamed, &lines)),
        ("no log's signature", with_note(&note.text, &cosignatures.concat())),
        ("an unknown key's signature as the log", with_note(&note.text, &(stranger + &cosignatures.concat()))),
        ("one cosignature only", with_note(&note.text, &format!("{log_lines}{}", cosignatures[0]))),
        ("one cosignature twice", with_note(&note.text, &format!("{log_lines}{0}{0}", cosignatures[0]))),
        ("an invalid signature beside valid ones", with_note(&note.text, &format!("{lines}{}\n", damaged(signatures[0])))),
        ("another guest", claim_with(&|claim| claim.value = "Eve Guest".into())),
        ("another salt", claim_with(&|claim| claim.salt[3] ^= 1)),
        ("another claim's name", claim_with(&|claim| claim.name = "price".into())),
    ]
}

fn flip(bytes: &mut [u8], what: &[u8]) {
    let place = bytes.windows(what.len()).position(|window| window == what).expect("the leaf contains it");
    bytes[place] ^= 1;
}

/// The signature lines of one name, each with its newline.
fn only(signatures: &[&str], name: &str) -> String {
    let of_name = |line: &&&str| line.starts_with(&format!("— {name} "));
    signatures.iter().filter(of_name).map(|line| format!("{line}\n")).collect()
}

/// The same name and key id with an invalid signature.
fn damaged(line: &str) -> String {
    let (head, encoded) = line.rsplit_once(' ').unwrap();
    let mut bytes = Base64::decode_vec(encoded).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    format!("{head} {}", Base64::encode_string(&bytes))
}
