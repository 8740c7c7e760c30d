//! What the prose of all Markdown files names exists: links, headings, make targets, commands and flags.

use keyrack_tests::docs::{Programs, broken_links, code_of, markdown_files, missing_targets, targets};
use keyrack_tests::sources::workspace;

/// Flags of other programs that stand alone in the prose.
const FOREIGN_FLAGS: [&str; 2] = ["--locked", "--release"];

#[test]
fn relative_links_lead_to_files_and_headings_that_exist() {
    let files = markdown_files(&workspace());
    assert!(files.len() > 20, "the search finds {} documents", files.len());
    none(broken_links(&workspace(), &files));
}

#[test]
fn make_targets_exist() {
    let targets = targets(&std::fs::read_to_string(workspace().join("Makefile")).unwrap());
    assert!(targets.contains("test"), "the search finds targets: {targets:?}");
    none(each_document(|path, text| missing_targets(path, &code_of(text), &targets)));
}

#[test]
fn commands_and_flags_exist() {
    let programs = Programs::ask();
    none(each_document(|path, text| programs.unknown(path, &code_of(text), &FOREIGN_FLAGS)));
}

fn each_document(check: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let files = markdown_files(&workspace());
    files.iter().flat_map(|path| check(path, &std::fs::read_to_string(workspace().join(path)).unwrap())).collect()
}

#[track_caller]
fn none(found: Vec<String>) {
    assert!(found.is_empty(), "{} do not exist:\n{}", found.len(), found.join("\n"));
}
