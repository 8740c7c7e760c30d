//! The API's problems, from the table of codes, the table of details and the language files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::cell::cell;

const LANGUAGES: [&str; 4] = ["en", "de", "fr", "es"];

/// Messages by id.
type Texts = BTreeMap<String, String>;

pub fn section(workspace: &Path) -> String {
    let texts = LANGUAGES.map(|language| texts(&read(workspace, &format!("texts/{language}/problems.ftl"))));
    let mut page =
        "## Problems of the API: titles\n\n| code | status | retryable | English | German | French | Spanish |\n".to_owned();
    page += "|---|---|---|---|---|---|---|\n";
    for [code, status, retryable] in codes(&read(workspace, "proto/src/codes.rs")) {
        let id = format!("title-{}", code.replace('_', "-"));
        let _ = writeln!(page, "| `{code}` | {status} | {retryable} |{}", row(&texts, &id));
    }
    page += "\n## Problems of the API: details\n\n| id | English | German | French | Spanish |\n|---|---|---|---|---|\n";
    for id in details(&read(workspace, "texts/src/detail.rs")) {
        let _ = writeln!(page, "| `{id}` |{}", row(&texts, &id));
    }
    page + "\n"
}

fn row(texts: &[Texts; 4], id: &str) -> String {
    texts.iter().map(|texts| format!(" {} |", cell(texts.get(id).map_or("MISSING", String::as_str)))).collect()
}

fn read(workspace: &Path, path: &str) -> String {
    std::fs::read_to_string(workspace.join(path)).unwrap_or_else(|cause| panic!("cannot read {path}: {cause}"))
}

/// Name, status and `retryable` of each row of the `codes!` table.
fn codes(source: &str) -> Vec<[String; 3]> {
    let table = source.split("\ncodes! {\n").nth(1).and_then(|rest| rest.split("\n}\n").next()).unwrap();
    let row = |line: &str| {
        let words: Vec<&str> = line.trim().trim_end_matches(',').split(' ').collect();
        [words[1].trim_matches('"').to_owned(), words[2].to_owned(), words[3].to_owned()]
    };
    table.lines().map(row).collect()
}

/// The ids of the `details!` table.
fn details(source: &str) -> Vec<String> {
    let table = source.split("\ndetails! {\n").nth(1).and_then(|rest| rest.split("\n}\n").next()).unwrap();
    let id = |line: &str| line.trim().strip_suffix("\",")?.rsplit('"').next().map(str::to_owned);
    table.lines().filter_map(id).collect()
}

/// The messages of a Fluent file. Continued lines are joined.
fn texts(file: &str) -> Texts {
    let mut texts = Texts::new();
    let mut id = None;
    for line in file.lines() {
        if line.starts_with(|first: char| first.is_ascii_lowercase())
            && let Some((name, text)) = line.split_once(" = ")
        {
            texts.insert(name.to_owned(), text.to_owned());
            id = Some(name.to_owned());
        } else if line.starts_with([' ', '}'])
            && let Some(text) = id.as_ref().and_then(|id| texts.get_mut(id))
        {
            *text += line;
        } else {
            id = None;
        }
    }
    texts
}
