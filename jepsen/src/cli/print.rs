//! What a person reads.

use std::process::ExitCode;

use keyrack_jepsen::check::Verdict;
use keyrack_jepsen::history::{History, Outcome};

/// Findings that are printed of each checker; all are in `verdict.json`.
const SHOWN: usize = 5;

/// The verdict, on stdout.
pub fn verdict(history: &History, verdict: &Verdict) {
    let scene = &history.scene;
    let count = |is: fn(&Outcome) -> bool| history.ops.iter().filter(|op| is(&op.outcome)).count();
    println!(
        "{} operations: {} done, {} refused, {} not done, {} unknown",
        history.ops.len(),
        count(|outcome| matches!(outcome, Outcome::Ok { .. })),
        count(|outcome| matches!(outcome, Outcome::Refused { .. })),
        count(|outcome| matches!(outcome, Outcome::NotDone { .. })),
        count(|outcome| matches!(outcome, Outcome::Unknown { .. })),
    );
    let faults = history.faults.iter().filter(|fault| fault.phase == "begin" && fault.nemesis != "supervisor").count();
    println!("{faults} faults; seed {}", scene.seed);
    for (nemesis, why) in &scene.not_run {
        println!("NOT RUN {nemesis}: {why}");
    }
    for check in &verdict.checks {
        let found = check.findings.len();
        let says = if found > 0 {
            "FAILED"
        } else if check.looked_at == 0 {
            "nothing to look at"
        } else {
            "good"
        };
        println!("  {:<14} {says:<18} {} looked at, {} ms", check.checker, check.looked_at, check.took_ms);
        for finding in check.findings.iter().take(SHOWN) {
            println!("    {}: {} (operations {:?})", finding.kind, finding.text, finding.ops);
        }
        if found > SHOWN {
            println!("    ... and {} more", found - SHOWN);
        }
        for note in &check.notes {
            println!("    note: {note}");
        }
    }
    println!("{}", if verdict.valid { "GOOD: every promise was kept" } else { "BAD: a promise was not kept" });
}

/// 0 for a good one.
pub fn code(verdict: &Verdict) -> ExitCode {
    if verdict.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
