//! Nodes that do not start: certificates, keys, the keyring, ports, and the data folder.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::case::{Case, Shape, without_root_rights};
use crate::config::{Change, GOOD, with_changes};

pub fn cases() -> Vec<Case> {
    let mut cases = with_changes("run", Shape::MessageAfterLog, &CERTIFICATES);
    cases.extend(with_changes("run", Shape::MessageAfterLog, &LISTENERS));
    cases.extend(with_changes("run", Shape::MessageAfterLog, &DATA));
    cases.extend(with_changes("data check", Shape::MessageAfterLog, &DATA[..3]));
    cases.extend(checked());
    let locked =
        with_changes("run", Shape::MessageAfterLog, &[("data\"", "locked/data\"", &["locked/data", "ermission denied"], "")]);
    cases.extend(without_root_rights(locked).into_iter().map(|case| case.file("locked/file", "").prepared(lock)));
    let unreadable = ("{f}/pki/node-1.key", "{f}/unreadable", &["{f}/unreadable", "permission denied"][..], "tls.key");
    cases.extend(without_root_rights(with_changes("run", Shape::MessageAfterLog, &[unreadable])));
    for (name, text, says, hint) in FOLDERS {
        // A node with damaged data sets them aside and waits for the others, so it does not end.
        let commands = if says.contains(&"FORMAT") { &["data check"][..] } else { &["run", "data check"] };
        for command in commands {
            let case = with_changes(command, Shape::MessageAfterLog, &[("node = 1\n", "node = 1\n", says, hint)]).remove(0);
            let case = case.file("data/FORMAT", FORMAT);
            // The second file replaces the first one if it has the same name.
            cases.push(case.file(name, text));
        }
    }
    cases
}

/// The same settings for `config check`, which looks at the files without starting anything.
fn checked() -> Vec<Case> {
    let changes: Vec<Change> = CERTIFICATES.iter().step_by(3).copied().collect();
    with_changes("config check", Shape::OnOutput, &changes)
}

const CERTIFICATES: [Change; 28] = [
    ("{f}/pki/node-1.pem", "{f}/missing", &["{f}/missing"], "tls.certificate"),
    ("{f}/pki/node-1.pem", "{f}/folder", &["{f}/folder"], "tls.certificate"),
    ("{f}/pki/node-1.pem", "{f}/empty", &["{f}/empty"], "tls.certificate"),
    ("{f}/pki/node-1.pem", "{f}/binary", &["{f}/binary"], "tls.certificate"),
    ("{f}/pki/node-1.pem", "{f}/garbage.pem", &["{f}/garbage.pem"], ""),
    ("{f}/pki/node-1.pem", "", &["tls.certificate"], "keyrack pki issue"),
    ("{f}/pki/node-1.pem", "{f}/pki/node-2.pem", &["{f}/pki/node-2.pem", "spiffe://prod/node/2", "node 1"], "tls.certificate"),
    ("{f}/pki/node-1.pem", "{f}/other/node-1.pem", &["{f}/other/node-1.pem", "spiffe://other/node/1"], "cluster"),
    ("{f}/pki/node-1.pem", "{f}/pki/operator-anna.pem", &["{f}/pki/operator-anna.pem", "operator/anna"], "tls.certificate"),
    ("{f}/pki/node-1.pem", "{f}/pki/ca.pem", &["{f}/pki/ca.pem", "CA's certificate"], "node-1.pem"),
    ("{f}/pki/node-1.pem", "{f}/expired/forged.pem", &["{f}/expired/forged.pem", "expired", "2021"], "keyrack pki rotate"),
    ("{f}/pki/node-1.key", "{f}/missing", &["{f}/missing"], "tls.key"),
    ("{f}/pki/node-1.key", "{f}/folder", &["{f}/folder", "it is a folder"], "tls.key"),
    ("{f}/pki/node-1.key", "{f}/garbage.key", &["{f}/garbage.key"], "tls.key"),
    ("{f}/pki/node-1.key", "{f}/pki/node-1.pem", &["{f}/pki/node-1.pem"], ""),
    ("{f}/pki/node-1.key", "{f}/pki/node-2.key", &["{f}/pki/node-1.pem", "{f}/pki/node-2.key"], "does not match"),
    ("{f}/pki/node-1.key", "{f}/exposed.key", &["{f}/exposed.key", "644"], "chmod 600"),
    ("{f}/pki/node-1.key", "", &["tls.key"], "keyrack pki issue"),
    ("{f}/pki/ca.pem", "{f}/missing", &["{f}/missing"], "tls.trust"),
    ("{f}/pki/ca.pem", "{f}/garbage.pem", &["{f}/garbage.pem"], ""),
    ("{f}/pki/ca.pem", "{f}/other/ca.pem", &["{f}/other/ca.pem", "no authority"], "bundle"),
    ("{f}/pki/ca.pem", "", &["tls.trust"], "keyrack pki"),
    ("http = \"https://127.0.0.1:7120\"", "http = \"http://127.0.0.1:7120\"", &["node 2", "http://127.0.0.1:7120"], "https://"),
    ("[log]", "[keys]\ndesk = \"kr_desk_s3cr3tcanary\"\n[log]", &["[keys]"], "keyrack key create"),
    ("{f}/keyring", "{f}/exposed.key", &["{f}/exposed.key", "644"], "chmod 600"),
    ("{f}/keyring", "{f}/missing", &["{f}/missing"], "keyring init"),
    ("{f}/keyring", "{f}/garbage.key", &["{f}/garbage.key", "line 1"], ""),
    ("{f}/keyring", "{f}/folder", &["{f}/folder", "it is a folder"], "guests.keyring"),
];

const LISTENERS: [Change; 15] = [
    ("http = \"127.0.0.1:0\"", "http = \"127.0.0.1:{busy}\"", &["127.0.0.1:{busy}", "listen.http"], "listen.http"),
    ("grpc = \"127.0.0.1:0\"", "grpc = \"127.0.0.1:{busy}\"", &["127.0.0.1:{busy}", "listen.grpc"], "listen.grpc"),
    ("peer = \"127.0.0.1:0\"", "peer = \"127.0.0.1:{busy}\"", &["127.0.0.1:{busy}", "listen.peer"], "listen.peer"),
    (
        "operator = \"127.0.0.1:0\"",
        "operator = \"127.0.0.1:{busy}\"",
        &["127.0.0.1:{busy}", "listen.operator"],
        "listen.operator",
    ),
    (
        "http = \"127.0.0.1:0\"\ngrpc = \"127.0.0.1:0\"",
        "http = \"127.0.0.1:{free}\"\ngrpc = \"127.0.0.1:{free}\"",
        &["127.0.0.1:{free}"],
        "listen.grpc",
    ),
    (
        "peer = \"127.0.0.1:0\"\noperator = \"127.0.0.1:0\"",
        "peer = \"127.0.0.1:{free}\"\noperator = \"127.0.0.1:{free}\"",
        &["127.0.0.1:{free}"],
        "listen.operator",
    ),
    ("http = \"127.0.0.1:0\"", "http = \"192.0.2.1:0\"", &["192.0.2.1:0", "does not have this address"], "0.0.0.0"),
    ("peer = \"127.0.0.1:0\"", "peer = \"[2001:db8::1]:0\"", &["[2001:db8::1]:0"], "listen.peer"),
    ("http = \"127.0.0.1:0\"", "http = \"\"", &["listen.http"], "127.0.0.1:7110"),
    ("http = \"127.0.0.1:0\"", "http = \"127.0.0.1\"", &["127.0.0.1", "listen.http"], "127.0.0.1:7110"),
    ("grpc = \"127.0.0.1:0\"", "grpc = \"7111\"", &["7111", "listen.grpc"], "127.0.0.1:7110"),
    ("peer = \"127.0.0.1:0\"", "peer = \"127.0.0.1:99999\"", &["127.0.0.1:99999", "listen.peer"], "listen.peer"),
    ("operator = \"127.0.0.1:0\"", "operator = \"https://127.0.0.1:0\"", &["https://127.0.0.1:0"], "listen.operator"),
    ("http = \"127.0.0.1:0\"", "http = \"nowhere.invalid:7110\"", &["nowhere.invalid:7110", "cannot be resolved"], "listen.http"),
    (
        "\n[listen]\nhttp = \"127.0.0.1:0\"",
        "development = true\n[listen]\nhttp = \"0.0.0.0:0\"",
        &["listen.http", "0.0.0.0:0"],
        "127.0.0.1",
    ),
];

const DATA: [Change; 4] = [
    ("\"data\"", "\"{f}/empty\"", &["{f}/empty", "folder"], "`data`"),
    ("\"data\"", "\"{f}/empty/below\"", &["{f}/empty/below", "folder"], "`data`"),
    ("\"data\"", "\"/proc/data\"", &["/proc/data"], "`data`"),
    ("\"data\"", "\"\"", &["data = \"\""], "folder"),
];

const FORMAT: &str = "format = 2\ncluster = \"prod\"\nnode = 1\nincarnation = 5\n";

/// A file of a data folder, its text, words of the cause, and a word of the hint.
const FOLDERS: [(&str, &str, &[&str], &str); 7] = [
    (
        "data/FORMAT",
        "format = 2\ncluster = \"other\"\nnode = 1\nincarnation = 5\n",
        &["other", "prod", "Nothing was changed"],
        "cluster",
    ),
    ("data/FORMAT", "format = 2\ncluster = \"prod\"\nnode = 7\nincarnation = 5\n", &["node 7", "node 1"], "node"),
    ("data/FORMAT", "format = 999\ncluster = \"prod\"\nnode = 1\nincarnation = 5\n", &["format 999"], "newer"),
    ("data/FORMAT", "minibar\n", &["FORMAT", "damaged"], "set-aside"),
    ("data/FORMAT", "", &["FORMAT", "damaged"], "set-aside"),
    ("data/FORMAT", "format = 2\ncluster = \"prod\"\nnode = one\nincarnation = 5\n", &["FORMAT", "node"], "set-aside"),
    ("data/DIVERGED", "shard 1: the rows differ\n", &["diverged", "shard 1: the rows differ"], "set-aside"),
];

fn lock(own: &Path) {
    std::fs::set_permissions(own.join("locked"), std::fs::Permissions::from_mode(0o500)).unwrap();
}

/// Cases of `keyrackd data` that need no data.
pub fn data_commands() -> Vec<Case> {
    let unchanged = |command, says, hint| {
        let change: Change = ("node = 1\n", "node = 1\n", says, hint);
        with_changes(command, Shape::MessageAfterLog, &[change])
    };
    let mut cases = unchanged("data check", &["data", "FORMAT"], "`data`");
    let lone = GOOD.split("[[peers]]\nid = 2").next().unwrap();
    let case = unchanged("data set-aside", &["1 ", "majority"], "3 or more").remove(0);
    cases.push(Case { files: Vec::new(), ..case }.file("node-1.toml", lone));
    cases
}
