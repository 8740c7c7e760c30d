//! `keyrack-jepsen matrix`: every workload with every nemesis.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use indicatif::{MultiProgress, ProgressBar};
use keyrack_jepsen::check::Verdict;
use keyrack_jepsen::history::{History, Outcome};
use keyrack_jepsen::nemesis::{FaultTiming, Nemesis};
use keyrack_jepsen::run::{NotPossible, RunOptions, binaries, run as execute};
use keyrack_jepsen::workload::{NOT_IN_KEYRACK, Workload};
use serde::{Deserialize, Serialize};

use super::number::whole_number;
use super::run::{bar, nemeses};

/// The options of the matrix.
#[derive(Args)]
pub struct Options {
    /// How long callers send requests in each run, in seconds.
    #[arg(long, default_value_t = 300, value_parser = whole_number::<u64>(1..=604_800))]
    seconds: u64,
    /// The faults, separated by commas, or `all`. `keyrack-jepsen run --nemesis help` lists them.
    #[arg(long, value_name = "N[,N]", default_value = "all")]
    nemesis: String,
    /// The seed of the first run. The seed of each next run is 1 higher.
    #[arg(long, default_value_t = 1, value_parser = whole_number::<u64>(0..=u64::MAX))]
    seed: u64,
    /// How many runs are executed at the same time.
    #[arg(long, default_value_t = 1, value_parser = whole_number::<u8>(1..=64))]
    jobs: u8,
    /// Operations per second in each run, for all callers together.
    #[arg(long, default_value_t = 300, value_parser = whole_number::<u32>(1..=u32::MAX.into()))]
    rate: u32,
    /// The folder of the runs. Runs that it already contains are skipped, so that an interrupted matrix continues.
    #[arg(long, default_value = "jepsen-runs/matrix")]
    into: PathBuf,
}

/// The result of one row, stored in the run's folder as `row.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Row {
    nemesis: String,
    operations: u64,
    acknowledged: u64,
    unresolved: u64,
    faults: u64,
    not_run: Option<String>,
    /// Kinds of findings; empty if the run passed.
    findings: Vec<String>,
    /// Why there is no verdict.
    error: Option<String>,
}

/// Runs all rows that have no result yet. In a row all seven workloads run side by side, each in its own hotels, so a row tests
/// seven combinations of workload and nemesis.
pub async fn matrix(options: Options) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&options.into)?;
    let all = nemeses(&options.nemesis)?;
    let bars = MultiProgress::new();
    let mut waiting =
        all.iter().copied().enumerate().filter(|(_, nemesis)| !folder(&options, *nemesis).join("row.json").exists());
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < usize::from(options.jobs) {
            let Some((place, nemesis)) = waiting.next() else { break };
            let order = order(&options, place, nemesis)?;
            let bar = bars.add(bar(options.seconds));
            running.push(run_cell(nemesis, order, bar));
        }
        match running.next().await {
            Some(row) => print_row(&row?),
            None => break,
        }
    }
    let rows: Vec<Row> = all.iter().filter_map(|nemesis| read(&folder(&options, *nemesis))).collect();
    Ok(summary(&rows))
}

fn folder(options: &Options, nemesis: Nemesis) -> PathBuf {
    options.into.join(nemesis.name())
}

fn order(options: &Options, place: usize, nemesis: Nemesis) -> anyhow::Result<RunOptions> {
    Ok(RunOptions {
        workloads: Workload::ALL.to_vec(),
        nemeses: vec![nemesis],
        lasts: Duration::from_secs(options.seconds),
        seed: options.seed + place as u64,
        nodes: 3,
        callers: 5,
        rate: options.rate,
        folder: folder(options, nemesis),
        binaries: binaries()?,
        daemon: "keyrackd".into(),
        bug: None,
        slot: 10 + place as u8,
        loopback: false,
        timing: FaultTiming::default(),
    })
}

async fn run_cell(nemesis: Nemesis, order: RunOptions, bar: ProgressBar) -> anyhow::Result<Row> {
    let folder = order.folder.clone();
    // An interrupted matrix left an unfinished run here.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let row = match execute(order, bar).await {
        Ok(done) => row(nemesis, &done.history, &done.verdict),
        Err(cause) => {
            let not_run = cause.downcast_ref::<NotPossible>().and_then(|NotPossible(why)| why.get(nemesis.name()).cloned());
            let error = not_run.is_none().then(|| format!("{cause:#}"));
            Row { nemesis: nemesis.name().into(), not_run, error, ..Row::default() }
        }
    };
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("row.json"), serde_json::to_vec_pretty(&row)?)?;
    forget_data(&folder)?;
    Ok(row)
}

/// Deletes the nodes' data of a run that passed. Their logs stay.
fn forget_data(folder: &Path) -> anyhow::Result<()> {
    let good = read(folder).is_some_and(|row| row.findings.is_empty() && row.error.is_none());
    let Ok(homes) = std::fs::read_dir(folder.join("cluster")) else { return Ok(()) };
    for home in homes.flatten().map(|home| home.path()).filter(|_| good) {
        for part in ["data", "shim"] {
            if home.join(part).exists() {
                std::fs::remove_dir_all(home.join(part))?;
            }
        }
    }
    Ok(())
}

fn row(nemesis: Nemesis, history: &History, verdict: &Verdict) -> Row {
    let count = |is: fn(&Outcome) -> bool| history.ops.iter().filter(|op| is(&op.outcome)).count() as u64;
    let mut findings: Vec<String> = verdict
        .checks
        .iter()
        .flat_map(|check| check.findings.iter().map(|finding| format!("{}: {}", check.checker, finding.kind)))
        .collect();
    findings.sort();
    findings.dedup();
    let unresolved =
        history.ops.iter().filter(|op| matches!(op.outcome, Outcome::Unknown { .. }) && !op.call.is_read()).count() as u64;
    Row {
        nemesis: nemesis.name().into(),
        operations: history.ops.len() as u64,
        acknowledged: count(|outcome| matches!(outcome, Outcome::Ok { .. })),
        unresolved,
        faults: history.faults_done(),
        not_run: history.not_run().first().map(|(_, why)| (*why).to_owned()),
        findings,
        error: None,
    }
}

fn read(folder: &Path) -> Option<Row> {
    serde_json::from_slice(&std::fs::read(folder.join("row.json")).ok()?).ok()
}

fn print_row(row: &Row) {
    let says = match (&row.error, &row.not_run, row.findings.is_empty()) {
        (Some(error), ..) => format!("NO VERDICT: {error}"),
        (None, Some(why), _) => format!("NOT RUN: {why}"),
        (None, None, true) => "passed".to_owned(),
        (None, None, false) => format!("FAILED: {}", row.findings.join(", ")),
    };
    println!(
        "{:<20} {:>9} operations {:>8} acknowledged {:>5} faults {:>3} unresolved  {says}",
        row.nemesis, row.operations, row.acknowledged, row.faults, row.unresolved
    );
}

fn summary(rows: &[Row]) -> ExitCode {
    println!();
    rows.iter().for_each(print_row);
    let operations: u64 = rows.iter().map(|row| row.operations).sum();
    let run = rows.iter().filter(|row| row.error.is_none() && row.not_run.is_none());
    let good = run.clone().filter(|row| row.findings.is_empty() && row.unresolved == 0).count();
    let (run, crossings) = (run.count(), Workload::ALL.len());
    println!("\n{operations} operations; {good} of {run} rows passed, {} combinations of workload and nemesis", run * crossings);
    for (workload, why) in NOT_IN_KEYRACK {
        println!("NOT RUN workload {workload}: {why}");
    }
    if good == rows.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
