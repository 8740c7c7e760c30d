//! Reads Keyrack's own manifests and sources, for tests that check that something is absent.

use std::path::{Path, PathBuf};

/// A source file without its comments and without its trailing `#[cfg(test)]` part.
pub struct Source {
    /// Relative to the workspace: `cluster/src/raft/mod.rs`.
    pub path: String,
    pub code: String,
}

/// The folder of this workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// All Rust sources of a crate's `src`, except files and folders named `tests`. Panics if there are none. They may hold
/// only documentation: see [`assert_holds_code`].
pub fn sources_of(room: &str) -> Vec<Source> {
    let mut files = Vec::new();
    collect(&workspace().join(room).join("src"), &mut files);
    files.sort();
    assert!(!files.is_empty(), "{room}/src has no sources");
    files.iter().map(|path| read(path)).collect()
}

/// A word's absence proves something only if there is code.
#[track_caller]
pub fn assert_holds_code(sources: &[Source]) {
    let code: usize = sources.iter().map(|source| source.code.trim().len()).sum();
    assert!(code > 0, "no code among {} sources", sources.len());
}

/// A dependency of a crate, by package name.
pub struct Dependency {
    pub name: String,
    /// Built only if a feature enables it.
    pub optional: bool,
}

/// Normal, build and per-target dependencies. Dev-dependencies are left out: they are not shipped.
pub fn dependencies_of(room: &str) -> Vec<Dependency> {
    let manifest = workspace().join(room).join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap_or_else(|e| panic!("{} cannot be read: {e}", manifest.display()));
    let manifest: toml::Table = text.parse().unwrap();
    let mut tables = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let mut found = Vec::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(entries) = table.get(kind).and_then(toml::Value::as_table) else { continue };
            for (name, entry) in entries {
                let package = entry.get("package").and_then(toml::Value::as_str);
                let optional = entry.get("optional").and_then(toml::Value::as_bool).unwrap_or(false);
                found.push(Dependency { name: package.unwrap_or(name).to_string(), optional });
            }
        }
    }
    found
}

/// `path: word` for every source that contains one of the words.
pub fn offences(sources: &[Source], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for word in words.iter().filter(|word| contains_word(&source.code, word)) {
            found.push(format!("{}: {word}", source.path));
        }
    }
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} cannot be read: {e}", folder.display()));
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> Source {
    let code = shipped_code(&std::fs::read_to_string(path).unwrap());
    let path = path.strip_prefix(workspace()).unwrap().to_string_lossy().into_owned();
    Source { path, code }
}

/// By convention the tests of a file are its last part, a `#[cfg(test)] mod ... {`. Any other use of `cfg(test)` does
/// not end the shipped code.
fn shipped_code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
    let end = lines.windows(2).position(opens_tests).unwrap_or(lines.len());
    let lines = lines[..end].iter();
    let without_comment = lines.map(|line| match line.trim_start().starts_with("//") {
        true => "",
        false => line.split(" //").next().unwrap_or_default(),
    });
    without_comment.collect::<Vec<_>>().join("\n")
}

/// Whether `word` occurs outside a longer name: `std::` is not in `my_std::`.
fn contains_word(code: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_name);
        let after = code[at + word.len()..].chars().next().is_some_and(is_name);
        let ends_in_name = word.chars().next_back().is_some_and(is_name);
        !(before || ends_in_name && after)
    })
}

#[cfg(test)]
mod tests {
    use super::{Source, offences, shipped_code};

    #[test]
    fn planted_words_are_found_except_in_comments_tests_and_longer_names() {
        let found = |text: &str| {
            let source = Source { path: "a.rs".into(), code: shipped_code(text) };
            offences(&[source], &["std::", "HashMap"])
        };
        assert_eq!(found("use std::time::Instant;"), ["a.rs: std::"]);
        assert_eq!(found("let rows = HashMap::new();"), ["a.rs: HashMap"]);
        assert_eq!(found("#[cfg(test)]\nmod other;\nuse std::fs;"), ["a.rs: std::"]);
        let clean = "// std::\nuse core::fmt; // no HashMap\nMyHashMap\n#[cfg(test)]\nmod tests {\nuse std::x;\n}";
        assert_eq!(found(clean), Vec::<String>::new());
    }
}
