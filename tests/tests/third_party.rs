//! Independent verifiers accept what Keyrack serves, unchanged, and refuse it if it was tampered with: Go's `sumdb`
//! packages, and pymerkle with cryptography. See `tests/verifiers`.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64, Encoding};
use keyrack_tests::receipts::merkle::{consistency_proof, leaf_hash};
use keyrack_tests::receipts::{Checkpoint, KeyKind, LogView, Note, Policy, ProofFile, Signer};
use keyrack_tests::{Cluster, Hotel, HotelPlan, Load, PATIENCE, installed_verifier, until};
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gos_sumdb_packages_accept_our_receipts_and_refuse_tampered_ones() {
    let Some(verifier) = Verifier::find("go-verify") else { return };
    let evidence = Evidence::gather("GO").await;
    verifier.judge(&evidence, |file| file == "entries", &["a tile", "a consistency proof", "an older checkpoint"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pymerkle_and_cryptography_accept_our_receipts_and_refuse_tampered_ones() {
    let Some(verifier) = Verifier::find("python-verify") else { return };
    let evidence = Evidence::gather("PYTHON").await;
    verifier.judge(&evidence, |file| file == "tile" || file == "consistency", &["an entry", "an older checkpoint"]);
}

/// A third-party program.
struct Verifier {
    program: PathBuf,
}

impl Verifier {
    fn find(name: &str) -> Option<Verifier> {
        installed_verifier(name).map(|program| Verifier { program })
    }

    /// The program must accept the evidence unchanged, and refuse each forgery in a file that it reads.
    fn judge(&self, evidence: &Evidence, ignores: impl Fn(&str) -> bool, must_try: &[&str]) {
        let said = self.run(evidence.folder.path());
        println!("{}", said.text);
        assert_eq!(said.code, Some(0), "refuses what we serve: {}", said.text);
        assert!(said.text.ends_with("accepted: everything\n"));
        let mut tried = Vec::new();
        for (what, file, forged) in evidence.forgeries() {
            if ignores(file.split('/').next().unwrap()) {
                continue;
            }
            let folder = evidence.copy();
            let before = std::fs::read(folder.path().join(&file)).unwrap();
            assert_ne!(before, forged, "{what}: nothing was forged");
            std::fs::write(folder.path().join(&file), forged).unwrap();
            let said = self.run(folder.path());
            let last = said.text.lines().last().unwrap_or_default();
            println!("{what}: {last}");
            assert_eq!(said.code, Some(1), "{what} must be refused, with exit code 1: {}", said.text);
            assert!(last.starts_with("refused: "), "{what}: {last}");
            tried.push(what);
        }
        assert!(tried.len() >= 20, "{} forgeries", tried.len());
        assert!(must_try.iter().all(|what| tried.iter().any(|tried| tried.starts_with(what))), "{tried:?}");
    }

    fn run(&self, folder: &Path) -> VerifierOutput {
        let output = Command::new(&self.program).arg(folder).output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        VerifierOutput { code: output.status.code(), text }
    }
}

struct VerifierOutput {
    code: Option<i32>,
    text: String,
}

/// Receipts, checkpoints, tiles and entries of a live cluster, as files; `tests/verifiers/README.md` says which.
struct Evidence {
    folder: TempDir,
}

impl Evidence {
    async fn gather(name: &str) -> Evidence {
        let cluster = Cluster::start_with(&[("KEYRACK_RECEIPTS_WAIT_MS", "20000")]);
        let hotel = HotelPlan::new(name, 5_000).open(&cluster.operator()).await;
        let policy = LogView::policy(&cluster.operator(), 3).await;
        let log = LogView::new(&cluster.api("auditor", 1), hotel.shard().await);
        let evidence = Evidence { folder: tempfile::tempdir().unwrap() };
        evidence.write("policy", policy.text());
        let receipts = live_through(&cluster, &hotel, name).await;
        for (number, receipt) in receipts.iter().enumerate() {
            evidence.write(&format!("receipts/{number}"), receipt);
        }
        evidence.write_log(&log, &policy, &receipts).await;
        evidence
    }

    /// The receipts' checkpoints and the newest one, the proofs that each continues the previous one, and the tree.
    async fn write_log(&self, log: &LogView, policy: &Policy, receipts: &[String]) {
        let mut notes: Vec<String> = receipts.iter().map(|text| ProofFile::parse(text).unwrap().note).collect();
        let size_of = |note: &String| Note::parse(note).unwrap().checkpoint().unwrap().size;
        let needed = notes.iter().map(size_of).max().unwrap();
        log.checkpoint_of(policy, needed).await;
        notes.push(log.checkpoint_note().await);
        notes.sort_by_key(size_of);
        notes.dedup_by_key(|note| size_of(note));
        let checkpoints: Vec<Checkpoint> = notes.iter().map(|note| Note::parse(note).unwrap().checkpoint().unwrap()).collect();
        let size = checkpoints.last().unwrap().size as usize;
        let leaves = log.leaves(size as u64).await;
        let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for (number, note) in notes.iter().enumerate() {
            self.write(&format!("checkpoints/{number}"), note);
        }
        for (number, pair) in checkpoints.windows(2).enumerate() {
            let proof = consistency_proof(pair[0].size as usize, &hashes[..pair[1].size as usize]);
            let lines: Vec<String> = proof.iter().map(|hash| Base64::encode_string(hash)).collect();
            self.write(&format!("consistency/{number}"), lines.join("\n"));
        }
        for level in 0..2 {
            for path in log.tile_paths(level, size as u64) {
                self.write(&format!("tile/{path}"), log.tile(&path).await.expect(200).body);
            }
        }
        for path in log.bundle_paths(size as u64) {
            self.write(&format!("entries/{path}"), log.bundle(&path).await.expect(200).body);
        }
    }

    /// What was changed, in which file, and the changed file.
    fn forgeries(&self) -> Vec<(&'static str, String, Vec<u8>)> {
        // A receipt whose proof has several hashes, so that two can change places.
        let receipts: Vec<String> =
            (0..self.names("receipts").len()).map(|number| self.read(&format!("receipts/{number}"))).collect();
        let has_several = |text: &String| ProofFile::parse(text).unwrap().hashes.len() > 2;
        let number = receipts.iter().rposition(has_several).expect("a tree of hundreds of leaves");
        let forged = forged_receipts(&receipts[number], &receipts[number - 1]).into_iter();
        let mut forgeries: Vec<_> = forged.map(|(what, text)| (what, format!("receipts/{number}"), text.into_bytes())).collect();
        let newest = self.names("checkpoints").len() - 1;
        for (what, note) in forged_notes(&self.read(&format!("checkpoints/{newest}"))) {
            forgeries.push((what, format!("checkpoints/{newest}"), note.into_bytes()));
        }
        let older = self.read("checkpoints/1");
        forgeries.push(("an older checkpoint with another root", "checkpoints/1".into(), other_root(&older).into_bytes()));
        let proof = self.read("consistency/1");
        forgeries.push(("a consistency proof with a hash changed", "consistency/1".into(), changed_hash(&proof).into_bytes()));
        forgeries.push(("a consistency proof with a hash more", "consistency/1".into(), twice(&proof).into_bytes()));
        for (what, path) in [("a tile with a bit changed", "tile/0/000"), ("an entry with a bit changed", "entries/000")] {
            let mut bytes = std::fs::read(self.folder.path().join(path)).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            forgeries.push((what, path.to_string(), bytes));
        }
        let mut bytes = std::fs::read(self.folder.path().join("entries/000")).unwrap();
        let first = 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        bytes.drain(..first);
        forgeries.push(("an entry left out", "entries/000".into(), bytes));
        forgeries
    }

    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), copy.path());
        copy
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn names(&self, folder: &str) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder.path().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

/// Bookings, amendments and a cancellation in a log of more than one tile; their receipts as text.
async fn live_through(cluster: &Cluster, hotel: &Hotel, name: &str) -> Vec<String> {
    let mut receipts = Vec::new();
    let first = hotel.booked("2027-03-01", "2027-03-03").await;
    receipts.push(receipt_of(hotel, &first).await);
    hotel.act(&first, "amend", &json!({"departure": "2027-03-05"})).await.expect(200);
    receipts.push(receipt_of(hotel, &first).await);
    let load = Load::start(name, cluster.everywhere("channel"), hotel, 8);
    load.until_acknowledged(270).await;
    load.finish().await;
    hotel.act(&first, "cancel", &json!({})).await.expect(200);
    receipts.push(receipt_of(hotel, &first).await);
    for _ in 0..4 {
        let booking = hotel.booked("2027-03-01", "2027-03-03").await;
        receipts.push(receipt_of(hotel, &booking).await);
    }
    receipts
}

async fn receipt_of(hotel: &Hotel, booking: &Value) -> String {
    let path = format!("/v1/bookings/{}/receipt", booking["bookingId"].as_str().unwrap());
    until("the receipt is there", PATIENCE, async || {
        let answer = hotel.api.get(&path).header("Accept", "text/plain").send().await;
        // 202: not cosigned yet.
        (answer.status != 202).then(|| answer.expect(200).text())
    })
    .await
}

fn forged_receipts(text: &str, other: &str) -> Vec<(&'static str, String)> {
    let file = ProofFile::parse(text).unwrap();
    let leaf = file.extra.clone().unwrap();
    let hash = |place: usize| Base64::encode_string(&file.hashes[place]);
    let with_leaf =
        |leaf: &[u8]| text.replace(&Base64::encode_string(file.extra.as_ref().unwrap()), &Base64::encode_string(leaf));
    let mut flipped = leaf.clone();
    flipped[5] ^= 1;
    let longer = [&leaf[..], &[0]].concat();
    let others = ProofFile::parse(other).unwrap();
    let mut forged = vec![
        ("a bit of the leaf changed", with_leaf(&flipped)),
        ("the leaf longer", with_leaf(&longer)),
        ("the leaf shorter", with_leaf(&leaf[..leaf.len() - 1])),
        ("another booking's leaf", with_leaf(&others.extra.unwrap())),
        ("another index", text.replace(&format!("\nindex {}\n", file.index), &format!("\nindex {}\n", file.index - 1))),
        ("an index beyond the tree", text.replace(&format!("\nindex {}\n", file.index), "\nindex 99999\n")),
        ("a negative index", text.replace(&format!("\nindex {}\n", file.index), "\nindex -1\n")),
        ("a hash changed", text.replace(&hash(0), &Base64::encode_string(&[7; 32]))),
        ("a hash missing", text.replace(&format!("{}\n", hash(1)), "")),
        ("a hash twice", text.replace(&hash(0), &format!("{}\n{}", hash(0), hash(0)))),
        ("two hashes exchanged", text.replace(&format!("{}\n{}", hash(0), hash(1)), &format!("{}\n{}", hash(1), hash(0)))),
        ("another receipt's checkpoint", text.replace(&file.note, &others.note)),
    ];
    for (what, note) in forged_notes(&file.note) {
        forged.push((what, text.replace(&file.note, &note)));
    }
    forged
}

fn forged_notes(note: &str) -> Vec<(&'static str, String)> {
    let (body, lines) = note.split_once("\n\n").unwrap();
    let parsed = Note::parse(note).unwrap();
    let Checkpoint { origin, size, .. } = parsed.checkpoint().unwrap();
    let of_log = |line: &&str| line.starts_with(&format!("— {origin} "));
    let (logs, cosigners): (Vec<&str>, Vec<&str>) = lines.lines().partition(of_log);
    let signed_by = |lines: &[&str]| format!("{body}\n\n{}\n", lines.join("\n"));
    let stranger = Signer::new(&origin, KeyKind::Log, 9).line(&parsed.text, 0);
    let replaced = |old: &str, new: &str| note.replacen(old, new, 1);
    vec![
        ("another size", replaced(&format!("\n{size}\n"), &format!("\n{}\n", size + 1))),
        ("another root", other_root(note)),
        ("another origin", note.replace(&origin, "dev/shard-9")),
        ("the log's signature changed", replaced(logs[0], &damaged(logs[0], 40))),
        ("a cosignature changed", replaced(cosigners[0], &damaged(cosigners[0], 40))),
        ("a cosignature's time changed", replaced(cosigners[1], &damaged(cosigners[1], 11))),
        ("no signature of the log", signed_by(&cosigners)),
        ("only an unknown key's signature as the log", signed_by(&[&[stranger.trim_end()], &cosigners[..]].concat())),
        ("too few cosignatures", signed_by(&[&logs[..], &cosigners[..1]].concat())),
        ("one cosignature twice", signed_by(&[&logs[..], &cosigners[..1], &cosigners[..1]].concat())),
        ("no signature at all", format!("{body}\n\n")),
    ]
}

fn other_root(note: &str) -> String {
    note.replacen(note.lines().nth(2).unwrap(), &Base64::encode_string(&[7; 32]), 1)
}

fn changed_hash(proof: &str) -> String {
    proof.replacen(proof.lines().next().unwrap(), &Base64::encode_string(&[7; 32]), 1)
}

fn twice(proof: &str) -> String {
    format!("{}\n{proof}", proof.lines().next().unwrap())
}

/// A signature line with one bit changed; byte 0 to 3 are the key's id.
fn damaged(line: &str, byte: usize) -> String {
    let (head, encoded) = line.rsplit_once(' ').unwrap();
    let mut bytes = Base64::decode_vec(encoded).unwrap();
    bytes[byte] ^= 1;
    format!("{head} {}", Base64::encode_string(&bytes))
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for path in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}
