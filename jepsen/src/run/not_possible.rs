//! The error of a run none of whose faults can be done here.

use std::collections::BTreeMap;

/// Nothing of what was asked for can be done here: with why, by nemesis.
#[derive(Debug)]
pub struct NotPossible(pub BTreeMap<String, String>);

impl std::fmt::Display for NotPossible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(nemesis, why)| format!("{nemesis} ({why})")).collect();
        write!(f, "no fault that was asked for can be done here: {}", each.join("; "))
    }
}

impl std::error::Error for NotPossible {}
