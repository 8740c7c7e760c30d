//! `keyrackd keyring`: files and names that cannot be used. No message may show a line of the file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::case::{Case, Row, keyrackd, without_root_rights};

pub fn cases() -> Vec<Case> {
    let mut cases = keyrackd(&ROWS);
    for (text, says, hint) in BROKEN {
        for command in ["keyring add k --name next", "keyring activate k --name first", "keyring remove k --name first"] {
            let mut case = keyrackd(&[("", 1, says, hint)]).remove(0);
            case.line = command.to_owned();
            cases.push(case.file("k", text.replace("DIGITS", &"ab".repeat(32))));
        }
    }
    let exposed = ["keyring add k --name next", "keyring activate k --name first", "keyring remove k --name first"];
    cases.extend(exposed.map(|line| {
        let case = keyrackd(&[(line, 1, &["k", "644"], "chmod 600")]).remove(0);
        Case { first: vec!["keyrackd keyring init k"], ..case }.prepared(expose)
    }));
    cases.extend(
        without_root_rights(keyrackd(&NOT_WRITABLE))
            .into_iter()
            .map(|case| Case { first: vec!["keyrackd keyring init k"], ..case }.prepared(read_only_folder)),
    );
    cases
}

/// Cases that need the small disk of the fixture, which is full.
pub fn on_the_full_disk() -> Vec<Case> {
    keyrackd(&[("keyring init {full}/keyring", 1, &["{full}/keyring", "space"], "space")])
}

const ROWS: [Row; 16] = [
    ("keyring init {f}/keyring", 1, &["{f}/keyring"], "keyring add"),
    ("keyring init {f}/folder", 1, &["{f}/folder"], ""),
    ("keyring init missing/keyring", 1, &["missing/keyring"], "folder"),
    ("keyring init {f}/empty/keyring", 1, &["{f}/empty/keyring"], "folder"),
    ("keyring init /proc/keyring", 1, &["/proc/keyring"], "folder"),
    ("keyring init /dev/full", 1, &["/dev/full"], ""),
    ("keyring init k --name 'two words'", 1, &["two words"], "letters"),
    ("keyring init k --name active", 1, &["active"], "letters"),
    ("keyring init k --name ''", 1, &["name"], "letters"),
    ("keyring add missing --name next", 1, &["missing"], "keyring init"),
    ("keyring add {f}/folder --name next", 1, &["{f}/folder"], ""),
    ("keyring add {f}/keyring --name first", 1, &["{f}/keyring"], "name"),
    ("keyring add {f}/keyring --name 'a b'", 1, &["a b"], "letters"),
    ("keyring activate {f}/keyring --name minibar", 1, &["{f}/keyring", "minibar"], "name"),
    ("keyring remove {f}/keyring --name minibar", 1, &["{f}/keyring", "minibar"], "name"),
    ("keyring remove {f}/keyring --name first", 1, &["first"], "keyring activate"),
];

const NOT_WRITABLE: [Row; 2] = [
    ("keyring add k --name next", 1, &["k", "permission denied"], "folder"),
    ("keyring init other", 1, &["other", "permission denied"], "folder"),
];

/// A text that is not a keyring, words of the cause, and a word of the hint.
const BROKEN: [(&str, &[&str], &str); 5] = [
    ("", &["k"], "keyring init"),
    (SECRET_LINE, &["line 1"], "64 hexadecimal"),
    ("first DIGITS active\nsecond DIGITS now\n", &["line 2"], "active"),
    ("first DIGITS active\nfirst DIGITS\n", &["line 2"], "name"),
    ("first DIGITS active\nsecond DIGITS active\n", &["line 2", "active"], "one"),
];

const SECRET_LINE: &str = "first s3cr3tcanary active\n";

fn expose(own: &Path) {
    std::fs::set_permissions(own.join("k"), std::fs::Permissions::from_mode(0o644)).unwrap();
}

fn read_only_folder(own: &Path) {
    std::fs::set_permissions(own, std::fs::Permissions::from_mode(0o500)).unwrap();
}
