//! Prints verdicts for a person.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use keyrack_jepsen::check::Verdict;
use keyrack_jepsen::history::{History, Outcome};

/// The number of findings printed for each checker. `verdict.json` has all of them.
const SHOWN: usize = 5;

/// Prints a text on stdout. A reader that closes the pipe early, such as `head`, is not an error.
pub fn text(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Prints the verdict on stdout.
pub fn verdict(history: &History, verdict: &Verdict) -> anyhow::Result<()> {
    let mut lines = String::new();
    counts(&mut lines, history)?;
    if !verdict.edited.is_empty() {
        writeln!(lines, "EDITED: changed after the run: {}", verdict.edited.join(", "))?;
    }
    for (nemesis, why) in history.not_run() {
        writeln!(lines, "NOT RUN {nemesis}: {why}")?;
    }
    for check in &verdict.checks {
        let found = check.findings.len();
        let says = if found > 0 {
            "FAILED"
        } else if check.looked_at == 0 {
            "nothing to check"
        } else {
            "passed"
        };
        writeln!(lines, "  {:<14} {says:<18} {} checked, {} ms", check.checker, check.looked_at, check.took_ms)?;
        for finding in check.findings.iter().take(SHOWN) {
            writeln!(lines, "    {}: {} (operations {:?})", finding.kind, finding.text, finding.ops)?;
        }
        if found > SHOWN {
            writeln!(lines, "    ... and {} more", found - SHOWN)?;
        }
        for note in &check.notes {
            writeln!(lines, "    note: {note}")?;
        }
    }
    match (verdict.valid, history.why_inconclusive()) {
        (false, _) => writeln!(lines, "FAILED: a promise was not kept")?,
        (true, Some(why)) => writeln!(lines, "INCONCLUSIVE: {why}")?,
        (true, None) => writeln!(lines, "PASSED: every promise was kept")?,
    }
    text(&lines)
}

fn counts(lines: &mut String, history: &History) -> std::fmt::Result {
    let count = |is: fn(&Outcome) -> bool| history.ops.iter().filter(|op| is(&op.outcome)).count();
    writeln!(
        lines,
        "{} operations: {} done, {} refused, {} not done, {} unknown",
        history.ops.len(),
        count(|outcome| matches!(outcome, Outcome::Ok { .. })),
        count(|outcome| matches!(outcome, Outcome::Refused { .. })),
        count(|outcome| matches!(outcome, Outcome::NotDone { .. })),
        count(|outcome| matches!(outcome, Outcome::Unknown { .. })),
    )?;
    writeln!(lines, "{} faults; seed {}", history.faults_done(), history.setup.seed)
}

/// 0: every promise was kept; 1: a promise was broken; 2: the run was inconclusive.
pub fn code(history: &History, verdict: &Verdict) -> ExitCode {
    match (verdict.valid, history.why_inconclusive()) {
        (false, _) => ExitCode::FAILURE,
        (true, Some(_)) => ExitCode::from(2),
        (true, None) => ExitCode::SUCCESS,
    }
}
