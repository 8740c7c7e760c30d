//! Faults of messages that are reported and not corrected yet. They do not fail the test. Remove an entry when its message
//! is corrected. With `FAILURES_SHOW_ALL` in the environment the tests print every entry that a case needs.

use crate::case::Case;

/// A part of the case's description, a part of the fault, and the finding.
type Finding = (&'static str, &'static str, &'static str);

const FINDINGS: &[Finding] = &[
    ("", "invalid digit found in string", "say: write a whole number of 0 or more"),
    ("", "number too large to fit in target type", "say: write a number up to 18446744073709551615"),
    ("", "cannot parse integer from empty string", "say: write a whole number of 0 or more"),
    ("", "EOF while parsing", "say: the file ends before its JSON is complete"),
    (
        "config check --config node-1.toml with \"{f}/",
        "",
        "config check does not read the certificate, the key and the trust bundle",
    ),
    ("with \"level = \\\"a=b=c", "", "config check accepts it, and run does not name the file"),
    ("keyrackd", "stream did not contain valid UTF-8", "say: it is not text"),
    ("--cert-key {f}/folder", "the hint", "say that it is a folder, not that others can read it"),
    ("--port-base 655", "", "ports above 65535: refuse them before a node starts, and name --port-base"),
    ("{website}", "the cause", "an answer without an explanation: name host and port"),
    ("bench --properties 1 --seconds 1 --endpoint", "", "bench needs 30 s to report that no node answers"),
    ("pki issue --dir ca node 1", "Could not parse", "name ca.key, and say what to do"),
    ("pki issue --dir ca node 1", "the cause \"ca/ca.key\"", "the same"),
    ("pki init --dir pki --cluster prod", "permission denied", "words of the operating system with a number, and no hint"),
    ("KEYRACK_ENDPOINT={http} KEYRACK_API_KEY={operator} keyrack", "operators' port", "name the operators' port"),
    ("{peers}", "NoApplicationProtocol", "say: this port is for nodes. Use a node's HTTP or gRPC port"),
    ("node admit 99", "", "it succeeds, although there is no node 99"),
    ("data set-aside --config {cluster}", "", "it moves the data of a node that runs"),
    ("KEYRACK_ENDPOINT={http3}", "the cause \"majority\"", "reads end with a time limit of the client before the node says why"),
    ("KEYRACK_ENDPOINT={operators3}", "the hint", "it tells to repeat the command, which creates a second key"),
    ("book lisbon-alfama 2300-01-01", "the hint", "say that the latest date is 2199-12-31"),
    ("", "i128", "leave out the name of the Rust type"),
    ("", "InvalidCharacter", "say: it is not valid PEM"),
    ("", "UnknownIssuer", "leave out the name of the error of rustls"),
    ("", "KeyMismatch", "leave out the name of the error of rustls"),
    ("import bookings", "CSV", "say which line has how many columns, or that the file is not text, in our words"),
    ("keyrackd run", "failed to lookup", "say: the host name cannot be resolved"),
];

/// Faults that no finding excuses.
const NEVER: [&str; 3] = ["it panicked", "it prints a secret", "it ended by the signal"];

/// The finding that a fault belongs to, if it is known.
pub fn known(case: &Case, fault: &str) -> Option<&'static str> {
    let described = case.described();
    if NEVER.iter().any(|never| fault.starts_with(never)) {
        return None;
    }
    let matches = |(part, of_fault, _): &&Finding| described.contains(part) && fault.contains(of_fault);
    FINDINGS.iter().find(matches).map(|(_, _, finding)| *finding)
}
