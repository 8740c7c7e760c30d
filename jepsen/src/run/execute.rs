//! A run from its beginning to its verdict.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use tokio::signal::unix::{SignalKind, signal};

use super::callers::{call_and_inject, resolve_all};
use super::not_possible::NotPossible;
use super::options::RunOptions;
use super::{binaries, final_state, folder, receipts};
use crate::check::{Verdict, judge};
use crate::cluster::{Cluster, Place, Plan};
use crate::history::{FinalState, History, Hotel, Op, RunSetup};
use crate::nemesis::{FaultTiming, Nemesis};
use crate::net::Network;
use crate::workload::{self, Recorder, Scale};

/// The outcome of a run.
pub struct RunResult {
    /// The record.
    pub history: History,
    /// The verdict of the checkers.
    pub verdict: Verdict,
}

/// Settings of every node: openraft logs only errors, because the machine has few cores.
const NODE_SETTINGS: [(&str, &str); 1] = [("KEYRACK_LOG_LEVEL", "info,openraft=error")];

/// The record of an unfinished run. It is saved if the run is interrupted.
#[derive(Default)]
struct Unfinished {
    recorder: Arc<Recorder>,
    setup: OnceLock<RunSetup>,
}

/// Runs, judges, and writes everything to the folder. A cluster that does not recover is a finding, not an error.
///
/// # Errors
/// [`NotPossible`], or a failure of the harness, such as a cluster that could not be set up.
pub async fn run(options: RunOptions, progress: ProgressBar) -> anyhow::Result<RunResult> {
    run_to_end(options, progress, &Unfinished::default()).await
}

/// Like [`run`], but stops at SIGINT or SIGTERM. It then saves the record so far to the folder and stops the cluster.
///
/// # Errors
/// As [`run`], and when it was interrupted.
pub async fn run_until_interrupted(options: RunOptions, progress: ProgressBar) -> anyhow::Result<RunResult> {
    let (unfinished, folder) = (Unfinished::default(), options.folder.clone());
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::select! {
        done = run_to_end(options, progress, &unfinished) => return done,
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    let Some(setup) = unfinished.setup.get() else { bail!("interrupted before the cluster was set up; nothing was recorded") };
    let (ops, faults) = unfinished.recorder.so_far();
    let history = History { setup: setup.clone(), ops, faults, final_state: FinalState::default() };
    history.save(&folder)?;
    bail!("interrupted; the {} operations that had ended are saved in {}", history.ops.len(), folder.display())
}

async fn run_to_end(options: RunOptions, progress: ProgressBar, unfinished: &Unfinished) -> anyhow::Result<RunResult> {
    let versions = binaries::versions(&options.binaries.join(&options.daemon), options.bug.as_deref())?;
    progress.set_message("starting nodes");
    let place = place(&options);
    let (possible, not_run): (Vec<Nemesis>, Vec<Nemesis>) =
        options.nemeses.iter().copied().partition(|nemesis| nemesis.obstacle(&place).is_none());
    let obstacles = not_run.iter().filter_map(|nemesis| Some((nemesis.name().to_owned(), nemesis.obstacle(&place)?)));
    let not_run: BTreeMap<String, String> = obstacles.collect();
    if possible.is_empty() && !not_run.is_empty() {
        return Err(NotPossible(not_run).into());
    }
    std::fs::create_dir_all(&options.folder).with_context(|| format!("cannot create {}", options.folder.display()))?;
    let loopback = place.network().is_none();
    let plan = Plan {
        folder: std::path::absolute(options.folder.join("cluster"))?,
        binaries: options.binaries.clone(),
        daemon: options.daemon.clone(),
        nodes: options.nodes,
        bug: options.bug.clone(),
        settings: NODE_SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let cluster = Arc::new(Cluster::start(plan, place).await?);
    let scale = Scale { hotels: 2, nights: 18 };
    let hotels = workload::open_hotels(&cluster, workload::plan_hotels(&options.workloads, scale)).await?;
    let recorder = unfinished.recorder.clone();
    let mut setup = setup(&options, &possible, not_run, loopback, versions, hotels);
    // This is the only place that sets it, so this cannot fail.
    let _ = unfinished.setup.set(setup.clone());
    let watch = receipts::CheckpointWatch::start(&cluster);
    let mut troubles = call_and_inject(&options, &cluster, &setup, &recorder, possible, &progress).await?;
    progress.set_message("resolving unknown outcomes");
    let (ops, faults) = recorder.so_far();
    let ops = resolve_all(ops, &cluster, &recorder).await;
    progress.set_message("reading the final state");
    let mut final_state = match end_of(&cluster, &setup, &ops, watch).await {
        Ok(final_state) => final_state,
        // After severe damage the final state may be unreadable. The answers to the callers are judged anyway.
        Err(cause) => {
            troubles.push(format!("the final state could not be read: {cause:#}"));
            FinalState::default()
        }
    };
    setup.ended = jiff::Timestamp::now().to_string();
    final_state.troubles = troubles;
    let history = History { setup, ops, faults, final_state };
    progress.set_message("checking");
    let judged = history.clone();
    let verdict = tokio::task::spawn_blocking(move || judge(&judged)).await?;
    folder::write(&options.folder, &history, &verdict)?;
    progress.finish_and_clear();
    Ok(RunResult { history, verdict })
}

/// The setup part of the run's record.
fn setup(
    options: &RunOptions,
    possible: &[Nemesis],
    not_run: BTreeMap<String, String>,
    loopback: bool,
    versions: BTreeMap<String, String>,
    hotels: Vec<Hotel>,
) -> RunSetup {
    RunSetup {
        seed: options.seed,
        workloads: options.workloads.iter().map(|workload| workload.name().to_owned()).collect(),
        nemeses: possible.iter().map(|nemesis| nemesis.name().to_owned()).collect(),
        not_run,
        nodes: options.nodes,
        skew_ms: 2_000 + possible.iter().map(|nemesis| nemesis.skew_ms()).max().unwrap_or(0),
        seconds: options.lasts.as_secs(),
        callers: options.callers,
        rate: options.rate,
        quick: options.timing == FaultTiming::quick(),
        loopback,
        bug: options.bug.clone(),
        started: jiff::Timestamp::now().to_string(),
        ended: String::new(),
        versions,
        hotels,
    }
}

/// The final state of the nodes, with the checks of receipts and checkpoints.
async fn end_of(
    cluster: &Arc<Cluster>,
    setup: &RunSetup,
    ops: &[Op],
    watch: receipts::CheckpointWatch,
) -> anyhow::Result<FinalState> {
    let mut final_state = final_state::read(cluster, setup).await?;
    (final_state.receipts, final_state.checkpoints) = watch.finish(cluster, ops, &mut final_state.nodes).await?;
    Ok(final_state)
}

/// Where the nodes run: in network namespaces where the machine allows it.
fn place(options: &RunOptions) -> Place {
    let port_base = 20_000 + u16::from(options.slot) * 50;
    if options.loopback {
        return Place::Loopback { port_base, why: "loopback was requested".into() };
    }
    match Network::build(&format!("krj{}", options.slot), options.slot, options.nodes, options.seed) {
        Ok(network) => Place::Namespaces(network),
        Err(cause) => Place::Loopback { port_base, why: format!("{cause:#}") },
    }
}
