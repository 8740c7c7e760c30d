//! The documents tell the truth: their commands run and show what the documents show, and what the prose names exists.
//!
//! `UPDATE_DOCS=1` puts the real outputs into the documents instead of comparing them; read the diff afterwards.
//! `keyrack_tests::docs` explains the comments before the blocks.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod names;
mod reasons;
mod samples;

use keyrack_tests::docs::{Document, markdown_files, play, rewritten};
use keyrack_tests::sources::workspace;

/// The documents that take long. Each has a test of its own, the others share one.
const LONG: [&str; 3] = ["README.md", "docs/operations.md", "docs/receipts.md"];

/// Documents beside those in `docs`.
const OTHERS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "tests/verifiers/README.md"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readme_shows_what_happens() {
    run(LONG[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operations_handbook_shows_what_happens() {
    run(LONG[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipts_page_shows_what_happens() {
    run(LONG[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_documents_show_what_happens() {
    let mut failures = Vec::new();
    for path in documents().iter().filter(|path| !LONG.contains(&path.as_str())) {
        failures.extend(failures_of(path).await);
    }
    assert_none(failures);
}

/// The documents whose commands must run.
fn documents() -> Vec<String> {
    let in_docs = |path: &str| path.strip_prefix("docs/").is_some_and(|name| !name.contains('/'));
    let files = markdown_files(&workspace()).into_iter();
    let found: Vec<String> = files.filter(|path| in_docs(path) || OTHERS.contains(&path.as_str())).collect();
    assert!(LONG.iter().chain(&OTHERS).all(|path| found.iter().any(|found| found == path)), "a document is gone: {found:?}");
    found
}

async fn run(path: &str) {
    assert_none(failures_of(path).await);
}

/// Plays a document. With `UPDATE_DOCS=1` it is rewritten, and outputs that differ are no failures.
async fn failures_of(path: &str) -> Vec<String> {
    let document = match Document::read(&workspace(), path) {
        Ok(document) => document,
        Err(errors) => return errors,
    };
    let outcome = play(&document).await;
    let blocks = document.blocks.len() - outcome.skipped.len();
    if !document.blocks.is_empty() {
        println!("{path}: {} commands of {blocks} blocks were run", outcome.commands);
    }
    outcome.skipped.iter().for_each(|skipped| println!("not run: {skipped}"));
    let mut failures = outcome.failures;
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(workspace().join(path), rewritten(&document, &outcome.edits)).unwrap();
        println!("{path}: {} outputs were replaced", outcome.edits.len());
    } else {
        failures.extend(outcome.differences);
    }
    failures
}

#[track_caller]
fn assert_none(failures: Vec<String>) {
    let advice = "UPDATE_DOCS=1 puts the real outputs into the documents";
    assert!(failures.is_empty(), "not true any more ({advice}):\n\n{}", failures.join("\n"));
}
