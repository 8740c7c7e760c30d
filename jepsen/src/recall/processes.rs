//! Runs the harness itself with a bug switched on: rounds with seeds 1, 2, 3 ... until one finds the bug.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::ProgressBar;

use super::bug::{Bug, CONTROL};
use super::build::Build;
use super::options::RecallOptions;
use super::result::Outcome;
use crate::check::Verdict;
use crate::nemesis::{FaultTiming, Nemesis};
use crate::run;
use crate::workload::Workload;

/// How long callers send requests in the first rounds. Later rounds are as long as the last of these.
const ROUNDS_SECONDS: [u64; 3] = [20, 40, 60];
/// The control's faults: one of each kind that the bugs need.
const CONTROL_NEMESES: [Nemesis; 6] =
    [Nemesis::KillLeader, Nemesis::KillAll, Nemesis::PowerAll, Nemesis::IsolateLeader, Nemesis::RotWal, Nemesis::Clock];
const CONTROL_SECONDS: u64 = 60;

/// Runs rounds until the bug is found, or until the cap leaves no time for another round.
pub(super) async fn ask(options: &RecallOptions, build: &Build, bug: Option<&Bug>) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let mut seed = 0;
    let mut broken: Option<String> = None;
    loop {
        seed += 1;
        let seconds = match bug {
            None => CONTROL_SECONDS,
            Some(_) => ROUNDS_SECONDS[(seed as usize - 1).min(ROUNDS_SECONDS.len() - 1)],
        };
        let round = round(options, build, bug, seed, seconds);
        let folder = round.folder.clone();
        match in_a_runtime_of_its_own(round).await {
            Ok(done) if !done.verdict.valid => {
                let (detectors, finding) = found(&done.verdict);
                return Ok(Outcome::Found { detectors, finding: format!("seed {seed}: {finding} ({})", folder.display()) });
            }
            Ok(_) => broken = None,
            // A single run that does not finish may be due to the machine. If a second one does not finish either, the bug
            // counts as found.
            Err(cause) if broken.is_some() => {
                let finding = format!("seed {seed}: the run did not finish: {cause:#} ({})", folder.display());
                return Ok(Outcome::Found { detectors: vec!["run".into()], finding });
            }
            Err(cause) => broken = Some(format!("{cause:#}")),
        }
        forget(&folder)?;
        if broken.is_some() && seed == 1 {
            continue;
        }
        let spent = began.elapsed();
        let enough = bug.is_none() && broken.is_none();
        if enough || spent + spent / seed as u32 > options.cap.max(Duration::from_secs(1)) {
            return match broken {
                Some(cause) => Err(anyhow::anyhow!("the last run did not finish: {cause}")),
                None => Ok(Outcome::NotFound { how: format!("{seed} rounds passed") }),
            };
        }
    }
}

/// Runs a round in its own runtime. Tasks and nodes that a broken run leaves behind end with the runtime, before the next
/// round.
async fn in_a_runtime_of_its_own(round: run::RunOptions) -> anyhow::Result<run::RunResult> {
    let round = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(run::run(round, ProgressBar::hidden()))
    });
    round.await?
}

fn round(options: &RecallOptions, build: &Build, bug: Option<&Bug>, seed: u64, seconds: u64) -> run::RunOptions {
    let name = bug.map_or(CONTROL, |bug| bug.name.as_str());
    run::RunOptions {
        workloads: bug.map_or_else(|| Workload::ALL.to_vec(), |bug| bug.workloads.clone()),
        nemeses: bug.map_or_else(|| CONTROL_NEMESES.to_vec(), |bug| bug.nemeses.clone()),
        lasts: Duration::from_secs(seconds),
        seed,
        nodes: 3,
        callers: 5,
        rate: 300,
        folder: options.into.join(format!("{name}-{seed}")),
        binaries: build.cargo.binaries(),
        daemon: "keyrackd".into(),
        bug: bug.map(|bug| bug.name.clone()),
        slot: options.slot,
        loopback: false,
        // Alternating: some bugs need long faults, others need many.
        timing: if seed.is_multiple_of(2) { FaultTiming::quick() } else { FaultTiming::default() },
    }
}

/// The checkers that found something, and the first finding.
fn found(verdict: &Verdict) -> (Vec<String>, String) {
    let finders = || verdict.checks.iter().filter(|check| !check.findings.is_empty());
    let first = finders().flat_map(|check| check.findings.iter().map(move |finding| (check, finding))).next();
    let text =
        first.map_or_else(String::new, |(check, finding)| format!("{}: {}: {}", check.checker, finding.kind, finding.text));
    (finders().map(|check| check.checker.clone()).collect(), text)
}

/// Deletes the folder of a round that found nothing.
fn forget(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
