//! `keyrackd dev`: numbers, ports and folders that cannot be used. No case starts a node.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::case::{Case, Row, Shape, keyrackd, shaped, without_root_rights};

pub fn cases() -> Vec<Case> {
    let mut cases = shaped(Shape::MessageAfterLog, keyrackd(&ROWS));
    let row = |line, says, hint| Case { shape: Shape::MessageAfterLog, ..keyrackd(&[(line, 1, says, hint)]).remove(0) };
    let port = "--port-base {free-base}";
    let keys = row("dev --data d --port-base {free-base}", &["keys.toml"][..], "").file("d/keys.toml", "minibar");
    let size = row("dev --data d --nodes 1 --port-base {free-base}", &["d", "2 nodes"], "--nodes 2");
    let ca = row("dev --data d --port-base {free-base}", &["d/pki"], "").file("d/pki/ca.pem", "no certificate\n");
    cases.extend([keys, size.file("d/node-1/a", "").file("d/node-2/a", ""), ca]);
    assert!(cases.last().unwrap().line.contains(port));
    let locked = row("dev --data d --port-base {free-base}", &["d:", "permission denied"], "--data").prepared(read_only_folder);
    cases.extend(without_root_rights(vec![locked]));
    cases
}

const ROWS: [Row; 12] = [
    ("dev --nodes 0", 2, &["--nodes", "0"], "from 1 to 9"),
    ("dev --nodes 10", 2, &["--nodes", "10"], "from 1 to 9"),
    ("dev --nodes 18446744073709551615", 2, &["--nodes"], "from 1 to 9"),
    ("dev --data {f}/empty", 1, &["{f}/empty"], "--data"),
    ("dev --data {f}/empty/below", 1, &["{f}/empty"], "--data"),
    ("dev --data /proc/keyrack", 1, &["/proc/keyrack"], "--data"),
    ("dev --data ''", 2, &["--data"], "--help"),
    ("dev --data d --port-base {busy-base}", 1, &["127.0.0.1:{busy}"], "--port-base"),
    ("dev --data d --json --port-base {busy-base}", 1, &["127.0.0.1:{busy}"], "--port-base"),
    ("dev --data d --port-base 65530", 1, &["--port-base 65530", "node 3", "65563"], "65502"),
    ("dev --data d --port-base 65535", 1, &["--port-base 65535", "node 3", "65568"], "65502"),
    ("dev --data d --tls --port-base {busy-base}", 1, &["127.0.0.1:{busy}"], "--port-base"),
];

fn read_only_folder(own: &Path) {
    std::fs::set_permissions(own, std::fs::Permissions::from_mode(0o500)).unwrap();
}
