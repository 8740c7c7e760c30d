//! The error of a run if none of its faults can be injected on this machine.

use std::collections::BTreeMap;

/// None of the requested nemeses can run on this machine. Has the reason for each, by name.
#[derive(Debug)]
pub struct NotPossible(pub BTreeMap<String, String>);

impl std::fmt::Display for NotPossible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(nemesis, why)| format!("{nemesis} ({why})")).collect();
        write!(f, "none of the requested faults can be injected on this machine: {}", each.join("; "))
    }
}

impl std::error::Error for NotPossible {}
