//! Findings: the faults of a log.

use serde::Serialize;

/// Findings that are kept with their text. More are only counted.
pub const KEPT: usize = 1_000;

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Two histories of one log, both signed.
    Fork,
    /// The log became shorter.
    Rollback,
    /// A checkpoint that the policy rejects.
    Untrusted,
    /// The served leaves are not the signed leaves.
    Entries,
    /// A leaf that does not decode, or has an unknown version.
    Unreadable,
    /// A booking's leaves do not follow each other.
    Gap,
    /// A room was sold beyond the limit.
    Oversell,
    /// Two statements of the log contradict each other.
    Contradiction,
    /// Time or Raft position decreases.
    Order,
    /// Something could not be compared, because a proof or a page was withheld.
    Unchecked,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// The leaf, if the finding is about one leaf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<u64>,
    /// The details.
    pub what: String,
}

/// The findings of a log, in the order of its leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    count: u64,
}

impl Kind {
    /// All kinds. The position is the number in state files.
    pub const ALL: [Kind; 10] = [
        Kind::Fork,
        Kind::Rollback,
        Kind::Untrusted,
        Kind::Entries,
        Kind::Unreadable,
        Kind::Gap,
        Kind::Oversell,
        Kind::Contradiction,
        Kind::Order,
        Kind::Unchecked,
    ];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Fork => "FORK",
            Kind::Rollback => "ROLLBACK",
            Kind::Untrusted => "UNTRUSTED",
            Kind::Entries => "WRONG ENTRIES",
            Kind::Unreadable => "UNREADABLE",
            Kind::Gap => "GAP",
            Kind::Oversell => "OVERSELL",
            Kind::Contradiction => "CONTRADICTION",
            Kind::Order => "ORDER",
            Kind::Unchecked => "NOT CHECKED",
        }
    }
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, kind: Kind, leaf: Option<u64>, what: impl Into<String>) {
        self.count = self.count.saturating_add(1);
        if self.kept.len() < KEPT {
            self.kept.push(Finding { kind, leaf, what: what.into() });
        }
    }

    /// The findings of a state file.
    pub fn from_parts(kept: Vec<Finding>, count: u64) -> Findings {
        Findings { kept, count }
    }

    /// The findings with their text.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// The number of all findings.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.leaf {
            Some(leaf) => write!(f, "{} at leaf {leaf}: {}", self.kind.name(), self.what),
            None => write!(f, "{}: {}", self.kind.name(), self.what),
        }
    }
}
