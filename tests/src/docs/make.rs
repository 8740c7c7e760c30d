//! Checks that every `make TARGET` that a document names exists.

use std::collections::BTreeSet;

use super::markdown::Code;

/// The targets of a Makefile.
pub fn targets(makefile: &str) -> BTreeSet<String> {
    let rule = |line: &str| {
        let (names, rest) = line.split_once(':')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
        (!rest.starts_with('=') && !names.is_empty() && names.chars().all(is_name)).then(|| names.to_string())
    };
    let rules: Vec<String> = makefile.lines().filter_map(rule).collect();
    rules.iter().flat_map(|names| names.split(' ')).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

/// `path:line: make NAME: ...` for every target that does not exist.
pub fn missing_targets(path: &str, code: &[Code], targets: &BTreeSet<String>) -> Vec<String> {
    let mut missing = Vec::new();
    for code in code {
        let mut words = code.text.split_whitespace().take_while(|word| !word.starts_with('#'));
        if words.next() != Some("make") {
            continue;
        }
        // `make TARGET` is a placeholder. Quotes of a variable may contain blanks.
        let is_target = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        for word in words.take_while(|word| !word.contains('=')).filter(is_target).filter(|word| !word.starts_with('-')) {
            if !targets.contains(word) {
                missing.push(format!("{path}:{}: make {word}: the Makefile has no such target", code.line));
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::super::markdown::code_of;
    use super::{missing_targets, targets};

    #[test]
    fn only_targets_of_the_makefile_are_accepted() {
        let targets = targets(".PHONY: help\nBIN := x\nSIM?=y\nhelp:\n\t@echo a: b\nbuild test: help\nbench: build\n");
        assert_eq!(targets.iter().map(String::as_str).collect::<Vec<_>>(), ["bench", "build", "help", "test"]);
        let text =
            "`make help`, `make TARGET`, `make fuzz`\n`make bench ARGS='--mix w'`\n```console\n$ make tset  # all tests\n```\n";
        assert_eq!(
            missing_targets("a.md", &code_of(text), &targets),
            ["a.md:1: make fuzz: the Makefile has no such target", "a.md:4: make tset: the Makefile has no such target"]
        );
    }
}
