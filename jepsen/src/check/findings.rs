//! What a checker has found so far.

use super::verdict::Finding;

/// The most findings that one checker writes out; the others are counted. One fault often shows a thousand times.
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

    /// Adds something that must be known but is not wrong.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// How many there are that are written out, to go back to.
    pub fn mark(&self) -> (usize, u64) {
        (self.found.len(), self.more)
    }

    /// Forgets what was added since.
    pub fn back_to(&mut self, (found, more): (usize, u64)) {
        self.found.truncate(found);
        self.more = more;
    }

    /// The findings and the notes.
    pub fn into_parts(mut self) -> (Vec<Finding>, Vec<String>) {
        if self.more > 0 {
            self.notes.push(format!("{} more findings are not written out", self.more));
        }
        (self.found, self.notes)
    }
}
