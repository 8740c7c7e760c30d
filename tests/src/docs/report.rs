//! What a failed step looks like.

use super::align::{Change, align};
use super::matching::Expected;
use super::values::Piece;

/// Where a step stands and what it ran.
pub struct Place<'a> {
    pub path: &'a str,
    pub line: usize,
    pub command: &'a str,
}

impl Place<'_> {
    /// `docs/a.md:12: what is wrong`, the command, and lines below it.
    pub fn report(&self, what: &str, below: &[String]) -> String {
        let command = self.command.replace('\n', "\n      ");
        let mut text = format!("{}:{}: {what}\n    $ {command}\n", self.path, self.line);
        for line in below {
            text += &format!("    {line}\n");
        }
        text
    }
}

/// The lines of a diff: `-` is expected, `+` is actual.
pub fn diff(expected: &[Expected], actual: &[&str]) -> Vec<String> {
    let shown = |row: usize| match &expected[row] {
        Expected::AnyLines => "...".to_string(),
        Expected::Line(pieces) => pieces.iter().map(text_of).collect(),
    };
    let line = |change: Change| match change {
        Change::Keep(_, column) => vec![format!("  {}", actual[column])],
        Change::Dots(_) => vec!["  ...".to_string()],
        Change::Covered(_) => vec![],
        Change::Replace(row, column) => vec![format!("- {}", shown(row)), format!("+ {}", actual[column])],
        Change::Drop(row) => vec![format!("- {}", shown(row))],
        Change::Add(column) => vec![format!("+ {}", actual[column])],
    };
    align(expected, actual).into_iter().flat_map(line).collect()
}

fn text_of(piece: &Piece) -> &str {
    match piece {
        Piece::Text(text) | Piece::Value(_, text) => text,
        Piece::Anything => "...",
    }
}

#[cfg(test)]
mod tests {
    use super::super::matching::Expected;
    use super::super::values::pieces;
    use super::{Place, diff};

    #[test]
    fn a_report_names_the_place_the_command_and_each_differing_line() {
        let expected: Vec<Expected> = ["a", "...", "b", "d"].iter().map(|line| Expected::of(line, pieces)).collect();
        let place = Place { path: "docs/a.md", line: 12, command: "echo 'a\nc'" };
        let report = place.report("the output differs (exit code 0)", &diff(&expected, &["a", "c"]));
        let lines: Vec<&str> = report.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "docs/a.md:12: the output differs (exit code 0)",
                "    $ echo 'a",
                "      c'",
                "      a",
                "      ...",
                "    - b",
                "    + c",
                "    - d"
            ]
        );
    }
}
