//! Compares an expected output with the actual one.

use std::collections::{BTreeMap, BTreeSet};

use super::values::{Form, Piece, accepted};

/// A value of the document and the value that matched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub form: Form,
    pub shown: String,
    pub actual: String,
}

/// A line of an expected output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// `...`: any number of lines, also none.
    AnyLines,
    Line(Vec<Piece>),
}

impl Expected {
    /// `read` makes the parts of a line that is not `...`.
    pub fn of(line: &str, read: impl FnOnce(&str) -> Vec<Piece>) -> Expected {
        if line.trim() == "..." { Expected::AnyLines } else { Expected::Line(read(line.trim_end())) }
    }
}

/// The captures if the lines of stdout and stderr, mixed in any way, are the expected ones. Blanks at the end of a line and
/// empty lines at the end do not count.
pub fn matched(expected: &[Expected], out: &str, err: &str) -> Option<Vec<Capture>> {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>();
    let blank = |line: &Expected| matches!(line, Expected::Line(pieces) if pieces.is_empty());
    let end = expected.iter().rposition(|line| !blank(line)).map_or(0, |last| last + 1);
    let mut search = Search { expected: &expected[..end], out: lines(out), err: lines(err), failed: BTreeSet::new() };
    let mut captures = search.from(0, 0, 0)?;
    captures.reverse();
    is_consistent(&captures).then_some(captures)
}

/// The captures of one line, if it matches.
pub fn line_matched(expected: &[Piece], actual: &str) -> Option<Vec<Capture>> {
    let Some((first, rest)) = expected.split_first() else {
        return actual.is_empty().then(Vec::new);
    };
    match first {
        Piece::Text(text) => line_matched(rest, after_text(text, actual)?),
        Piece::Anything => {
            let mut ends = actual.char_indices().map(|(at, _)| at).chain([actual.len()]);
            ends.find_map(|end| line_matched(rest, &actual[end..]))
        }
        Piece::Value(form, shown) => {
            let length = accepted(*form, shown, actual)?;
            let mut captures = line_matched(rest, &actual[length..])?;
            captures.push(Capture { form: *form, shown: shown.clone(), actual: actual[..length].to_string() });
            Some(captures)
        }
    }
}

/// The rest of the line after a text. Two or more blanks match two or more: they align columns, and a value before them
/// may be longer than in the document.
fn after_text<'a>(text: &str, actual: &'a str) -> Option<&'a str> {
    let mut rest = actual;
    let mut wanted = text;
    while let Some(next) = wanted.chars().next() {
        let (blanks, there) = (leading_blanks(wanted), leading_blanks(rest));
        if blanks >= 2 && wanted.len() < text.len() && there >= 2 {
            (wanted, rest) = (&wanted[blanks..], &rest[there..]);
            continue;
        }
        rest = rest.strip_prefix(next)?;
        wanted = &wanted[next.len_utf8()..];
    }
    Some(rest)
}

fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// A name in the document stands for one name only.
fn is_consistent(captures: &[Capture]) -> bool {
    let mut meanings = BTreeMap::new();
    let names = captures.iter().filter(|capture| capture.form.is_name());
    names.into_iter().all(|capture| *meanings.entry(&capture.shown).or_insert(&capture.actual) == &capture.actual)
}

struct Search<'a> {
    expected: &'a [Expected],
    out: Vec<String>,
    err: Vec<String>,
    /// Positions from which the rest does not match.
    failed: BTreeSet<(usize, usize, usize)>,
}

impl Search<'_> {
    /// The captures of the rest, last first.
    fn from(&mut self, at: usize, out: usize, err: usize) -> Option<Vec<Capture>> {
        if self.failed.contains(&(at, out, err)) {
            return None;
        }
        let found = self.step(at, out, err);
        if found.is_none() {
            self.failed.insert((at, out, err));
        }
        found
    }

    fn step(&mut self, at: usize, out: usize, err: usize) -> Option<Vec<Capture>> {
        let (more_out, more_err) = (out < self.out.len(), err < self.err.len());
        match self.expected.get(at) {
            None => (!more_out && !more_err).then(Vec::new),
            Some(Expected::AnyLines) => {
                // Nothing follows that could fail, so the rest need not be walked.
                if at + 1 == self.expected.len() {
                    return Some(Vec::new());
                }
                let skipped = (out..=self.out.len()).flat_map(|out| (err..=self.err.len()).map(move |err| (out, err)));
                skipped.collect::<Vec<_>>().into_iter().find_map(|(out, err)| self.from(at + 1, out, err))
            }
            Some(Expected::Line(pieces)) => {
                let of_out = more_out.then(|| line_matched(pieces, &self.out[out])).flatten();
                let of_err = more_err.then(|| line_matched(pieces, &self.err[err])).flatten();
                let mut after = |captures: Option<Vec<Capture>>, out, err| {
                    let captures = captures?;
                    let mut rest = self.from(at + 1, out, err)?;
                    rest.extend(captures);
                    Some(rest)
                };
                after(of_out, out + 1, err).or_else(|| after(of_err, out, err + 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::values::pieces;
    use super::{Expected, matched};

    fn matches(expected: &str, out: &str, err: &str) -> Option<Vec<(String, String)>> {
        let expected: Vec<Expected> = expected.lines().map(|line| Expected::of(line, pieces)).collect();
        let captures = matched(&expected, out, err)?;
        Some(captures.into_iter().map(|capture| (capture.shown, capture.actual)).collect())
    }

    #[test]
    fn lines_match_exactly_except_for_dots_and_values() {
        let table = [
            ("a\nb", "a\nb\n", "", true),
            ("a\nb", "a\n", "", false),
            ("a", "a\nb\n", "", false),
            ("a\n...", "a\nb\nc\n", "", true),
            ("a\n...", "a\n", "", true),
            ("...\nc", "a\nb\nc\n", "", true),
            ("...\nc", "a\nc\nb\n", "", false),
            ("a ... z", "a b c z", "", true),
            ("a ... z", "a b c", "", false),
            ("a...", "a", "", true),
            ("238.00 EUR  17 left", "238.00 EUR  16 left", "", false),
            ("it is confirmed", "it is cancelled", "", false),
            ("a   b", "a      b", "", true),
            ("a b", "a  b", "", false),
            ("a", "ab", "", false),
            ("  a", "    a", "", false),
            ("a", "a  \n\n", "", true),
            ("\na", "a", "", false),
            ("a\nb\nc", "a\nc", "b", true),
            ("c\na\nb", "a\nc", "b", false),
            ("a\nb", "b", "a", true),
            ("took 12 ms", "took 1.7 s", "", true),
            ("took 12 ms", "took long", "", false),
        ];
        for (expected, out, err, ok) in table {
            assert_eq!(matches(expected, out, err).is_some(), ok, "{expected:?}: {out:?}, {err:?}");
        }
    }

    #[test]
    fn values_are_captured_in_order() {
        let shown = "8XAX8-BS373  confirmed  bk_00000020d1z5a4pe8xax8bs373\n...\nat 2026-11-20T16:23:31Z";
        let actual = "0V65M-X4G1R  confirmed  bk_000000aaaaaaaaaaaaaaaaaaaa\nx\nat 2027-01-01T00:00:00Z";
        let captures = matches(shown, actual, "").unwrap();
        assert_eq!(captures[0], ("8XAX8-BS373".to_string(), "0V65M-X4G1R".to_string()));
        assert_eq!(captures[1].1, "bk_000000aaaaaaaaaaaaaaaaaaaa");
        assert_eq!(captures[2].1, "2027-01-01T00:00:00Z");
    }

    #[test]
    fn one_name_cannot_stand_for_two() {
        let shown = "8XAX8-BS373 8XAX8-BS373";
        assert!(matches(shown, "AAAAA-00001 AAAAA-00001", "").is_some());
        assert!(matches(shown, "AAAAA-00001 AAAAA-00002", "").is_none());
        // Two nodes may sign in the same second in the document, and in different ones in this run.
        assert!(matches("2026-11-20T16:23:31Z 2026-11-20T16:23:31Z", "2026-11-20T16:23:31Z 2026-11-20T16:23:32Z", "").is_some());
    }
}
