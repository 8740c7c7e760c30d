//! Readers that stop reading, full disks, closed streams and unusual terminals.

use crate::case::Shape::{Message, Silent};
use crate::case::Streams::{ClosedPipe, FirstLine, FullError, FullOutput, NoOutput, NoneOpen};
use crate::case::{Case, Row, keyrack, keyrackd, with_streams};
use crate::usage::COMMANDS;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// Commands of `keyrackd` that print and need nothing.
const DAEMON: [&str; 10] = [
    "--help",
    "--version",
    "run --help",
    "dev --help",
    "config --help",
    "keyring --help",
    "keyring add --help",
    "data --help",
    "config print-default",
    "openapi",
];

pub fn cases() -> Vec<Case> {
    let mut printing = vec![keyrack_line("--help"), keyrack_line("--version"), keyrack_line("pki show {f}/pki/ca.pem")];
    printing.extend(SHELLS.map(|shell| keyrack_line(&format!("completions {shell}"))));
    printing.extend(DAEMON.iter().map(|line| daemon_line(line)));
    let help = COMMANDS.iter().map(|command| keyrack_line(&format!("{} --help", without_arguments(command))));
    let mut cases = with_streams(ClosedPipe, Silent, printing.clone());
    cases.extend(with_streams(ClosedPipe, Silent, help.clone().collect()));
    cases.extend(with_streams(FirstLine, Silent, printing.clone()));
    cases.extend(with_streams(FirstLine, Silent, help.step_by(3).collect()));
    cases.extend(with_streams(NoOutput, Silent, printing.iter().step_by(2).cloned().collect()));
    cases.extend(full(printing));
    cases.extend(with_streams(NoneOpen, Message, keyrack(&FAILING)));
    cases.extend(with_streams(FullError, Message, keyrack(&FAILING)));
    cases.extend(with_streams(NoneOpen, Message, keyrackd(&FAILING_DAEMON)));
    cases.extend(with_streams(FullError, Message, keyrackd(&FAILING_DAEMON)));
    cases.extend(terminals());
    cases
}

/// Printing to a full disk is a failure with a message.
pub fn full(cases: Vec<Case>) -> Vec<Case> {
    let expected = |case| Case { code: 1, says: vec!["standard output".to_owned()], hint: "space", ..case };
    with_streams(FullOutput, Message, cases.into_iter().map(expected).collect())
}

fn keyrack_line(line: &str) -> Case {
    let mut case = keyrack(&[("", 0, &[], "")]).remove(0);
    case.line = line.to_owned();
    case
}

fn daemon_line(line: &str) -> Case {
    Case { program: "keyrackd", ..keyrack_line(line) }
}

/// The names of the command and its subcommands.
fn without_arguments(command: &str) -> String {
    let depth = match command.split(' ').next().unwrap() {
        "ari" | "availability" | "offers" | "book" | "cancel" | "audit" | "bench" | "trail" => 1,
        "pki" if command.starts_with("pki issue") => 3,
        _ => 2,
    };
    command.split(' ').take(depth).collect::<Vec<_>>().join(" ")
}

/// Failures whose message cannot be printed. The exit code must be right nevertheless.
const FAILING: [Row; 6] = [
    ("property list --endpoint http://{closed}", 1, &[], ""),
    ("property list --endpoint nowhere", 2, &[], ""),
    ("property list --minibar", 2, &[], ""),
    ("pki show {f}/missing", 1, &[], ""),
    ("audit --policy {f}/missing", 1, &[], ""),
    ("import bookings {f}/missing", 1, &[], ""),
];

const FAILING_DAEMON: [Row; 5] = [
    ("run --config {f}/missing", 1, &[], ""),
    ("config check --config {f}/missing", 1, &[], ""),
    ("keyring add {f}/missing --name next", 1, &[], ""),
    ("data check --config {f}/missing", 1, &[], ""),
    ("run --minibar", 2, &[], ""),
];

/// Terminals with one column, without a type, and with values that are no numbers.
fn terminals() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, value) in [("COLUMNS", "1"), ("COLUMNS", "0"), ("COLUMNS", "wide"), ("TERM", "dumb"), ("LC_ALL", "C")] {
        cases.push(keyrack_line("book --help").set(name, value));
        cases.push(daemon_line("dev --help").set(name, value));
    }
    let mut cases: Vec<Case> = cases.into_iter().map(|case| Case { shape: Silent, ..case }).collect();
    let failing = keyrack(&[("property list --endpoint http://{closed}", 1, &["{closed}"], "--endpoint")]).remove(0);
    cases.extend([("COLUMNS", "1"), ("TERM", ""), ("NO_COLOR", "1")].map(|(name, value)| failing.clone().set(name, value)));
    cases
}
