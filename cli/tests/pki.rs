//! The output and the exit codes of `keyrack pki`.

#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure report")]

use std::path::Path;
use std::process::Command;

/// Exit code, standard output, standard error.
fn keyrack(folder: &Path, line: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
    let output = command.env_clear().current_dir(folder).arg("pki").args(line.split(' ')).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn done(folder: &Path, line: &str) -> String {
    let (code, out, err) = keyrack(folder, line);
    assert_eq!(code, 0, "{line}: {err}");
    out
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim().to_owned()
}

#[test]
fn a_cluster_gets_its_certificates_and_a_new_ca() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(done(at, "init --cluster prod").contains("CA of the cluster prod"));
    let node = done(at, "issue node 1 --host 10.0.1.10 --host node-1.example");
    assert_eq!(field(&node, "identity"), "spiffe://prod/node/1");
    assert_eq!(field(&node, "hosts"), "10.0.1.10, node-1.example");
    assert!(field(&node, "valid").ends_with("89 days left") || field(&node, "valid").ends_with("90 days left"), "{node}");
    done(at, "issue operator anna --days 30");
    done(at, "issue --dir pki desk lisbon");

    let rotated = done(at, "rotate pki/node-1.pem");
    assert_eq!(field(&rotated, "hosts"), field(&node, "hosts"));
    assert_ne!(field(&rotated, "serial"), field(&node, "serial"));

    let trusted = done(at, "rotate --new-ca");
    assert_eq!(trusted.matches("CA of the cluster prod").count(), 2);
    let (code, _, err) = keyrack(at, "rotate --drop-old-ca");
    assert!(code == 1 && err.contains("node-1.pem") && err.contains("Rotate them first"), "{err}");
    assert_eq!(done(at, "rotate --all").matches("days left").count(), 3);
    assert_eq!(done(at, "rotate --drop-old-ca").matches("CA of the cluster prod").count(), 1);

    let shown: serde_json::Value = serde_json::from_str(&done(at, "show pki/desk-lisbon.pem --json")).unwrap();
    assert_eq!((&shown[0]["identity"], &shown[0]["isCa"]), (&"spiffe://prod/desk/lisbon".into(), &false.into()));
    assert_eq!(shown[0]["fingerprintSha256"].as_str().unwrap().len(), 95);
}

#[test]
fn wrong_usage_exits_with_2_and_a_failure_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for line in [
        "init",
        "init --cluster a/b",
        "rotate",
        "rotate --all --new-ca",
        "rotate pki/a.pem --all",
        "rotate pki/a.pem --dir pki",
        "show",
        "issue",
        "issue guest ada",
        "issue node one",
        "issue node 1 --host a:7110",
        "issue node 1 --days 0",
        "issue desk Lisbon",
        "issue desk lisbon --host a",
        "issue operator ../anna",
    ] {
        let (code, out, _) = keyrack(at, line);
        assert_eq!((code, out.as_str()), (2, ""), "{line}");
    }
    assert_eq!(std::fs::read_dir(at).unwrap().count(), 0, "no file was created");

    for (line, says) in [
        ("issue node 1", "keyrack pki init"),
        ("rotate --all", "keyrack pki init"),
        ("rotate pki/node-1.pem", "keyrack pki issue"),
        ("show pki/node-1.pem", "does not exist"),
    ] {
        let (code, _, err) = keyrack(at, line);
        assert!(code == 1 && err.contains(says), "{line}: {err}");
    }
    done(at, "init --cluster prod");
    done(at, "issue node 1");
    for (line, says) in [
        ("init --cluster prod", "exists: this folder has a CA"),
        ("issue node 1", "keyrack pki rotate pki/node-1.pem"),
        ("rotate pki/ca.pem", "--new-ca"),
        ("show pki/ca.key", "no certificate"),
    ] {
        let (code, _, err) = keyrack(at, line);
        assert!(code == 1 && err.contains(says), "{line}: {err}");
        assert!(!err.contains("PRIVATE"), "{err}");
    }
}
