//! Refuses the idioms that made earlier texts hard to read. `docs/style.md` says what to write instead.
//!
//! The rule covers everything a person reads: documents, command help, messages, comments and names of tests.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use keyrack_tests::sources::workspace;

/// The idioms, in lower case. A hit has a boundary of a word on both sides.
const IDIOMS: [&str; 41] = [
    "whoever",
    "anew",
    "is told",
    "are told",
    "was told",
    "were told",
    "be told",
    "been told",
    "being told",
    "come to",
    "comes to",
    "came to",
    "so many",
    "of before",
    "stand there",
    "stands there",
    "stood there",
    "as it stands",
    "stand in",
    "stands in",
    "stood in",
    "taken in",
    "take in",
    "takes in",
    "took in",
    "for good",
    "go on",
    "goes on",
    "went on",
    "of which",
    "such ones",
    "of none",
    "tells as much",
    "tell as much",
    "begun with",
    "none of ours",
    "made-up",
    "all the same",
    "be it that",
    "what is not given",
    "as many as there are",
];

/// Lines that keep an idiom: a part of the path, a part of the line, and the reason.
const EXCEPTIONS: [(&str, &str, &str); 2] =
    [("docs/style.md", "", "shows bad examples"), ("tests/tests/plain_english.rs", "", "lists the idioms")];

/// Folders without our text, and files whose bytes are fixed.
const LEFT_OUT: [&str; 8] = [".git", "target", "corpus", "pinned", "Cargo.lock", "keyrack-dev", "jepsen-runs", "node_modules"];

const TEXT_KINDS: [&str; 15] =
    ["rs", "md", "toml", "proto", "ftl", "txt", "py", "go", "c", "h", "css", "html", "yml", "patch", "sh"];

#[test]
fn texts_are_free_of_the_idioms() {
    let mut hits = Vec::new();
    for file in files(&workspace()) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let path = file.strip_prefix(workspace()).unwrap().display().to_string();
        for (number, line) in text.lines().enumerate() {
            // A patch's other lines are those of a source file.
            let is_foreign = path.ends_with(".patch") && line.starts_with([' ', '-', '@']);
            if let Some(idiom) = idiom_in(line).filter(|_| !is_foreign && !is_excepted(&path, line)) {
                hits.push(format!("{path}:{}: {idiom:?} in: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(hits.is_empty(), "write these in plain English (docs/style.md):\n{}", hits.join("\n"));
}

/// The list of exceptions must not outlive its lines, and must stay short: a tenth of the 437 lines there once were.
#[test]
fn every_exception_is_needed_and_they_are_few() {
    let all: Vec<(String, String)> = files(&workspace())
        .into_iter()
        .filter_map(|file| {
            Some((file.strip_prefix(workspace()).unwrap().display().to_string(), std::fs::read_to_string(&file).ok()?))
        })
        .collect();
    for (path, part, reason) in EXCEPTIONS {
        let is_needed = all
            .iter()
            .filter(|(file, _)| file.contains(path))
            .any(|(_, text)| text.lines().any(|line| line.contains(part) && idiom_in(line).is_some()));
        assert!(is_needed, "{path}: {part:?} ({reason}) has no idiom any more: remove the exception");
    }
    assert!(EXCEPTIONS.len() <= 43, "{} exceptions", EXCEPTIONS.len());
}

#[test]
fn an_idiom_is_found_as_whole_words_only() {
    assert_eq!(idiom_in("/// Whoever asks."), Some("whoever"));
    assert_eq!(idiom_in("fn read_anew() {}"), Some("anew"));
    assert_eq!(idiom_in("renewed, manewing, income tool"), None);
    assert_eq!(idiom_in("it goes on."), Some("goes on"));
    assert_eq!(idiom_in("the keyring goes only to nodes"), None);
}

fn is_excepted(path: &str, line: &str) -> bool {
    EXCEPTIONS.iter().any(|(excepted, part, _)| path.contains(excepted) && line.contains(part))
}

fn idiom_in(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    IDIOMS.into_iter().find(|idiom| {
        line.match_indices(idiom).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + idiom.len()..].chars().next();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with("keyrack-dev") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let kind = path.extension().map_or("", |kind| kind.to_str().unwrap_or(""));
            // Scripts and the Makefile have no extension.
            if kind.is_empty() || TEXT_KINDS.contains(&kind) {
                found.push(path);
            }
        }
    }
    found
}
