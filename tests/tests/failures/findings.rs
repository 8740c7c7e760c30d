//! Faults of messages that are reported and not corrected yet. They do not fail the test. Remove an entry when its message
//! is corrected. With `FAILURES_SHOW_ALL` in the environment the tests print every entry that a case needs.

use crate::case::Case;

/// A part of the case's description, a part of the fault, and the finding.
type Finding = (&'static str, &'static str, &'static str);

const FINDINGS: &[Finding] =
    &[("bench --properties 1 --seconds 1 --endpoint", "", "bench needs 30 s to report that no node answers")];

/// Faults that no finding excuses.
const NEVER: [&str; 3] = ["it panicked", "it prints a secret", "it ended by the signal"];

/// The finding that a fault belongs to, if it is known.
pub fn known(case: &Case, fault: &str) -> Option<&'static str> {
    let described = case.described();
    if NEVER.iter().any(|never| fault.starts_with(never)) {
        return None;
    }
    let matches = |(part, of_fault, _): &&Finding| described.contains(part) && fault.contains(of_fault);
    FINDINGS.iter().find(matches).map(|(_, _, finding)| *finding)
}
