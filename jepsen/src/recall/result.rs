//! What came of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::bug::{Bug, CONTROL};

/// All lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// The commit that was checked out.
    pub commit: String,
    /// When, RFC 3339.
    pub began: String,
    /// Without any bug.
    pub control: Option<Row>,
    /// With each.
    pub bugs: Vec<Row>,
}

/// What the layers said of one bug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What is broken.
    pub broken: String,
    /// What promise.
    pub promise: String,
    /// A line per layer that was asked.
    pub layers: Vec<Answer>,
}

/// What one layer said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The layer.
    pub layer: String,
    /// How long it took.
    pub seconds: f64,
    /// What.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whether it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Something is wrong, say these tests, invariants or checkers.
    Found {
        /// All that found it, in the round or run that did.
        detectors: Vec<String>,
        /// The first finding.
        finding: String,
    },
    /// Nothing is wrong.
    NotFound {
        /// After how much.
        how: String,
    },
    /// The layer could not be asked. Never counted as good.
    NotRun {
        /// Why.
        why: String,
    },
}

impl Result {
    /// What is in the folder already, if it is of the same sources; otherwise nothing yet.
    pub(super) fn begin_or_go_on(source: &Path, into: &Path) -> Result {
        let new = Result::begin(source);
        let before = fs::read(into.join("recall.json")).ok();
        let before = before.and_then(|bytes| serde_json::from_slice::<Result>(&bytes).ok());
        before.filter(|before| before.commit == new.commit).unwrap_or(new)
    }

    fn begin(source: &Path) -> Result {
        let commit = Command::new("git").arg("-C").arg(source).args(["describe", "--always", "--dirty"]).output();
        let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        Result { commit, began: jiff::Timestamp::now().to_string(), ..Result::default() }
    }

    pub(super) fn write(&self, into: &Path) -> anyhow::Result<()> {
        let path = into.join("recall.json");
        fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| format!("cannot write {}", path.display()))
    }

    /// What is known of a bug, to be added to.
    pub(super) fn take(&mut self, bug: &str) -> Option<Row> {
        let place = self.bugs.iter().position(|line| line.name == bug)?;
        Some(self.bugs.remove(place))
    }

    /// Bugs that at least so many layers found.
    pub fn found_by(&self, layers: usize) -> usize {
        self.bugs.iter().filter(|line| line.found_by().count() >= layers).count()
    }

    /// Whether the control was green, and every bug was found.
    pub fn is_good(&self) -> bool {
        self.control.as_ref().is_none_or(Row::is_green) && self.found_by(1) == self.bugs.len()
    }
}

impl Row {
    pub(super) fn of(bug: Option<&Bug>) -> Row {
        let without = Row { name: CONTROL.into(), broken: "Nothing.".into(), ..Row::default() };
        let with = |bug: &Bug| Row {
            name: bug.name.clone(),
            broken: bug.broken.clone(),
            promise: bug.promise.clone(),
            layers: Vec::new(),
        };
        bug.map_or(without, with)
    }

    /// Forgets layers that could not be asked, so that they are asked again.
    pub(super) fn forget_not_run(&mut self) {
        self.layers.retain(|found| !matches!(found.outcome, Outcome::NotRun { .. }));
    }

    /// Whether a layer was asked.
    pub(super) fn has_asked(&self, layer: &str) -> bool {
        self.layers.iter().any(|found| found.layer == layer)
    }

    /// The layers that found something.
    pub fn found_by(&self) -> impl Iterator<Item = &Answer> {
        self.layers.iter().filter(|found| matches!(found.outcome, Outcome::Found { .. }))
    }

    /// Whether no layer found anything, and at least one looked.
    pub fn is_green(&self) -> bool {
        self.found_by().next().is_none() && self.layers.iter().any(|found| matches!(found.outcome, Outcome::NotFound { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_asked_has_found_nothing_and_is_not_green() {
        let found = |outcome| Answer { layer: "core".into(), seconds: 1.0, outcome };
        let not_run = found(Outcome::NotRun { why: "not built".into() });
        let not_found = found(Outcome::NotFound { how: "1 round".into() });
        let is = found(Outcome::Found { detectors: vec!["witness".into()], finding: "it".into() });
        let line = |layers: &[&Answer]| Row { layers: layers.iter().copied().cloned().collect(), ..Row::default() };
        assert!(
            !line(&[&not_run]).is_green() && line(&[&not_run, &not_found]).is_green() && !line(&[&not_found, &is]).is_green()
        );
        let bugs = vec![line(&[&is, &not_found]), line(&[&is, &is]), line(&[&not_found])];
        let result = Result { bugs, ..Result::default() };
        assert_eq!((result.found_by(1), result.found_by(2), result.is_good()), (2, 1, false));
        let text = serde_json::to_string(&result).expect("written");
        assert_eq!(serde_json::from_str::<Result>(&text).expect("read"), result);
    }
}
