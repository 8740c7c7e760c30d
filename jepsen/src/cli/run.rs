//! `keyrack-jepsen run`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyrack_jepsen::nemesis::{FaultTiming, Nemesis};
use keyrack_jepsen::run::{RunOptions, binaries, run_until_interrupted};
use keyrack_jepsen::workload::{NOT_IN_KEYRACK, Workload};

use super::number::whole_number;
use super::print;

/// The options of a run.
#[derive(Args)]
pub struct Options {
    /// The workloads, separated by commas; they run at the same time: reserve, hold, amend, retry, baskets, bulk, reads, or `all`.
    #[arg(long, value_name = "W[,W]", default_value = "all")]
    workload: String,
    /// The faults, separated by commas, or `all` or `none`. Each round draws one of them. `--nemesis help` lists them.
    #[arg(long, value_name = "N[,N]", default_value = "kill-leader")]
    nemesis: String,
    /// How long callers send requests, in seconds.
    #[arg(long, default_value_t = 60, value_parser = whole_number::<u64>(1..=604_800))]
    seconds: u64,
    /// The seed of all random numbers. The same seed draws the same operations and faults. Default: a seed from the clock.
    #[arg(long, value_parser = whole_number::<u64>(0..=u64::MAX))]
    seed: Option<u64>,
    /// The number of nodes.
    #[arg(long, default_value_t = 3, value_parser = whole_number::<u32>(1..=9))]
    nodes: u32,
    /// The number of callers of each workload.
    #[arg(long, default_value_t = 5, value_parser = whole_number::<u32>(1..=1_000))]
    callers: u32,
    /// Operations per second, for all callers together.
    #[arg(long, default_value_t = 300, value_parser = whole_number::<u32>(1..=u32::MAX.into()))]
    rate: u32,
    /// The folder in which the run's own folder is created.
    #[arg(long, default_value = "jepsen-runs")]
    into: PathBuf,
    /// The file name of the daemon, in the folder KEYRACK_BIN_DIR or, without it, beside this program.
    #[arg(long, default_value = "keyrackd")]
    daemon: String,
    /// The planted bug to switch on. The daemon must be built with planted bugs, as `recall` builds it.
    #[arg(long)]
    bug: Option<String>,
    /// A number from 1 to 200. Runs at the same time need different slots, because networks and ports depend on it.
    #[arg(long, default_value_t = 1, value_parser = whole_number::<u8>(1..=200))]
    slot: u8,
    /// Make faults and the pauses between them short: more faults, fewer operations.
    #[arg(long)]
    quick: bool,
    /// Run all nodes on loopback, without network namespaces. Network faults are then not possible.
    #[arg(long)]
    loopback: bool,
}

/// Runs the workloads and prints the verdict.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    if options.nemesis == "help" {
        let line = |nemesis: Nemesis| format!("{:<20} {}\n", nemesis.name(), nemesis.does());
        print::text(&Nemesis::all_and_none().map(line).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let order = order(&options)?;
    let bar = bar(options.seconds);
    let folder = order.folder.clone();
    let done = run_until_interrupted(order, bar).await?;
    print::verdict(&done.history, &done.verdict)?;
    print::text(&format!("{}\n", folder.display()))?;
    Ok(print::code(&done.history, &done.verdict))
}

fn order(options: &Options) -> anyhow::Result<RunOptions> {
    let now = jiff::Zoned::now();
    let seed = options.seed.unwrap_or_else(|| now.timestamp().as_microsecond().unsigned_abs() % 1_000_000_000);
    let name = format!("{}-{seed}", now.strftime("%Y%m%d-%H%M%S"));
    Ok(RunOptions {
        workloads: workloads(&options.workload)?,
        nemeses: nemeses(&options.nemesis)?,
        lasts: Duration::from_secs(options.seconds),
        seed,
        nodes: options.nodes,
        callers: options.callers,
        rate: options.rate,
        folder: options.into.join(name),
        binaries: binaries()?,
        daemon: options.daemon.clone(),
        bug: options.bug.clone(),
        slot: options.slot,
        loopback: options.loopback,
        timing: if options.quick { FaultTiming::quick() } else { FaultTiming::default() },
    })
}

/// Parses a list of workload names.
pub fn workloads(list: &str) -> anyhow::Result<Vec<Workload>> {
    if list == "all" {
        return Ok(Workload::ALL.to_vec());
    }
    let known = || Workload::ALL.iter().map(|workload| workload.name()).collect::<Vec<_>>().join(", ");
    let named = |name: &str| {
        if let Some((_, why)) = NOT_IN_KEYRACK.iter().find(|(other, _)| *other == name) {
            bail!("cannot run the workload {name}: {why}");
        }
        Workload::named(name).ok_or_else(|| anyhow::anyhow!("there is no workload {name:?}. Use one of: {}, all", known()))
    };
    once("workload", list)?.into_iter().map(named).collect()
}

/// Parses a list of nemesis names.
pub fn nemeses(list: &str) -> anyhow::Result<Vec<Nemesis>> {
    match list {
        "all" => return Ok(Nemesis::all()),
        "none" => return Ok(vec![Nemesis::None]),
        _ => {}
    }
    let names = || Nemesis::all().into_iter().map(Nemesis::name).collect::<Vec<_>>();
    let known = || format!("{}, all, none", names().join(", "));
    let named =
        |name: &str| Nemesis::named(name).ok_or_else(|| anyhow::anyhow!("there is no nemesis {name:?}. Use one of: {}", known()));
    let nemeses: Vec<Nemesis> = once("nemesis", list)?.into_iter().map(named).collect::<anyhow::Result<_>>()?;
    ensure!(
        nemeses.len() == 1 || !nemeses.contains(&Nemesis::None),
        "--nemesis none cannot be combined with another nemesis. Leave out none."
    );
    Ok(nemeses)
}

/// The names in a list. A name that is listed twice is refused: two workloads of one name would use the same hotels.
fn once<'l>(what: &str, list: &'l str) -> anyhow::Result<Vec<&'l str>> {
    let mut names = Vec::new();
    for name in list.split(',').map(str::trim) {
        ensure!(!names.contains(&name), "the {what} {name:?} is listed twice. List it once.");
        names.push(name);
    }
    Ok(names)
}

/// A progress bar on stderr. It is hidden if stderr is not a terminal.
pub fn bar(seconds: u64) -> ProgressBar {
    let bar = ProgressBar::new(seconds);
    let style = ProgressStyle::with_template("{bar:40} {pos:>4}/{len} s  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
