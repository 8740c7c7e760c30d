//! Runs one seed, many seeds, or each seed twice.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::run::{Report, run};
use crate::trace::Trace;

/// Prints a line on stdout. A reader that closes the pipe early, such as `head`, is no error. Any other error ends the program.
macro_rules! say {
    ($($text:tt)*) => {
        if let Err(cause) = writeln!(std::io::stdout(), $($text)*)
            && cause.kind() != std::io::ErrorKind::BrokenPipe
        {
            eprintln!("keyrack-sim: cannot write to stdout: {cause}");
            std::process::exit(2);
        }
    };
}

/// The default duration of the faults, in simulated seconds.
pub const SECONDS: u64 = 20;

/// Runs one seed and prints its report.
pub fn one(seed: u64, seconds: u64, file: Option<&Path>, digest: bool) -> anyhow::Result<bool> {
    let trace = Trace::new(file, digest).with_context(|| format!("cannot write {}", file.unwrap_or(Path::new("")).display()))?;
    let report = run(seed, seconds, trace);
    say!(
        "seed {seed}: {} voters, {:?} simulated, {} operations ({} reads), {} entries, {} elections, {} crashes, \
         {} snapshots ({} installed)",
        report.voters,
        report.simulated,
        report.operations,
        report.reads,
        report.entries,
        report.elections,
        report.crashes,
        report.snapshots,
        report.installed
    );
    say!("faults: {:?}", report.faults);
    if file.is_some() || digest {
        say!("trace: {}", report.trace);
    }
    for violation in &report.violations {
        say!("violated: {}: {}", violation.invariant, violation.what);
    }
    Ok(report.violations.is_empty())
}

/// Runs many seeds, `jobs` at the same time.
pub fn many(seeds: Range<u64>, jobs: u64, seconds: u64) -> bool {
    let count = seeds.end - seeds.start;
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {eta} left") {
        bar.set_style(style);
    }
    let next = Mutex::new(seeds);
    let mut total = Report::default();
    let mut broken = 0;
    thread::scope(|scope| {
        let (reports, arrived) = mpsc::channel();
        for _ in 0..jobs {
            let (reports, next) = (reports.clone(), &next);
            scope.spawn(move || {
                let draw = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(seed) = draw() {
                    if reports.send(run(seed, seconds, Trace::default())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(reports);
        for report in arrived {
            bar.inc(1);
            broken += u64::from(!report.violations.is_empty());
            if let Some(first) = report.violations.first() {
                bar.suspend(|| {
                    say!("seed {} violates {}: {}", report.seed, first.invariant, first.what);
                    let bug = std::env::var("KEYRACK_PLANTED_BUG")
                        .map_or_else(|_| String::new(), |bug| format!("KEYRACK_PLANTED_BUG={bug} "));
                    say!("  repeat it with: {bug}keyrack-sim run --seed {} --seconds {seconds}", report.seed);
                });
            }
            total.add(report);
        }
    });
    bar.finish_and_clear();
    say!(
        "{count} seeds: {} operations, {} elections, {} crashes, {} snapshots ({} installed), {} faults, \
         {broken} seeds with violations",
        total.operations,
        total.elections,
        total.crashes,
        total.snapshots,
        total.installed,
        total.faults.values().sum::<u64>()
    );
    say!("faults: {:?}", total.faults);
    broken == 0
}

impl Report {
    fn add(&mut self, other: Report) {
        self.operations += other.operations;
        self.elections += other.elections;
        self.crashes += other.crashes;
        self.snapshots += other.snapshots;
        self.installed += other.installed;
        let faults: &mut BTreeMap<_, _> = &mut self.faults;
        other.faults.into_iter().for_each(|(fault, times)| *faults.entry(fault).or_default() += times);
    }
}

/// Runs each seed in two processes. Both must have the same events.
pub fn twice(seeds: Range<u64>, seconds: u64) -> anyhow::Result<bool> {
    let count = seeds.end - seeds.start;
    let program = std::env::current_exe()?;
    let mut same = 0;
    for seed in seeds {
        let trace = || -> anyhow::Result<String> {
            let (seed, seconds) = (seed.to_string(), seconds.to_string());
            let output = Command::new(&program).args(["run", "--seed", &seed, "--seconds", &seconds, "--digest"]).output()?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let (first, second) = (trace()?, trace()?);
        let line = first.lines().find(|line| line.starts_with("trace: ")).unwrap_or("no trace");
        if first == second && line != "no trace" {
            same += 1;
            say!("seed {seed}: {line}, the same in both processes");
        } else {
            say!("seed {seed} differs between the two processes:\n{first}{second}");
        }
    }
    say!("{same} of {count} seeds gave the same events in two processes");
    Ok(same == count)
}
