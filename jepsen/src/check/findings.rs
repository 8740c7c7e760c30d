//! The findings of one checker.

use super::verdict::Finding;

/// The most findings that one checker keeps. The others are only counted, because one bug often causes a thousand findings.
const MAX_FINDINGS: usize = 200;

/// Findings and notes of one checker.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    more: u64,
    notes: Vec<String>,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, kind: &str, ops: impl IntoIterator<Item = u64>, text: impl Into<String>) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push(Finding { kind: kind.to_owned(), ops: ops.into_iter().collect(), text: text.into() });
        } else {
            self.more += 1;
        }
    }

    /// Adds a note: a fact that the reader needs, but no violation.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The current number of findings, for [`Findings::back_to`].
    pub fn mark(&self) -> (usize, u64) {
        (self.found.len(), self.more)
    }

    /// Removes the findings that were added after the mark.
    pub fn back_to(&mut self, (found, more): (usize, u64)) {
        self.found.truncate(found);
        self.more = more;
    }

    /// The findings and the notes.
    pub fn into_parts(mut self) -> (Vec<Finding>, Vec<String>) {
        if self.more > 0 {
            self.notes.push(format!("{} more findings are counted but not listed", self.more));
        }
        (self.found, self.notes)
    }
}
