//! `keyrack pki`: folders, names, files and disks that cannot be used.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::case::{Case, Row, keyrack, without_root_rights};

pub fn cases() -> Vec<Case> {
    let mut cases = keyrack(&ROWS);
    cases.extend(changed());
    cases.extend(without_root_rights(keyrack(&READ_ONLY)).into_iter().map(|case| case.prepared(read_only_folder)));
    cases
}

/// Cases that need the small disk of the fixture, which is full.
pub fn on_the_full_disk() -> Vec<Case> {
    keyrack(&[
        ("pki init --dir {full}/pki --cluster hotels", 1, &["{full}/pki", "the disk is full"], "space"),
        ("pki init --dir {full} --cluster hotels", 1, &["{full}", "the disk is full"], "space"),
    ])
}

const ROWS: [Row; 27] = [
    ("pki init --dir {f}/pki --cluster prod", 1, &["{f}/pki/ca.pem"], "rotate --new-ca"),
    ("pki init --dir {f}/empty --cluster prod", 1, &["{f}/empty", "folder"], "--dir"),
    ("pki init --dir {f}/empty/below --cluster prod", 1, &["{f}/empty"], "--dir"),
    ("pki init --dir /proc/pki --cluster prod", 1, &["/proc/pki"], "--dir"),
    ("pki init --dir pki --cluster 'the hotels'", 2, &["the hotels", "--cluster"], "letters, digits"),
    ("pki init --dir pki --cluster ''", 2, &["--cluster"], "letters, digits"),
    ("pki init --dir pki --cluster Hôtel", 2, &["Hôtel", "--cluster"], "letters, digits"),
    ("pki issue --dir missing node 1", 1, &["missing"], "keyrack pki init"),
    ("pki issue --dir {f}/folder node 1", 1, &["{f}/folder"], "keyrack pki init"),
    ("pki issue --dir {f}/empty node 1", 1, &["{f}/empty", "folder"], "--dir"),
    ("pki issue --dir {f}/pki node 1", 1, &["{f}/pki/node-1.pem"], "pki rotate"),
    ("pki issue --dir {f}/pki operator anna", 1, &["{f}/pki/operator-anna.pem"], "pki rotate"),
    ("pki issue --dir {f}/pki operator Anna", 2, &["Anna", "<NAME>"], "small letters"),
    ("pki issue --dir {f}/pki desk 'front desk'", 2, &["front desk"], "small letters"),
    ("pki issue --dir {f}/pki desk ''", 2, &["<NAME>"], "small letters"),
    ("pki issue --dir {f}/pki node 9 --host node-9:7110", 2, &["node-9:7110", "--host"], "without a port"),
    ("pki issue --dir {f}/pki node 9 --host https://node-9", 2, &["https://node-9", "--host"], "DNS name"),
    ("pki issue --dir {f}/pki node 18446744073709551616", 2, &["18446744073709551616"], "from 0 to 18446744073709551615"),
    ("pki issue --dir {f}/pki node 9 --days 4000", 2, &["4000", "--days"], "from 1 to"),
    ("pki rotate --all --dir missing", 1, &["missing"], "keyrack pki init"),
    ("pki rotate missing/node-1.pem", 1, &["missing/node-1.pem"], ""),
    ("pki rotate {f}/pki/ca.pem", 1, &["{f}/pki/ca.pem"], "--new-ca"),
    ("pki rotate {f}/garbage.pem", 1, &["{f}/garbage.pem"], "Give a certificate"),
    ("pki rotate {f}/forged/other-name.pem", 1, &["{f}/forged/other-name.pem", "node/1"], "node-1.pem"),
    ("pki show {f}/pki/node-1.key", 1, &["{f}/pki/node-1.key"], ""),
    ("pki show {f}/binary", 1, &["{f}/binary"], ""),
    ("pki show {f}/table.csv --json", 1, &["{f}/table.csv"], ""),
];

const READ_ONLY: [Row; 2] = [
    ("pki init --dir pki --cluster prod", 1, &["permission denied"], "--dir"),
    ("receipt policy --endpoint http://{website} --out policy", 1, &["{website}"], ""),
];

fn read_only_folder(own: &Path) {
    std::fs::set_permissions(own, std::fs::Permissions::from_mode(0o500)).unwrap();
}

/// A case, the change of its folder, and whether the folder has a certificate and two authorities.
type Changed = (Case, fn(&Path), bool);

/// An authority of the case's own, with something wrong in its folder.
fn changed() -> Vec<Case> {
    let row = |line, says, hint| keyrack(&[(line, 1, says, hint)]).remove(0);
    let cases: [Changed; 9] = [
        (row("pki rotate --all --dir ca", &["ca"], "keyrack pki issue"), nothing, false),
        (row("pki issue --dir ca node 1", &["ca.key"], ""), no_key, false),
        (row("pki issue --dir ca node 1", &["ca"], ""), no_certificate, false),
        (row("pki init --dir ca --cluster hotels", &["ca/ca.key"], "Move"), no_certificate, false),
        (row("pki issue --dir ca node 1", &["ca/ca.key"], "chmod 600"), exposed_key, false),
        (row("pki issue --dir ca node 1", &["ca/ca.key", "not a private key"], "Restore"), garbage_key, false),
        (row("pki issue --dir ca node 1", &["ca/ca.pem"], ""), garbage_certificate, false),
        (row("pki issue --dir ca node 1", &["ca/node-1.key"], "Move"), key_alone, false),
        (row("pki rotate --drop-old-ca --dir ca", &["ca/node-1.pem"], "Rotate"), nothing, true),
    ];
    let made = |(case, prepare, has_two): Changed| {
        let mut first = vec!["keyrack pki init --dir ca --cluster hotels"];
        if has_two {
            first.extend(["keyrack pki issue --dir ca node 1", "keyrack pki rotate --new-ca --dir ca"]);
        }
        Case { first, ..case.prepared(prepare) }
    };
    cases.into_iter().map(made).collect()
}

fn nothing(_: &Path) {}

fn no_key(own: &Path) {
    std::fs::remove_file(own.join("ca/ca.key")).unwrap();
}

fn no_certificate(own: &Path) {
    std::fs::remove_file(own.join("ca/ca.pem")).unwrap();
}

fn exposed_key(own: &Path) {
    std::fs::set_permissions(own.join("ca/ca.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
}

fn garbage_key(own: &Path) {
    std::fs::write(own.join("ca/ca.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
}

fn garbage_certificate(own: &Path) {
    std::fs::write(own.join("ca/ca.pem"), "no certificate\n").unwrap();
}

fn key_alone(own: &Path) {
    std::fs::copy(own.join("ca/ca.key"), own.join("ca/node-1.key")).unwrap();
}
