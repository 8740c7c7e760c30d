//! Certificates and schemes that do not fit the node. Needs the cluster with TLS.

use crate::case::{Case, keyrack};

/// Over gRPC, over HTTP, and changes over both.
const COMMANDS: [&str; 5] = [
    "property list",
    "trail",
    "receipt policy",
    "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada",
    "audit --policy {f}/policy",
];

/// An address and options, words of the cause, and a word of the hint.
const FAULTS: [(&str, &[&str], &str); 10] = [
    ("--endpoint https://{secure}", &["{secure}", "authority"], "--ca"),
    ("--endpoint https://{secure} --ca {f}/other/ca.pem", &["{secure}", "authority"], "--ca"),
    ("--endpoint http://{secure} --ca {ca}", &["{secure}", "TLS"], "https://{secure}"),
    ("--endpoint https://{secure} --ca {pki}/node-1.pem", &["{secure}"], ""),
    (
        "--endpoint https://{secure} --ca {ca} --cert {stranger}/forged.pem --cert-key {stranger}/forged.key",
        &["{secure}"],
        "--cert",
    ),
    (
        "--endpoint https://{secure} --ca {ca} --cert {expired}/forged.pem --cert-key {expired}/forged.key",
        &["{secure}", "expired"],
        "--cert",
    ),
    (
        "--endpoint https://{secure} --ca {ca} --cert {other-cluster}/forged.pem --cert-key {other-cluster}/forged.key",
        &["{secure}"],
        "--cert",
    ),
    ("--endpoint https://{peers} --ca {ca}", &["{peers}"], "node"),
    ("--endpoint http://{peers}", &["{peers}", "TLS"], "https://"),
    ("--endpoint http://{operators-port}", &["{operators-port}", "TLS"], "https://"),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (options, says, hint) in FAULTS {
        for command in COMMANDS {
            // The answer to the shortest page may come before the alert, so it is left out there.
            let mut case = keyrack(&[("", 1, says, if hint.contains('{') { "https://" } else { hint })]).remove(0);
            case.line = format!("{command} {options}");
            cases.push(case.set("KEYRACK_API_KEY", "{operator}"));
        }
    }
    // A desk's certificate without a principal of its name signs nobody in.
    let desk = "--ca {ca} --cert {desk-certificate}/forged.pem --cert-key {desk-certificate}/forged.key";
    for command in &COMMANDS[..2] {
        let mut case = keyrack(&[("", 1, &["signs nobody in"], "keyrack principal put")]).remove(0);
        case.line = format!("{command} --endpoint https://{{secure}} {desk}");
        cases.push(case);
    }
    cases
}
