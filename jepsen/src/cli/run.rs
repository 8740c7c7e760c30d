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

use super::print;

/// What to run.
#[derive(Args)]
pub struct Options {
    /// reserve, hold, amend, retry, baskets, reads; several with commas; all of them at once when absent.
    #[arg(long, value_name = "W[,W]", default_value = "all")]
    workload: String,
    /// What is done to the cluster; several with commas, drawn one after the other; `all`, `none`. `--nemesis help` says
    /// what each does.
    #[arg(long, value_name = "N[,N]", default_value = "kill-leader")]
    nemesis: String,
    /// How long callers call.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    seconds: u64,
    /// Everything random comes from it; drawn from the clock when absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Nodes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
    nodes: u32,
    /// Callers of each workload.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    callers: u32,
    /// Operations a second, all callers together.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Where the run's folder is made.
    #[arg(long, default_value = "jepsen-runs")]
    into: PathBuf,
    /// The daemon to run, in the folder of the other binaries (KEYRACK_BIN_DIR, or beside this program).
    #[arg(long, default_value = "keyrackd")]
    daemon: String,
    /// A planted bug to switch on; the daemon must have been built with them.
    #[arg(long)]
    bug: Option<String>,
    /// Tells runs at the same time apart: 1 to 200.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=200))]
    slot: u8,
    /// Short faults with little between them: more of them, and fewer operations.
    #[arg(long)]
    quick: bool,
    /// All nodes on loopback; without network namespaces the network cannot be harmed.
    #[arg(long)]
    loopback: bool,
}

/// Runs and prints the verdict.
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

/// Workloads by their names.
pub fn workloads(list: &str) -> anyhow::Result<Vec<Workload>> {
    if list == "all" {
        return Ok(Workload::ALL.to_vec());
    }
    let known = || Workload::ALL.iter().map(|workload| workload.name()).collect::<Vec<_>>().join(", ");
    let named = |name: &str| {
        if let Some((_, why)) = NOT_IN_KEYRACK.iter().find(|(other, _)| *other == name) {
            bail!("workload {name}: {why}");
        }
        Workload::named(name).ok_or_else(|| anyhow::anyhow!("no workload {name:?}; there are {}", known()))
    };
    once("workload", list)?.into_iter().map(named).collect()
}

/// Nemeses by their names.
pub fn nemeses(list: &str) -> anyhow::Result<Vec<Nemesis>> {
    match list {
        "all" => return Ok(Nemesis::all()),
        "none" => return Ok(vec![Nemesis::None]),
        _ => {}
    }
    let names = || Nemesis::all().into_iter().map(Nemesis::name).collect::<Vec<_>>();
    let known = || format!("{}, none", names().join(", "));
    let named = |name: &str| Nemesis::named(name).ok_or_else(|| anyhow::anyhow!("no nemesis {name:?}; there are {}", known()));
    let nemeses: Vec<Nemesis> = once("nemesis", list)?.into_iter().map(named).collect::<anyhow::Result<_>>()?;
    ensure!(nemeses.len() == 1 || !nemeses.contains(&Nemesis::None), "none is the only nemesis, or not one of them");
    Ok(nemeses)
}

/// The names of a list, none twice: two workloads of one name would be in the same hotels.
fn once<'l>(what: &str, list: &'l str) -> anyhow::Result<Vec<&'l str>> {
    let mut names = Vec::new();
    for name in list.split(',').map(str::trim) {
        ensure!(!names.contains(&name), "{what} {name:?} is named twice");
        names.push(name);
    }
    Ok(names)
}

/// A bar for a terminal; nothing where stderr is none.
pub fn bar(seconds: u64) -> ProgressBar {
    let bar = ProgressBar::new(seconds);
    let style = ProgressStyle::with_template("{bar:40} {pos:>4}/{len} s  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
