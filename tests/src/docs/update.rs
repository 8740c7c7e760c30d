//! Puts real outputs into a document.

use std::ops::Range;

use super::align::{Change, align};
use super::document::Document;
use super::matching::Expected;

/// New lines for a part of a document.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// Lines of the document, counted from 0.
    pub lines: Range<usize>,
    pub text: Vec<String>,
}

/// The new output of a step. Lines that still match stay as they are, and so do the author's `...`.
pub fn renewed(shown: &[String], expected: &[Expected], actual: &[&str], in_document: impl Fn(&str) -> String) -> Vec<String> {
    let line = |change: Change| match change {
        Change::Keep(row, _) | Change::Dots(row) => Some(shown[row].clone()),
        Change::Replace(_, column) | Change::Add(column) => Some(in_document(actual[column]).trim_end().to_string()),
        Change::Covered(_) | Change::Drop(_) => None,
    };
    align(expected, actual).into_iter().filter_map(line).collect()
}

/// The text of the document with the edits.
pub fn rewritten(document: &Document, edits: &[Edit]) -> String {
    let mut lines = document.lines.clone();
    let mut from_the_end: Vec<&Edit> = edits.iter().collect();
    from_the_end.sort_by_key(|edit| std::cmp::Reverse(edit.lines.start));
    for edit in from_the_end {
        lines.splice(edit.lines.clone(), edit.text.iter().cloned());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::super::matching::Expected;
    use super::super::values::pieces;
    use super::{Edit, renewed, rewritten};

    #[test]
    fn only_lines_that_differ_are_new() {
        let shown: Vec<String> = ["at 2026-11-20T16:23:31Z", "...", "16 left", "end"].map(str::to_string).into();
        let expected: Vec<Expected> = shown.iter().map(|line| Expected::of(line, pieces)).collect();
        let actual = ["at 2027-01-01T00:00:00Z", "between", "17 left ", "end", "more"];
        let text = renewed(&shown, &expected, &actual, |line| line.replace("more", "less"));
        assert_eq!(text, ["at 2026-11-20T16:23:31Z", "...", "17 left", "end", "less"]);
    }

    #[test]
    fn edits_keep_their_places_when_lengths_change() {
        let document = Document::parse("a.md", "0\n1\n2\n3\n4\n").unwrap();
        let edit = |lines, text: &[&str]| Edit { lines, text: text.iter().map(|line| line.to_string()).collect() };
        let edits = [edit(1..2, &["a", "b"]), edit(3..4, &[])];
        assert_eq!(rewritten(&document, &edits), "0\na\nb\n2\n4\n");
    }
}
