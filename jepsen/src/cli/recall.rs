//! `keyrack-jepsen recall`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use keyrack_jepsen::recall::{self, Bug, CONTROL, Layer, Outcome, RecallOptions, Row};

use super::number::whole_number;
use super::print;

/// The options of `recall`.
#[derive(Args)]
pub struct Options {
    /// List the bugs and the promises that they break; run nothing.
    #[arg(long)]
    list: bool,
    /// Check that every patch applies; build and run nothing.
    #[arg(long)]
    check: bool,
    /// The bugs to plant, separated by commas. `control` is a run without any bug. Default: the control and all bugs.
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    bug: Vec<String>,
    /// The layers of tests to run, separated by commas: core, sim, processes, black-box. Default: all of them.
    #[arg(long, value_name = "LAYER[,LAYER]", value_delimiter = ',')]
    layer: Vec<String>,
    /// The longest time that one layer spends on one bug, in seconds.
    #[arg(long, default_value_t = 200, value_parser = whole_number::<u64>(0..=u64::MAX))]
    seconds: u64,
    /// The git checkout to copy. Default: the checkout that contains the working directory.
    #[arg(long)]
    source: Option<PathBuf>,
    /// The folder in which the copy is kept and built. Default: CARGO_TARGET_DIR/planted, or target/planted in the checkout.
    #[arg(long)]
    target_dir: Option<PathBuf>,
    /// The folder for the result (recall.json) and for the runs that found a bug. Results of the same commit that it already
    /// contains are kept.
    #[arg(long, default_value = "jepsen-recall")]
    into: PathBuf,
    /// A number from 1 to 200. Runs at the same time need different slots, because networks and ports depend on it.
    #[arg(long, default_value_t = 50, value_parser = whole_number::<u8>(1..=200))]
    slot: u8,
}

/// Plants the bugs, runs the layers and prints the result. Exit code 0: the control is green and every bug was found.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let source = source(options.source.as_ref())?;
    let all = recall::all(&source)?;
    let all_bugs = all.len();
    let (bugs, layers) = (wanted(all, &options.bug)?, layers(&options.layer)?);
    if options.list {
        let line = |bug: &Bug| format!("{:<26} {} ({})\n", bug.name, bug.broken, bug.promise);
        print::text(&bugs.iter().map(line).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.check {
        let folder = tempfile::tempdir()?;
        recall::apply_all(&source, folder.path())?;
        println!("all {all_bugs} patches apply");
        return Ok(ExitCode::SUCCESS);
    }
    let target = options.target_dir.clone().unwrap_or_else(|| {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| source.join("target"), PathBuf::from);
        target.join("planted")
    });
    let order = RecallOptions {
        bugs,
        control: options.bug.is_empty() || options.bug.iter().any(|name| name == CONTROL),
        layers,
        target: std::path::absolute(target)?,
        into: std::path::absolute(&options.into)?,
        source,
        cap: Duration::from_secs(options.seconds),
        slot: options.slot,
    };
    let (bugs, target) = (order.bugs.len(), order.target.display());
    println!("building the copy with {bugs} bugs in {target} (the first time RocksDB is compiled, about 20 minutes)");
    let result = recall::run(&order, tell).await?;
    if result.control.as_ref().is_some_and(|line| !line.is_green()) {
        println!("FAILED: a layer is not green without a bug");
    }
    let all = result.bugs.len();
    println!("detection power: {} of {all} found, {} of {all} by two or more layers", result.found_by(1), result.found_by(2));
    let missed: Vec<&str> =
        result.bugs.iter().filter(|line| line.found_by().next().is_none()).map(|line| line.name.as_str()).collect();
    if !missed.is_empty() {
        println!("not found: {}", missed.join(", "));
    }
    println!("{}", order.into.join("recall.json").display());
    Ok(if result.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the result of one bug.
fn tell(line: &Row) {
    println!("{}: {} {}", line.name, line.broken, line.promise);
    for found in &line.layers {
        let says = match &found.outcome {
            Outcome::Found { detectors, finding } => format!("FOUND by {}: {finding}", detectors.join(", ")),
            Outcome::NotFound { how } => format!("not found: {how}"),
            Outcome::NotRun { why } => format!("NOT RUN: {why}"),
        };
        println!("  {:<10} {:>6.1} s  {says}", found.layer, found.seconds);
    }
}

fn source(given: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        return Ok(std::path::absolute(given)?);
    }
    let top = Command::new("git").args(["rev-parse", "--show-toplevel"]).output().context("cannot run git")?;
    ensure!(top.status.success(), "the working directory is not in a git checkout. Name one with --source.");
    Ok(PathBuf::from(String::from_utf8(top.stdout)?.trim()))
}

fn wanted(all: Vec<Bug>, names: &[String]) -> anyhow::Result<Vec<Bug>> {
    if names.is_empty() {
        return Ok(all);
    }
    if let Some(unknown) = names.iter().find(|name| *name != CONTROL && !all.iter().any(|bug| bug.name == **name)) {
        bail!("there is no planted bug {unknown:?}. `keyrack-jepsen recall --list` lists them.");
    }
    Ok(all.into_iter().filter(|bug| names.contains(&bug.name)).collect())
}

fn layers(names: &[String]) -> anyhow::Result<Vec<Layer>> {
    if names.is_empty() {
        return Ok(Layer::ALL.to_vec());
    }
    let known = |name: &String| {
        let found = Layer::ALL.into_iter().find(|layer| layer.name() == name);
        found.with_context(|| format!("there is no layer {name:?}. Use one of: core, sim, processes, black-box"))
    };
    names.iter().map(known).collect()
}
