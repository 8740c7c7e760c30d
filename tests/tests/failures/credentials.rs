//! Callers without credentials, with wrong ones, and with the credentials of another role. Needs the development cluster.

use crate::case::{Case, Row, Shape, at, keyrack, shaped};

/// Commands that need a key, and the roles that may not run them: the first letters of operator, manager, channel, desk
/// and auditor.
const COMMANDS: [(&str, &str); 22] = [
    ("property list", ""),
    ("property get lisbon-alfama", ""),
    ("availability lisbon-alfama {arrival} {departure}", ""),
    ("offers lisbon-alfama {arrival} {departure}", ""),
    ("property put new-hotel --name A --time-zone Europe/Lisbon --currency EUR", "cda"),
    ("property room-type lisbon-alfama DBL --capacity 18", "cda"),
    ("property rate-plan lisbon-alfama BAR", "cda"),
    ("property close-day lisbon-alfama {arrival}", "cda"),
    ("ari lisbon-alfama DBL {arrival} {arrival} --capacity 18", "cda"),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada", "a"),
    ("hold place lisbon-alfama {arrival} {departure} DBL BAR", "a"),
    ("hold confirm {hold} --guest Ada", "a"),
    ("hold release {hold}", "a"),
    ("booking get {booking}", ""),
    ("booking list lisbon-alfama", ""),
    ("booking amend {booking} --departure {later}", "a"),
    ("booking check-in {booking}", "ca"),
    ("booking check-out {booking}", "ca"),
    ("booking no-show {booking}", "ca"),
    ("cancel {booking}", "a"),
    ("receipt get {booking}", ""),
    ("trail", "mcd"),
];

const KEYS: [(char, &str); 4] = [('m', "{manager}"), ('c', "{channel}"), ('d', "{desk}"), ('a', "{auditor}")];

/// Keys that no node accepts.
const REFUSED: [&str; 3] = ["kr_desk_s3cr3tcanary0123456789abcdef", "s3cr3tcanary", "{revoked}"];

/// Keys that no HTTP header can have.
const MALFORMED: [&str; 2] = ["kr_desk_s3cr3tcanary\n", "kr_dësk_s3cr3tcanary\u{7}"];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let case = |line: &str, code, says: &[&'static str], hint| {
        let mut case = keyrack(&[("", code, &[], hint)]).remove(0);
        case.line = line.to_owned();
        case.says = says.iter().map(|word| (*word).to_owned()).collect();
        case
    };
    for (turn, (command, roles)) in COMMANDS.into_iter().enumerate() {
        cases.extend(at("{http}", "", vec![case(command, 1, &["no API key was given"], "--key")]));
        let key = REFUSED[turn % REFUSED.len()];
        cases.extend(at("{http}", key, vec![case(command, 1, &["unknown, revoked or expired"], "KEYRACK_API_KEY")]));
        for (_, key) in KEYS.into_iter().filter(|(letter, _)| roles.contains(*letter)) {
            cases.extend(at("{http}", key, vec![case(command, 1, &["forbidden"], "principal put")]));
        }
    }
    for (turn, key) in MALFORMED.into_iter().cycle().take(6).enumerate() {
        cases.extend(at("{http}", key, vec![case(COMMANDS[turn * 4].0, 2, &["API key"], "--key")]));
    }
    cases.extend(at("{http}", "{porto}", keyrack(&OTHER_PROPERTY)));
    cases.extend(at("{http}", "{auditor-of-porto}", keyrack(&[("trail", 1, &["some properties only"], "auditor")])));
    cases.extend(at("{http}", "{channel}", keyrack(&[("audit --policy {f}/policy --shard 1", 1, &["auditor"], "--key")])));
    cases.extend(at("{http}", "", keyrack(&[("audit --policy {f}/policy --shard 1", 1, &["auditor"], "--key")])));
    cases.extend(at("{http}", "{auditor}", keyrack(&[("import bookings {f}/table.csv", 1, &["hill-hotel", "forbidden"], "")])));
    let bench = keyrack(&[("bench --properties 1 --seconds 1", 1, &["forbidden"], "principal put")]);
    cases.extend(at("{http}", "{desk}", shaped(Shape::MessageAfterLog, bench)));
    cases
}

const OTHER_PROPERTY: [Row; 5] = [
    ("availability lisbon-alfama {arrival} {departure}", 1, &["forbidden", "scope"], "principal put"),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada", 1, &["forbidden", "scope"], "principal put"),
    ("booking get {booking}", 1, &["forbidden", "scope"], "principal put"),
    ("cancel {booking}", 1, &["forbidden", "scope"], "principal put"),
    ("receipt get {booking}", 1, &["forbidden", "scope"], "principal put"),
];

/// Commands of an operator.
const OPERATORS: [&str; 10] = [
    "principal list",
    "principal show booking-com",
    "principal put booking-com --role channel",
    "principal revoke booking-com",
    "key create booking-com",
    "key revoke booking-com a98n6yc0hhnq",
    "node list",
    "node fence 3",
    "node lead 2 --shard 1",
    "node admit 3",
];

/// Certificates that the operators' port refuses, as options of the command, and a word of the cause.
const CERTIFICATES: [(&str, &str); 6] = [
    ("", "certificate"),
    ("--cert {stranger}/forged.pem --cert-key {stranger}/forged.key", "certificate"),
    ("--cert {expired}/forged.pem --cert-key {expired}/forged.key", "expired"),
    ("--cert {desk-certificate}/forged.pem --cert-key {desk-certificate}/forged.key", "certificate"),
    ("--cert {node-certificate}/forged.pem --cert-key {node-certificate}/forged.key", "certificate"),
    ("--cert {other-cluster}/forged.pem --cert-key {other-cluster}/forged.key", "certificate"),
];

/// The cases at the operators' port and at the ports for callers.
pub fn of_operators() -> Vec<Case> {
    let mut cases = Vec::new();
    for (turn, command) in OPERATORS.into_iter().enumerate() {
        let with = |options: &str, says: &str, hint| {
            let mut case = keyrack(&[("", 1, &[], hint)]).remove(0);
            case.line = format!("{command} {options}").trim_end().to_owned();
            case.says = vec![says.to_owned()];
            case
        };
        for place in [turn % CERTIFICATES.len(), (turn + 2) % CERTIFICATES.len()] {
            let (options, cause) = CERTIFICATES[place];
            let case = with(&format!("--ca {{ca}} {options}"), cause, "--cert");
            cases.extend(at("{operators}", "", vec![Case { says: vec!["{operators-port}".into(), cause.into()], ..case }]));
        }
        // The node's certificate is from an authority that the command does not trust.
        if turn % 3 == 0 {
            cases.extend(at("{operators}", "", vec![with("--ca {f}/pki/ca.pem", "authority", "--ca")]));
            cases.extend(at("{operators}", "", vec![with("", "authority", "--ca")]));
        }
        // The port for callers does not have these commands.
        cases.extend(at("{http}", "{operator}", vec![with("", "not_found", "operators' port")]));
        // A key beside the certificate decides.
        let (name, key) = KEYS[turn % KEYS.len()];
        let own = "--ca {ca} --cert {pki}/operator-dev.pem --cert-key {pki}/operator-dev.key";
        cases.extend(at("{operators}", key, vec![with(own, "forbidden", if name == 'm' { "manager" } else { "" })]));
    }
    cases
}
