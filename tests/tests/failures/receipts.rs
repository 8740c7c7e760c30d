//! Receipts, leaves and policies that prove nothing, and places where they cannot be written. Needs the development cluster.

use std::path::Path;

use crate::case::Streams::{ClosedPipe, FirstLine, FullOutput};
use crate::case::{Case, Row, Shape, at, keyrack, shaped, with_streams, without_root_rights};
use crate::streams::full;

pub fn cases() -> Vec<Case> {
    let mut cases = keyrack(&ROWS);
    cases.extend(shaped(Shape::OnOutput, keyrack(&JSON)));
    cases.extend(at("{http}", "{auditor}", keyrack(&PLACES)));
    cases.extend(cut_receipts());
    cases.extend(kept_states());
    cases.extend(printing());
    cases
}

const ROWS: [Row; 22] = [
    ("receipt verify {f}/missing --policy {f}/policy", 1, &["cannot read", "{f}/missing"], "path"),
    ("receipt verify {f}/folder --policy {f}/policy", 1, &["cannot read", "{f}/folder"], ""),
    ("receipt verify {f}/empty --policy {f}/policy", 1, &["NOT PROVED", "not a receipt"], ""),
    ("receipt verify {f}/binary --policy {f}/policy", 1, &["NOT PROVED", "not a receipt"], ""),
    ("receipt verify {f}/table.csv --policy {f}/policy", 1, &["NOT PROVED", "not a receipt"], ""),
    ("receipt verify {f}/policy --policy {f}/policy", 1, &["NOT PROVED", "not a receipt"], ""),
    ("receipt verify {f}/receipt.json --policy {f}/receipt.json", 1, &["{f}/receipt.json", "not a policy"], "receipt policy"),
    ("receipt verify {f}/receipt.json --policy {f}/table.csv", 1, &["{f}/table.csv", "not a policy"], "receipt policy"),
    ("receipt verify {f}/receipt.json --policy {f}/empty", 1, &["{f}/empty", "not a policy"], "receipt policy"),
    ("receipt verify {f}/receipt.json --policy {f}/policy --leaf {f}/missing", 1, &["{f}/missing"], ""),
    ("receipt verify {f}/receipt.json --policy {f}/policy --leaf {f}/empty", 1, &["NOT PROVED", "leaf"], ""),
    ("receipt verify - --policy {f}/policy", 1, &["NOT PROVED", "not a receipt"], ""),
    ("receipt verify {f}/receipt.json --policy -", 1, &["-"], "--policy"),
    ("receipt verify {f}/receipt.tlog-proof --policy {f}/policy --leaf {f}/empty", 1, &["NOT PROVED", "leaf"], ""),
    ("receipt verify {f}/receipt.tlog-proof --policy {f}/other-policy", 1, &["NOT PROVED", "policy"], ""),
    ("receipt disclose {f}/receipt.json --only minibar", 2, &["minibar", "price"], ""),
    ("receipt disclose {f}/receipt.tlog-proof --only price", 2, &[".tlog-proof"], "receipt get"),
    ("receipt disclose {f}/receipt.json --only price --out {f}/folder", 1, &["{f}/folder", "it is a folder"], "--out"),
    ("receipt disclose {f}/receipt.json --only price --out /dev/full", 1, &["/dev/full", "full"], "--out"),
    (
        "receipt disclose {f}/receipt.json --only price --out {f}/nothing/below",
        1,
        &["{f}/nothing/below", "does not exist"],
        "--out",
    ),
    ("audit --policy {f}/policy --state {f}/empty", 1, &["{f}/empty"], "--state"),
    ("audit --policy {f}/policy --state /proc/audit", 1, &["/proc/audit"], "--state"),
];

const JSON: [Row; 4] = [
    ("receipt verify {f}/missing --policy {f}/policy --json", 1, &["\"verified\": false", "{f}/missing"], ""),
    ("receipt verify {f}/binary --policy {f}/policy --json", 1, &["\"verified\": false", "not a receipt"], ""),
    ("receipt verify {f}/empty --policy {f}/policy --json", 1, &["\"verified\": false", "not a receipt"], ""),
    ("receipt verify {f}/receipt.json --policy {f}/other-policy --json", 1, &["\"verified\": false", "policy"], ""),
];

const PLACES: [Row; 7] = [
    ("receipt policy --out {f}/folder", 1, &["{f}/folder"], "--out"),
    ("receipt policy --out /dev/full", 1, &["/dev/full", "full"], "--out"),
    ("receipt policy --out {f}/nothing/below", 1, &["{f}/nothing/below"], "--out"),
    ("receipt policy --out ''", 2, &["--out"], "--help"),
    ("receipt get {booking} --out /proc/receipt", 1, &["/proc/receipt"], "--out"),
    ("receipt get {booking} --out {f}/folder --text", 1, &["{f}/folder"], "--out"),
    ("receipt get {booking} --out /dev/full", 1, &["/dev/full", "full"], "--out"),
];

/// The change of a receipt, and words of the cause.
type Cut = (fn(&Path), &'static [&'static str]);

/// A receipt that lost or changed something, and words of the cause.
fn cut_receipts() -> Vec<Case> {
    let changes: [Cut; 6] = [
        (|own| edit(own, |text| text[..text.len() / 2].to_owned()), &["JSON"]),
        (|own| edit(own, |text| text.replacen("\"leaf\": \"", "\"leaf\": \"!", 1)), &["leaf", "base64"]),
        (|own| edit(own, with_another_leaf), &["leaf"]),
        (|own| edit(own, |text| text.replacen("\"index\":", "\"place\":", 1)), &["JSON", "place"]),
        (|own| edit(own, |text| text.replacen("\"index\": ", "\"index\": 1", 1)), &["index"]),
        (|own| edit(own, |text| text.replacen("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v9", 1)), &["proof"]),
    ];
    let mut cases = Vec::new();
    for (change, says) in changes {
        for (line, opening) in [("receipt verify r.json --policy {f}/policy", "NOT PROVED"), ("receipt show r.json", "r.json")] {
            let mut case = keyrack(&[(line, 1, says, "")]).remove(0);
            case.says.push(opening.to_owned());
            // The index is compared with the proof, and `show` verifies nothing.
            if line.contains("show") && (says.contains(&"index") || says == ["leaf"]) {
                continue;
            }
            cases.push(case.file("r.json", "{receipt}").prepared(change));
        }
    }
    cases
}

/// Changes the first byte of the leaf.
fn with_another_leaf(text: String) -> String {
    let opening = "\"leaf\": \"";
    let place = text.find(opening).unwrap() + opening.len();
    let other = if text[place..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &text[..place], &text[place + 1..])
}

fn edit(own: &Path, change: impl Fn(String) -> String) {
    let path = own.join("r.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert!(changed != text, "the receipt was not changed");
    std::fs::write(path, changed).unwrap();
}

/// States of an earlier audit that cannot be used.
fn kept_states() -> Vec<Case> {
    let audit = |says, hint| {
        let row: Row = ("audit --policy {f}/policy --shard 1 --state state", 1, says, hint);
        let case = at("{http}", "{auditor}", keyrack(&[row])).remove(0);
        Case { shape: Shape::MessageAfterLog, ..case }
    };
    let garbage = audit(&["shard-1.state", "format"], "Delete").file("state/shard-1.state", "minibar");
    let empty = audit(&["shard-1.state"], "Delete").file("state/shard-1.state", "");
    let folder = audit(&["shard-1.state"], "--state").file("state/shard-1.state/a", "");
    let evidence = audit(&["evidence-shard-1-1-fork.checkpoint"], "").file("state/evidence-shard-1-1-fork.checkpoint", "");
    let mut cases = vec![garbage, empty, folder, evidence];
    cases.extend(without_root_rights(vec![audit(&["state", "permission denied"], "--state").file("state/a", "").prepared(lock)]));
    cases
}

fn lock(own: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(own.join("state"), std::fs::Permissions::from_mode(0o500)).unwrap();
}

/// Results of a cluster that nobody reads.
fn printing() -> Vec<Case> {
    let lines: [Row; 8] = [
        ("property list", 0, &[], ""),
        ("property list --json", 0, &[], ""),
        ("booking list lisbon-alfama", 0, &[], ""),
        ("availability lisbon-alfama {arrival} {departure} --json", 0, &[], ""),
        ("trail --shard 1", 0, &[], ""),
        ("receipt show {f}/receipt.json", 0, &[], ""),
        ("receipt verify {f}/receipt.json --policy {f}/policy", 0, &[], ""),
        ("audit --policy {f}/policy --shard 1", 0, &[], ""),
    ];
    let all = at("{http}", "{operator}", keyrack(&lines));
    // The verdict of `trail` is a note on standard error, even if nobody reads the records.
    let shape = |case: Case| if case.line.starts_with("trail") { Shape::Help } else { Shape::Silent };
    let mut cases = Vec::new();
    for streams in [ClosedPipe, FirstLine] {
        let with = with_streams(streams, Shape::Silent, all.clone());
        cases.extend(with.into_iter().map(|case| Case { shape: shape(case.clone()), ..case }));
    }
    cases.extend(full(all));
    let follow: Row = ("audit --policy {f}/policy --shard 1 --follow 1", 0, &[], "");
    cases.extend(with_streams(ClosedPipe, Shape::Silent, at("{http}", "{operator}", keyrack(&[follow]))));
    assert!(cases.iter().any(|case| case.streams == FullOutput));
    cases
}
