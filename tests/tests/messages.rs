//! `docs/messages.md` lists every message. Log events have stable names, and `docs/operations.md` explains each of them.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use keyrack_tests::messages::{command_page, log_events, page};
use keyrack_tests::sources::workspace;

#[test]
fn the_list_of_messages_is_complete() {
    let expected = page(&workspace());
    assert_written("docs/messages.md", &expected);
    assert!(!expected.contains("MISSING"), "a message is missing; see MISSING in docs/messages.md");
}

#[test]
fn the_list_of_commands_is_complete() {
    assert_written("docs/commands.md", &command_page());
}

/// A user copies an example, so the help must not wrap it: a long one continues after a backslash.
#[test]
fn no_example_is_wrapped() {
    let page = command_page();
    let (mut examples, mut is_example, mut before) = (0, false, "");
    for line in page.lines() {
        is_example = match line {
            "Example:" | "Examples:" => true,
            "```" => false,
            _ => is_example && (line.is_empty() || line.starts_with("  ")),
        };
        if is_example && line.starts_with("  ") {
            let begins = ["  keyrack ", "  keyrackd ", "  rm ", "  ("].iter().any(|opening| line.starts_with(opening));
            assert!(begins || before.ends_with('\\'), "this line of an example is wrapped: {line:?}");
            examples += usize::from(begins);
        }
        before = line;
    }
    assert!(examples > 60, "only {examples} examples were found");
}

#[test]
fn operations_explains_every_log_event_with_its_level() {
    let handbook = std::fs::read_to_string(workspace().join("docs/operations.md")).unwrap();
    let documented: BTreeSet<(String, String)> = handbook
        .split("### Log events")
        .nth(1)
        .unwrap()
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with("| `"))
        .flat_map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let names: Vec<String> = cells[1].split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
            let levels: Vec<String> = cells[2].split(", ").map(str::to_owned).collect();
            // One level holds for all names of the row.
            names.into_iter().enumerate().map(move |(at, name)| (name, levels.get(at).unwrap_or(&levels[0]).clone()))
        })
        .collect();
    let events = log_events(&workspace());
    for event in &events {
        assert!(event.name.is_some(), "{} {:?} has no field `event`", event.path, event.message);
    }
    let logged: BTreeSet<(String, String)> =
        events.into_iter().map(|event| (event.name.unwrap_or_default(), event.level.to_owned())).collect();
    assert_eq!(documented.difference(&logged).collect::<Vec<_>>(), Vec::<&_>::new(), "documented, but not logged");
    assert_eq!(logged.difference(&documented).collect::<Vec<_>>(), Vec::<&_>::new(), "logged, but not documented");
}

/// Compares a generated page with the file; writes it if UPDATE_MESSAGES is set.
fn assert_written(path: &str, expected: &str) {
    let file = workspace().join(path);
    if std::env::var_os("UPDATE_MESSAGES").is_some() {
        std::fs::write(&file, expected).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    let first = expected.lines().zip(found.lines().chain(std::iter::repeat(""))).position(|(expected, found)| expected != found);
    let place = first.map(|at| format!("line {}: {}", at + 1, expected.lines().nth(at).unwrap_or_default()));
    assert!(found == expected, "{path} differs from the sources: run `make messages`. First difference: {place:?}");
}
