//! What every message must be, whatever failed, and what the case's own message must have.

use crate::case::{Case, Shape, Streams};
use crate::places::SECRET;
use crate::run::Outcome;

/// A message is read at night, in a terminal.
const MOST_LINES: usize = 12;

/// Words of Rust and of libraries. A person at a front desk does not know them.
const JARGON: [&str; 34] = [
    "Os { code",
    "Error {",
    "Custom {",
    "kind: ",
    "Some(",
    "None)",
    "Err(",
    "transport error",
    "tcp connect error",
    "dns error",
    "channel closed",
    "operation was canceled",
    "Utf8Error",
    "ParseIntError",
    "stream did not contain valid UTF-8",
    "invalid digit found in string",
    "number too large to fit in target type",
    "cannot parse integer from empty string",
    "RUST_BACKTRACE",
    "unwrap()",
    "InvalidContentType",
    "struct ",
    "h2 protocol error",
    "hyper",
    "NoApplicationProtocol",
    "EOF while parsing",
    "Could not parse",
    "i128",
    "InvalidCharacter",
    "UnknownIssuer",
    "KeyMismatch",
    "CSV error",
    "CSV parse error",
    "failed to lookup address information",
];

/// Everything that is wrong with the outcome. Empty: nothing.
pub fn faults(case: &Case, outcome: &Outcome) -> Vec<String> {
    let mut faults = Vec::new();
    match outcome.code() {
        Ok(code) if code == case.code => {}
        Ok(code) => faults.push(format!("exit code {code} instead of {}", case.code)),
        Err(reason) => faults.push(reason),
    }
    let all = format!("{}\n{}", outcome.output, outcome.errors);
    if all.contains("panicked at") {
        faults.push("it panicked".to_owned());
    }
    if all.contains(SECRET) || outcome.places.secrets.iter().any(|secret| all.contains(secret)) {
        faults.push("it prints a secret".to_owned());
    }
    let said = if case.code == 0 { outcome.errors.as_str() } else { all.as_str() };
    let jargon = JARGON.iter().filter(|word| said.contains(**word));
    faults.extend(jargon.map(|word| format!("it has the jargon {word:?}")));
    let only_a_number = |line: &&str| line.trim_start().starts_with("(os error") || line.contains(": (os error");
    faults.extend(outcome.errors.lines().find(only_a_number).map(|line| format!("an error number without words: {line}")));
    faults.extend(faults_of_message(case, outcome));
    faults
}

fn faults_of_message(case: &Case, outcome: &Outcome) -> Vec<String> {
    let message = match case.shape {
        Shape::Silent if outcome.errors.is_empty() => return Vec::new(),
        Shape::Silent => return vec!["it prints a message although nothing is wrong".to_owned()],
        Shape::Message | Shape::MessageAfterLog if matches!(case.streams, Streams::FullError | Streams::NoneOpen) => {
            return Vec::new();
        }
        Shape::Help => outcome.errors.as_str(),
        Shape::OnOutput => outcome.output.as_str(),
        Shape::Message | Shape::MessageAfterLog => match own_message(case, &outcome.errors) {
            Some(message) => message,
            None => return vec![format!("no message begins with {:?}", openings(case))],
        },
    };
    let mut faults = Vec::new();
    if case.shape == Shape::Message && !outcome.errors.starts_with(message) {
        faults.push("other lines are before the message".to_owned());
    }
    let lines = message.trim_end().lines().count();
    if lines > MOST_LINES && matches!(case.shape, Shape::Message | Shape::MessageAfterLog) {
        faults.push(format!("it has {lines} lines"));
    }
    for word in &case.says {
        let word = outcome.places.fill(word);
        if !message.contains(&word) {
            faults.push(format!("the cause {word:?} is missing"));
        }
    }
    if !message.contains(case.hint) {
        faults.push(format!("the hint {:?} is missing", case.hint));
    }
    faults
}

/// How a message of the program may begin: as its own, or as one about the usage.
fn openings(case: &Case) -> [String; 2] {
    [format!("{}: ", case.program), "error: ".to_owned()]
}

/// The message, from its first line on.
fn own_message<'a>(case: &Case, errors: &'a str) -> Option<&'a str> {
    let openings = openings(case);
    let mut start = 0;
    for line in errors.split_inclusive('\n') {
        if openings.iter().any(|opening| line.starts_with(opening.as_str())) {
            return Some(&errors[start..]);
        }
        start += line.len();
    }
    None
}
