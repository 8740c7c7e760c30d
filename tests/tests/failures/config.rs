//! Configurations with mistakes, for `keyrackd config check` and `keyrackd run`.

use crate::case::{Case, Row, Shape, keyrackd, without_root_rights};
use crate::places::SECRET;

/// A configuration of node 1 without a mistake. Its ports are free ones that the system chooses.
pub const GOOD: &str = r#"cluster = "prod"
node = 1
data = "data"
data_shards = 3

[listen]
http = "127.0.0.1:0"
grpc = "127.0.0.1:0"
peer = "127.0.0.1:0"
operator = "127.0.0.1:0"

[tls]
certificate = "{f}/pki/node-1.pem"
key = "{f}/pki/node-1.key"
trust = "{f}/pki/ca.pem"
min_version = "1.3"

[guests]
keyring = "{f}/keyring"

[raft]
heartbeat_ms = 60
election_timeout_ms = 300

[log]
format = "text"
level = "error"

[[peers]]
id = 1
peer = "127.0.0.1:7112"
http = "https://127.0.0.1:7110"
grpc = "https://127.0.0.1:7111"
region = "eu-west"

[[peers]]
id = 2
peer = "127.0.0.1:7122"
http = "https://127.0.0.1:7120"
grpc = "https://127.0.0.1:7121"
region = "eu-west"

[[peers]]
id = 3
peer = "127.0.0.1:7132"
http = "https://127.0.0.1:7130"
grpc = "https://127.0.0.1:7131"
region = "eu-west"
"#;

/// The good configuration with one text replaced by another.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the configuration has no {from}");
    GOOD.replacen(from, to, 1)
}

/// What is replaced by what, words of the cause, and a word of the hint.
pub type Change = (&'static str, &'static str, &'static [&'static str], &'static str);

/// For each change a case of `keyrackd COMMAND --config FILE`.
pub fn with_changes(command: &str, shape: Shape, changes: &[Change]) -> Vec<Case> {
    let case = |&(from, to, says, hint): &Change| {
        let mut case = keyrackd(&[("", 1, says, hint)]).remove(0);
        case.line = format!("{command} --config node-1.toml");
        Case { shape, about: to.to_owned(), ..case.file("node-1.toml", changed(from, to)) }
    };
    changes.iter().map(case).collect()
}

pub fn cases() -> Vec<Case> {
    let mut cases = with_changes("config check", Shape::OnOutput, &MISTAKES);
    cases.extend(with_changes("run", Shape::Message, &MISTAKES));
    cases.extend(with_changes("data check", Shape::Message, &MISTAKES[..4]));
    cases.extend(files());
    cases.extend(environment());
    let named = |case: Case| {
        let mut says = case.says.clone();
        says.push("node-1.toml".to_owned());
        if case.environment.is_empty() && case.line.contains("node-1.toml") { Case { says, ..case } } else { case }
    };
    cases.into_iter().map(named).collect()
}

const MISTAKES: [Change; 40] = [
    ("node = 1\n", "node = \n", &["line 2"], ""),
    ("node = 1\n", "node = 1\nminibar = 2\n", &["line 3", "minibar"], "settings here are"),
    ("[raft]", "[minibar]", &["minibar"], "settings here are"),
    ("[log]", "[log]\ncolour = 1", &["line 26", "colour"], "format"),
    ("[log]", "[log", &["line 25"], ""),
    ("cluster = \"prod\"", "cluster = \"prod", &["line 1"], ""),
    ("cluster = \"prod\"", "cluster = prod", &["line 1"], "in quotes"),
    ("cluster = \"prod\"", "cluster = 7", &["line 1", "text"], ""),
    ("cluster = \"prod\"", "cluster = \"\"", &["cluster = \"\""], "letters"),
    ("cluster = \"prod\"", "cluster = \"the hotels\"", &["the hotels"], "letters"),
    ("node = 1\n", "node = \"1\"\n", &["line 2", "number"], ""),
    ("node = 1\n", "node = -1\n", &["line 2", "-1"], "number"),
    ("node = 1\n", "node = 1.5\n", &["line 2", "1.5"], "number"),
    ("node = 1\n", "node = 18446744073709551616\n", &["line 2", "18446744073709551616`."], "number"),
    ("node = 1\n", "node = 1\nnode = 2\n", &["line 3", "node"], ""),
    ("node = 1\n", "node = 4\n", &["id 4", "node 4"], "[[peers]]"),
    ("id = 2", "id = 1", &["id 1"], "own id"),
    ("id = 2", "id = 2.0", &["number"], ""),
    ("id = 2\n", "", &["id"], ""),
    ("region = \"eu-west\"", "regoin = \"eu-west\"", &["regoin"], "region"),
    ("data_shards = 3", "data_shards = 0", &["data_shards = 0"], "1 to 64"),
    ("data_shards = 3", "data_shards = 65", &["data_shards = 65"], "1 to 64"),
    ("data_shards = 3", "data_shards = -3", &["line 4", "-3"], "number"),
    ("data_shards = 3", "data_shards = 4294967296", &["line 4", "4294967296"], "number"),
    ("heartbeat_ms = 60", "heartbeat_ms = 0", &["heartbeat_ms = 0"], "1 ms"),
    ("heartbeat_ms = 60", "heartbeat_ms = 101", &["heartbeat_ms = 101", "election_timeout_ms = 300"], "three heartbeats"),
    ("election_timeout_ms = 300", "election_timeout_ms = 100", &["election_timeout_ms = 100"], "three heartbeats"),
    ("election_timeout_ms = 300", "election_timeout_ms = \"fast\"", &["line 23", "number"], ""),
    ("min_version = \"1.3\"", "min_version = \"1.1\"", &["min_version = \"1.1\""], "\"1.2\""),
    ("min_version = \"1.3\"", "min_version = 1.3", &["text"], ""),
    ("format = \"text\"", "format = \"xml\"", &["log.format = \"xml\""], "json"),
    ("level = \"error\"", "level = \"a=b=c\"", &["log.level", "a=b=c"], "debug"),
    ("level = \"error\"", "level = \"info,loud\"", &["log.level", "info,loud"], "trace"),
    ("node = 1\n", "node = 1\ndevelopment = \"yes\"\n", &["line 3"], "true or false"),
    ("[log]", "[receipts]\nwait_ms = -1\n[log]", &["-1"], "number"),
    ("[log]", "[[receipts.witnesses]]\nurl = \"https://w.example\"\nkey = \"w\"\n[log]", &["receipts.witnesses", "\"w\""], ""),
    (
        "[log]",
        "[[receipts.witnesses]]\nurl = \"w.example\"\nkey = \"witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\"\n[log]",
        &["receipts.witnesses", "w.example"],
        "",
    ),
    ("[log]", "[[oidc]]\nissuer = \"id.example\"\naudience = \"keyrack\"\n[log]", &["oidc.issuer", "id.example"], ""),
    ("[log]", "[[oidc]]\nissuer = \"http://id.example\"\naudience = \"keyrack\"\n[log]", &["http://id.example"], "https://"),
    ("[log]", "[[oidc]]\nissuer = \"https://id.example\"\naudience = \"\"\n[log]", &["https://id.example", "audience"], "aud"),
];

/// Files that are no configuration at all.
fn files() -> Vec<Case> {
    let rows: [Row; 8] = [
        ("config check --config {f}/missing", 1, &["{f}/missing"], "print-default"),
        ("run --config {f}/missing", 1, &["{f}/missing"], "print-default"),
        ("run --config {f}/folder", 1, &["{f}/folder"], "--config"),
        ("run --config {f}/binary", 1, &["{f}/binary", "not text"], "--config"),
        ("config check --config {f}/empty", 1, &["{f}/empty", "peers"], "[[peers]]"),
        ("data check --config {f}/missing", 1, &["{f}/missing"], "--config"),
        ("data set-aside --config {f}/binary", 1, &["{f}/binary"], "--config"),
        ("config check --config {f}/table.csv", 1, &["{f}/table.csv", "line 1"], ""),
    ];
    let mut cases = with_verdicts(keyrackd(&rows));
    cases.extend(without_root_rights(with_verdicts(keyrackd(&[
        ("run --config {f}/unreadable", 1, &["{f}/unreadable", "permission denied"], "--config"),
        ("config check --config {f}/unreadable", 1, &["{f}/unreadable", "permission denied"], "--config"),
    ]))));
    // A line with a key is not shown.
    let secret = changed("[log]", &format!("[keys]\noperator = kr_operator_{SECRET}\n[log]"));
    cases.push(keyrackd(&[("run --config k.toml", 1, &["k.toml", "line"], "")]).remove(0).file("k.toml", secret));
    cases
}

/// The verdict of `config check` is a result, so it is on standard output.
fn with_verdicts(cases: Vec<Case>) -> Vec<Case> {
    let shape = |case: &Case| if case.line.starts_with("config check") { Shape::OnOutput } else { Shape::Message };
    cases.into_iter().map(|case| Case { shape: shape(&case), ..case }).collect()
}

/// Variables that override settings: name, value, and words of the cause.
const VARIABLES: [(&str, &str, &str); 16] = [
    ("KEYRACK_NODE", "one", "number"),
    ("KEYRACK_NODE", "", "number"),
    ("KEYRACK_NODE", "-1", "number"),
    ("KEYRACK_DATA_SHARDS", "three", "number"),
    ("KEYRACK_DATA_SHARDS", "0", "1 to 64"),
    ("KEYRACK_DEVELOPMENT", "yes", "true or false"),
    ("KEYRACK_LIMITS_QUEUE_COMMANDS", "1e3", "number"),
    ("KEYRACK_LIMITS_BODY_BYTES", "1 MiB", "number"),
    ("KEYRACK_RAFT_HEARTBEAT_MS", "99999999999999999999", "number"),
    ("KEYRACK_LOG_FORMAT", "xml", "json"),
    ("KEYRACK_TLS_MIN_VERSION", "1.0", "1.2"),
    ("KEYRACK_PEERS", "", "file"),
    ("KEYRACK_DATA", "", "folder"),
    ("KEYRACK_LIMITS_CONNECTIONS", "0", "1 or more"),
    ("KEYRACK_RECEIPTS_WITNESS_INTERVAL_MS", "0", "10 or more"),
    ("KEYRACK_AUDIT_SEAL_AFTER_SECS", "31536001", "at most 31536000"),
];

fn environment() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, value, hint) in VARIABLES {
        for command in ["config check", "run"] {
            let shape = if command == "run" { Shape::Message } else { Shape::OnOutput };
            let mut case = with_changes(command, shape, &[("node = 1\n", "node = 1\n", &[], hint)]).remove(0);
            // Checked with the file's settings, so the message names the setting.
            let checked_later =
                ["KEYRACK_LOG_FORMAT", "KEYRACK_TLS_MIN_VERSION", "KEYRACK_DATA", "KEYRACK_AUDIT_SEAL_AFTER_SECS"]
                    .contains(&name)
                    || value == "0"
                    || value == "-1";
            case.says = if checked_later { vec![value.to_owned()] } else { vec![name.to_owned(), value.to_owned()] };
            cases.push(case.set(name, value));
        }
    }
    cases
}
