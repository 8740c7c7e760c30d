//! Aligns an expected output with the actual one, for a diff and for a new text.

use super::matching::{Expected, line_matched};

/// What the alignment does with a line. The numbers count expected and actual lines from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The expected line matches the actual one.
    Keep(usize, usize),
    /// A `...` of the document.
    Dots(usize),
    /// The actual line is one of those that a `...` stands for.
    Covered(usize),
    /// Another line than expected.
    Replace(usize, usize),
    /// The expected line is missing.
    Drop(usize),
    /// The actual line is not expected.
    Add(usize),
}

/// The changes with the least cost. A line that a `...` covers costs nothing, so a line after `...` is rather replaced
/// (cost 2) than dropped (cost 3).
pub fn align(expected: &[Expected], actual: &[&str]) -> Vec<Change> {
    let (rows, columns) = (expected.len() + 1, actual.len() + 1);
    let mut best: Vec<Option<(u32, Option<Change>)>> = vec![None; rows * columns];
    best[rows * columns - 1] = Some((0, None));
    for at in (0..rows * columns).rev() {
        let (row, column) = (at / columns, at % columns);
        let mut offer = |change: Change, cost: u32, next: usize| {
            let total = cost + best[next].expect("later positions are done").0;
            if best[at].is_none_or(|(least, _)| total < least) {
                best[at] = Some((total, Some(change)));
            }
        };
        let (down, right) = (at + columns, at + 1);
        let more = column + 1 < columns;
        match expected.get(row) {
            Some(Expected::AnyLines) => {
                offer(Change::Dots(row), 0, down);
                if more {
                    offer(Change::Covered(column), 0, right);
                }
            }
            Some(Expected::Line(pieces)) => {
                if more && line_matched(pieces, actual[column].trim_end()).is_some() {
                    offer(Change::Keep(row, column), 0, down + 1);
                } else if more {
                    offer(Change::Replace(row, column), 2, down + 1);
                }
                offer(Change::Drop(row), 3, down);
                if more {
                    offer(Change::Add(column), 2, right);
                }
            }
            None if more => offer(Change::Add(column), 2, right),
            None => {}
        }
    }
    let mut changes = Vec::new();
    let mut at = 0;
    while let Some((_, Some(change))) = best[at] {
        changes.push(change);
        at += match change {
            Change::Keep(..) | Change::Replace(..) => columns + 1,
            Change::Dots(_) | Change::Drop(_) => columns,
            Change::Covered(_) | Change::Add(_) => 1,
        };
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::matching::Expected;
    use super::super::values::pieces;
    use super::{Change, align};

    fn aligned(expected: &str, actual: &str) -> Vec<Change> {
        let expected: Vec<Expected> = expected.lines().map(|line| Expected::of(line, pieces)).collect();
        align(&expected, &actual.lines().collect::<Vec<_>>())
    }

    #[test]
    fn the_least_change_is_found() {
        use Change::{Add, Covered, Dots, Drop, Keep, Replace};
        assert_eq!(aligned("a\nb", "a\nb"), [Keep(0, 0), Keep(1, 1)]);
        assert_eq!(aligned("a\nb\nc", "a\nx\nc"), [Keep(0, 0), Replace(1, 1), Keep(2, 2)]);
        assert_eq!(aligned("a\nb", "a"), [Keep(0, 0), Drop(1)]);
        assert_eq!(aligned("a", "a\nb"), [Keep(0, 0), Add(1)]);
        assert_eq!(aligned("a\n...\nz", "a\nb\nz"), [Keep(0, 0), Covered(1), Dots(1), Keep(2, 2)]);
        assert_eq!(aligned("a\n...\nz", "a\nb\ny"), [Keep(0, 0), Covered(1), Dots(1), Replace(2, 2)]);
        assert_eq!(aligned("", ""), []);
    }
}
