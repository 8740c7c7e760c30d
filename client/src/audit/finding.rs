//! What an audit finds.

use serde::Serialize;

/// Findings that are kept word for word; more are only counted.
pub const KEPT: usize = 1_000;

/// What kind of wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Two histories of one log, both signed.
    Fork,
    /// The log became shorter.
    Rollback,
    /// A checkpoint that the policy does not believe.
    Untrusted,
    /// The leaves that are served are not those that were signed.
    Entries,
    /// Bytes in the log that are no leaf, or of an unknown version.
    Unreadable,
    /// A booking's leaves do not follow each other.
    Gap,
    /// A room was sold beyond the limit.
    Oversell,
    /// Two things the log says cannot both be so.
    Contradiction,
    /// Time or Raft position running back.
    Order,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of wrong.
    pub kind: Kind,
    /// At which leaf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<u64>,
    /// What exactly.
    pub what: String,
}

/// All of them, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    count: u64,
}

impl Kind {
    /// All of them; the place is the number in state files.
    pub const ALL: [Kind; 9] = [
        Kind::Fork,
        Kind::Rollback,
        Kind::Untrusted,
        Kind::Entries,
        Kind::Unreadable,
        Kind::Gap,
        Kind::Oversell,
        Kind::Contradiction,
        Kind::Order,
    ];

    /// Its name.
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
        }
    }
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, kind: Kind, leaf: Option<u64>, what: impl Into<String>) {
        self.count = self.count.saturating_add(1);
        if self.kept.len() < KEPT {
            self.kept.push(Finding { kind, leaf, what: what.into() });
        }
    }

    /// As they were stored.
    pub fn from_parts(kept: Vec<Finding>, count: u64) -> Findings {
        Findings { kept, count }
    }

    /// Those that are kept.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there were.
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
