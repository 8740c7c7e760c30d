//! What people see when a command fails: the message, the exit code, and no panic.

#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure report")]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

fn keyrack(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
    command.env_clear().current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// Exit code and standard error. Standard output must be empty.
fn fails(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = keyrack(folder, arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A server that handles each connection with this function.
fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
    address.to_string()
}

/// A server that answers every HTTP/1.1 request with this status and this body.
fn answering(status: &'static str, body: &'static str) -> String {
    serve(move |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    })
}

#[test]
fn wrong_usage_is_2_and_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for (line, says) in [
        ("--endpoint node-1:7110 property list", "http://HOST:PORT"),
        ("--cert a.pem property list", "--cert-key FILE"),
        ("--cert-key a.key property list", "--cert FILE"),
        ("ari lisbon-alfama DBL 2027-03-01 2027-03-02 --rate-plan BAR", "give at least one thing to change: --rate, --capacity"),
        ("book lisbon-alfama 2027-02-30 2027-03-01 DBL BAR", "an existing date as YYYY-MM-DD"),
        ("booking list lisbon-alfama --arrival-from soon", "an existing date as YYYY-MM-DD"),
        ("receipt get 4711", "begins with bk_"),
        ("trail --sealed 15", "RECORDS:LINK"),
        ("principal show a/b", "letters, digits and '-'"),
        ("principal put anna --role manager --subject 00u1", "ISSUER=SUBJECT"),
        ("audit --policy p --shard first", "the number of a shard, or all"),
    ] {
        let (code, err) = fails(folder.path(), &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, 2, "{line}: {err}");
        assert!(err.to_lowercase().contains(&says.to_lowercase()), "{line}: {err}");
    }
    assert_eq!(fails(folder.path(), &["--key", "a\nb", "property", "list"]).0, 2);
    // A missing subcommand shows the help, but a script must not take it for success.
    for line in [&[][..], &["booking"], &["receipt"]] {
        let (code, err) = fails(folder.path(), line);
        assert!(code == 2 && err.contains("Usage: keyrack"), "{line:?}: {code} {err}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("garbage"), "\u{1b}[2J{").unwrap();
    for (line, says) in [
        ("--ca no.pem property list", "cannot read no.pem: it does not exist. Check --ca or KEYRACK_CA."),
        ("--ca garbage property list", "garbage has no certificate in PEM form. Check --ca or KEYRACK_CA."),
        ("--ca . property list", "cannot read .: it is a folder. Check --ca or KEYRACK_CA."),
        ("receipt verify garbage --policy no.policy", "cannot read no.policy: it does not exist. Check --policy;"),
        ("receipt verify garbage --policy garbage", "garbage is not a policy: line 1:"),
        ("receipt show no.json", "cannot read no.json: it does not exist."),
        ("receipt show garbage", "garbage: this is not a receipt:"),
        ("import bookings no.csv", "cannot read no.csv: it does not exist."),
        ("import bookings garbage", "garbage"),
        ("bench --dev garbage", "garbage is not the line that `keyrackd dev --json` prints"),
    ] {
        let (code, err) = fails(folder.path(), &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, 1, "{line}: {err}");
        assert!(err.starts_with(&format!("keyrack: {says}")), "{line}: {err}");
        assert!(!err.contains('\u{1b}') && !err.contains("os error"), "{line}: {err}");
    }
}

#[test]
fn an_unreachable_node_is_named_over_http_too() {
    let folder = tempfile::tempdir().unwrap();
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (code, err) = fails(folder.path(), &["--endpoint", &format!("http://{unused}"), "receipt", "policy"]);
    assert_eq!(code, 1);
    let expected = format!("keyrack: cannot reach {unused}: nothing listens there (connection refused). Check");
    assert!(err.starts_with(&expected), "{err}");
    // A node with TLS answers plain HTTP with a TLS alert.
    let tls = serve(|mut stream| _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 50]));
    for command in [&["receipt", "policy"][..], &["property", "list"]] {
        let (code, err) = fails(folder.path(), &[&["--endpoint", &format!("http://{tls}")][..], command].concat());
        assert_eq!(code, 1);
        assert!(err.contains("this port speaks TLS") && err.contains(&format!("https://{tls}")), "{err}");
    }
    // Not a node at all.
    let other = answering("404 Not Found", "<html>");
    let (_, err) = fails(folder.path(), &["--endpoint", &format!("http://{other}"), "receipt", "policy"]);
    assert!(err.contains("the HTTP status 404") && err.contains("--endpoint"), "{err}");
}

#[test]
fn refusals_come_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let problem = answering("401 Unauthorized", r#"{"code":"unauthenticated","detail":"send Authorization: Bearer <api key>"}"#);
    let endpoint = format!("http://{problem}");
    let (_, err) = fails(folder.path(), &["--endpoint", &endpoint, "--key", "kr_desk_1", "principal", "list"]);
    assert_eq!(
        err,
        "keyrack: unauthenticated: the node refused the key: it is unknown, revoked or expired. Check --key or KEYRACK_API_KEY.\n"
    );
    let (_, err) = fails(folder.path(), &["--endpoint", &endpoint, "principal", "list"]);
    assert!(err.starts_with("keyrack: unauthenticated: no API key was given."), "{err}");
    let problem = answering("403 Forbidden", r#"{"code":"forbidden","detail":"the role desk may not do this\u001b[2J"}"#);
    let (_, err) = fails(folder.path(), &["--endpoint", &format!("http://{problem}"), "--key", "k", "node", "list"]);
    assert!(err.contains("keyrack principal put") && err.contains("\\u{1b}[2J"), "{err}");
}

#[test]
fn a_change_without_an_answer_shows_its_idempotency_key() {
    let folder = tempfile::tempdir().unwrap();
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{unused}");
    let line = ["--endpoint", &endpoint, "cancel", "bk_1", "--idempotency-key", "order-4711"];
    let (code, err) = fails(folder.path(), &line);
    assert_eq!(code, 1);
    assert!(err.contains("run the same command again with --idempotency-key order-4711"), "{err}");
}

#[test]
fn a_closed_pipe_ends_the_command_quietly() {
    let folder = tempfile::tempdir().unwrap();
    for line in [&["completions", "bash"][..], &["--help"], &["--version"], &["book", "--help"]] {
        let mut child = keyrack(folder.path(), line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{line:?}");
    }
}

#[test]
fn a_closed_standard_error_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    for (line, code) in [(&["receipt", "show", "no.json"][..], 1), (&["receipt", "get", "4711"], 2)] {
        let mut child = keyrack(folder.path(), line).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{line:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for line in [&["completions", "bash"][..], &["--help"], &["--version"]] {
        let output = keyrack(folder.path(), line).stdout(full()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {err}");
        assert!(err.starts_with("keyrack: cannot write to standard output: the disk is full."), "{line:?}: {err}");
    }
    let policy = answering("200 OK", "log dev/shard-1+90255ed0+Ac/Pjs1LEMuCqRRcJee9lHaDaO0buhh4gdAFHrr1hqkS\nquorum none\n");
    let endpoint = format!("http://{policy}");
    let output = keyrack(folder.path(), &["--endpoint", &endpoint, "receipt", "policy", "--out", "/dev/full"]).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && err.contains("cannot write /dev/full: the disk is full."), "{err}");
    let file = File::create(folder.path().join("out")).unwrap();
    let output = keyrack(folder.path(), &["--endpoint", &endpoint, "receipt", "policy"]).stdout(file).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && err.contains("1 log keys") && err.contains("no outside witness"), "{err}");
}
