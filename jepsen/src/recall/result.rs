//! The result of a recall, and its file `recall.json`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::bug::{Bug, CONTROL};

/// The result of a recall.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// The commit that was checked out.
    pub commit: String,
    /// The time at which the recall began, RFC 3339.
    pub began: String,
    /// The row without any bug.
    pub control: Option<Row>,
    /// One row for each bug.
    pub bugs: Vec<Row>,
}

/// The answers of the layers for one bug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The bug's name.
    pub name: String,
    /// The bug, in one sentence.
    pub broken: String,
    /// The promise that it breaks.
    pub promise: String,
    /// One answer for each layer.
    pub layers: Vec<Answer>,
}

/// The answer of one layer for one bug.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The layer's name.
    pub layer: String,
    /// How long it took.
    pub seconds: f64,
    /// Whether it found the bug.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whether a layer found a bug.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The layer found something wrong.
    Found {
        /// The tests, invariants or checkers that found it.
        detectors: Vec<String>,
        /// The first finding.
        finding: String,
    },
    /// The layer found nothing.
    NotFound {
        /// How much it ran.
        how: String,
    },
    /// The layer could not run. It is never counted as green.
    NotRun {
        /// Why.
        why: String,
    },
}

impl Result {
    /// The result that the folder already has, if it is of the same commit; otherwise a new, empty one.
    pub(super) fn load_or_new(source: &Path, into: &Path) -> Result {
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

    /// Removes and returns the row of a bug, so that answers can be added to it.
    pub(super) fn take(&mut self, bug: &str) -> Option<Row> {
        let place = self.bugs.iter().position(|line| line.name == bug)?;
        Some(self.bugs.remove(place))
    }

    /// The number of bugs that at least this many layers found.
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

    /// Removes the answers of layers that could not run, so that they run again.
    pub(super) fn forget_not_run(&mut self) {
        self.layers.retain(|found| !matches!(found.outcome, Outcome::NotRun { .. }));
    }

    /// Whether this layer already has an answer.
    pub(super) fn has_asked(&self, layer: &str) -> bool {
        self.layers.iter().any(|found| found.layer == layer)
    }

    /// The answers of the layers that found something.
    pub fn found_by(&self) -> impl Iterator<Item = &Answer> {
        self.layers.iter().filter(|found| matches!(found.outcome, Outcome::Found { .. }))
    }

    /// Whether no layer found anything, and at least one ran.
    pub fn is_green(&self) -> bool {
        self.found_by().next().is_none() && self.layers.iter().any(|found| matches!(found.outcome, Outcome::NotFound { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_did_not_run_found_nothing_and_is_not_green() {
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
        let text = serde_json::to_string(&result).expect("the result can be written");
        assert_eq!(serde_json::from_str::<Result>(&text).expect("the result can be read"), result);
    }
}
