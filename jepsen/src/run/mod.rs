//! A run: a cluster, callers, harm, the end, the verdict.

mod binaries;
mod final_state;
mod folder;
mod receipts;

pub use binaries::binaries;
pub use folder::{rejudge, write};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::check::{Verdict, judge};
use crate::cluster::{Cluster, Place, Plan};
use crate::history::{FinalState, History, Op, Outcome, RunSetup};
use crate::nemesis::{self, FaultTiming, Nemesis};
use crate::net::Network;
use crate::rng::Rng;
use crate::workload::{self, Caller, Patience, Recorder, Scale, Workload};

/// What to run.
#[derive(Clone, Debug)]
pub struct Order {
    /// Side by side, each with hotels and callers of its own.
    pub workloads: Vec<Workload>,
    /// One after the other, drawn.
    pub nemeses: Vec<Nemesis>,
    /// How long callers call.
    pub lasts: Duration,
    /// Everything random comes from it.
    pub seed: u64,
    /// Nodes.
    pub nodes: u32,
    /// Callers of each workload.
    pub callers: u32,
    /// Operations a second, all callers together; they are slower when the cluster is.
    pub rate: u32,
    /// The run's folder.
    pub folder: PathBuf,
    /// Where the binaries are, and the daemon's name there.
    pub binaries: PathBuf,
    /// The daemon's file name.
    pub daemon: String,
    /// A planted bug.
    pub bug: Option<String>,
    /// Tells networks and ports of several runs apart: 1 to 200.
    pub slot: u8,
    /// Everything on loopback, also where namespaces could be had.
    pub loopback: bool,
    /// How long and how often.
    pub timing: FaultTiming,
}

/// What a run came to.
pub struct Done {
    /// All of it.
    pub history: History,
    /// What the checkers say.
    pub verdict: Verdict,
}

const RESOLVED_WITHIN: Patience = Patience { per_try: Duration::from_secs(5), in_all: Duration::from_secs(60), believes: false };
/// Callers of three kinds: those who hang up before the node gives up, those who wait for what it says then and ask again,
/// and those who believe it when it says that nothing was done.
const PATIENCE: [Patience; 3] = [
    Patience { per_try: Duration::from_millis(1_500), in_all: Duration::from_secs(8), believes: false },
    Patience { per_try: Duration::from_secs(7), in_all: Duration::from_secs(15), believes: true },
    Patience { per_try: Duration::from_secs(7), in_all: Duration::from_secs(15), believes: false },
];
/// Raft in a run's cluster reacts as fast as in a LAN; the machine has few cores.
const FAST: [(&str, &str); 1] = [("KEYRACK_LOG_LEVEL", "info,openraft=error")];

/// Nothing of what was asked for can be done here: with why, by nemesis.
#[derive(Debug)]
pub struct NotPossible(pub BTreeMap<String, String>);

impl std::fmt::Display for NotPossible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(nemesis, why)| format!("{nemesis} ({why})")).collect();
        write!(f, "no fault that was asked for can be done here: {}", each.join("; "))
    }
}

impl std::error::Error for NotPossible {}

/// What is known of a run before its end.
#[derive(Default)]
struct SoFar {
    recorder: Arc<Recorder>,
    setup: OnceLock<RunSetup>,
}

/// Runs it, judges it, and leaves everything in the folder. A cluster that does not recover is a finding, not an error.
///
/// # Errors
/// [`NotPossible`]; or when the cluster could not be set up. Before the cluster is, nothing is left behind.
pub async fn run(order: Order, progress: ProgressBar) -> anyhow::Result<Done> {
    whole(order, progress, &SoFar::default()).await
}

/// The same, until SIGINT or SIGTERM: then what was asked until then stays in the folder, and the cluster is gone.
///
/// # Errors
/// As above, and when it was interrupted.
pub async fn run_until_interrupted(order: Order, progress: ProgressBar) -> anyhow::Result<Done> {
    let (so_far, folder) = (SoFar::default(), order.folder.clone());
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::select! {
        done = whole(order, progress, &so_far) => return done,
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    let Some(setup) = so_far.setup.get() else { bail!("interrupted before the cluster was there") };
    let (ops, faults) = so_far.recorder.so_far();
    let history = History { setup: setup.clone(), ops, faults, final_state: FinalState::default() };
    history.save(&folder)?;
    bail!("interrupted; the {} operations that had ended are in {}", history.ops.len(), folder.display())
}

async fn whole(order: Order, progress: ProgressBar, so_far: &SoFar) -> anyhow::Result<Done> {
    let versions = binaries::versions(&order.binaries.join(&order.daemon), order.bug.as_deref())?;
    progress.set_message("starting nodes");
    let place = place(&order);
    let (possible, not_run): (Vec<Nemesis>, Vec<Nemesis>) =
        order.nemeses.iter().copied().partition(|nemesis| nemesis.obstacle(&place).is_none());
    let obstacles = not_run.iter().filter_map(|nemesis| Some((nemesis.name().to_owned(), nemesis.obstacle(&place)?)));
    let not_run: BTreeMap<String, String> = obstacles.collect();
    if possible.is_empty() && !not_run.is_empty() {
        return Err(NotPossible(not_run).into());
    }
    std::fs::create_dir_all(&order.folder).with_context(|| format!("cannot make {}", order.folder.display()))?;
    let loopback = place.network().is_none();
    let plan = Plan {
        folder: std::path::absolute(order.folder.join("cluster"))?,
        binaries: order.binaries.clone(),
        daemon: order.daemon.clone(),
        nodes: order.nodes,
        bug: order.bug.clone(),
        settings: FAST.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let cluster = Arc::new(Cluster::start(plan, place).await?);
    let scale = Scale { hotels: 2, nights: 18 };
    let hotels = workload::open(&cluster, workload::plan(&order.workloads, scale)).await?;
    let recorder = so_far.recorder.clone();
    let mut setup = RunSetup {
        seed: order.seed,
        workloads: order.workloads.iter().map(|workload| workload.name().to_owned()).collect(),
        nemeses: possible.iter().map(|nemesis| nemesis.name().to_owned()).collect(),
        not_run,
        nodes: order.nodes,
        skew_ms: 2_000 + possible.iter().map(|nemesis| nemesis.skew_ms()).max().unwrap_or(0),
        seconds: order.lasts.as_secs(),
        callers: order.callers,
        rate: order.rate,
        quick: order.timing == FaultTiming::quick(),
        loopback,
        bug: order.bug.clone(),
        started: jiff::Timestamp::now().to_string(),
        ended: String::new(),
        versions,
        hotels,
    };
    // It is set once.
    let _ = so_far.setup.set(setup.clone());
    let watch = receipts::Watch::start(&cluster);
    let mut troubles = work(&order, &cluster, &setup, &recorder, possible, &progress).await?;
    progress.set_message("asking about what is unknown");
    let (ops, faults) = recorder.so_far();
    let ops = resolve_all(ops, &cluster, &recorder).await;
    progress.set_message("reading the end");
    let mut final_state = match end_of(&cluster, &setup, &ops, watch).await {
        Ok(final_state) => final_state,
        // The worse the damage, the less there is to read: what callers saw is judged all the same.
        Err(cause) => {
            troubles.push(format!("the end could not be read: {cause:#}"));
            FinalState::default()
        }
    };
    setup.ended = jiff::Timestamp::now().to_string();
    final_state.troubles = troubles;
    let history = History { setup, ops, faults, final_state };
    progress.set_message("checking");
    let judged = history.clone();
    let verdict = tokio::task::spawn_blocking(move || judge(&judged)).await?;
    folder::write(&order.folder, &history, &verdict)?;
    progress.finish_and_clear();
    Ok(Done { history, verdict })
}

/// What the nodes say at the end, and what became of receipts and checkpoints.
async fn end_of(cluster: &Arc<Cluster>, setup: &RunSetup, ops: &[Op], watch: receipts::Watch) -> anyhow::Result<FinalState> {
    let mut final_state = final_state::read(cluster, setup).await?;
    (final_state.receipts, final_state.checkpoints) = watch.finish(cluster, ops, &mut final_state.nodes).await?;
    Ok(final_state)
}

/// In namespaces where the machine lets us.
fn place(order: &Order) -> Place {
    let port_base = 20_000 + u16::from(order.slot) * 50;
    if order.loopback {
        return Place::Loopback { port_base, why: "loopback was asked for".into() };
    }
    match Network::build(&format!("krj{}", order.slot), order.slot, order.nodes, order.seed) {
        Ok(network) => Place::Namespaces(network),
        Err(cause) => Place::Loopback { port_base, why: format!("{cause:#}") },
    }
}

/// Callers and nemesis side by side; returns what was wrong with the cluster's recovery.
async fn work(
    order: &Order,
    cluster: &Arc<Cluster>,
    setup: &RunSetup,
    recorder: &Arc<Recorder>,
    nemeses: Vec<Nemesis>,
    progress: &ProgressBar,
) -> anyhow::Result<Vec<String>> {
    let end = Instant::now() + order.lasts;
    let all = order.callers * order.workloads.len() as u32;
    let pace = Duration::from_secs(1) * all / order.rate.max(1);
    let mut callers = JoinSet::new();
    for workload in &order.workloads {
        let prefix = format!("{}-", workload.name());
        let own = setup.hotels.iter().filter(|hotel| hotel.property.starts_with(&prefix)).cloned().collect();
        let own = Arc::new(own);
        for number in 0..order.callers {
            let who = (*workload, number);
            let patience = PATIENCE[number as usize % PATIENCE.len()];
            let caller = Caller::new(who, order.seed, cluster.clone(), Arc::clone(&own), recorder.clone(), patience);
            callers.spawn(caller.work(end, pace));
        }
    }
    let context = nemesis::FaultContext { cluster: cluster.clone(), recorder: recorder.clone(), rng: Rng::new(order.seed, 0) };
    let mut inject_faults = std::pin::pin!(nemesis::inject_faults(context, nemeses, order.timing, end));
    let mut troubles = Vec::new();
    let began = Instant::now();
    loop {
        tokio::select! {
            ended = &mut inject_faults => {
                match ended {
                    Ok(rounds) => recorder.fault("none", "end", format!("{rounds} rounds"), &[]),
                    Err(cause) => troubles.push(format!("{cause:#}")),
                }
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(250)) => {
                progress.set_position(began.elapsed().as_secs().min(order.lasts.as_secs()));
                progress.set_message(format!("{} operations", recorder.count()));
            }
        }
    }
    while let Some(ended) = callers.join_next().await {
        ended.context("a caller panicked")?;
    }
    if let Err(cause) = nemesis::heal(cluster, recorder, nemesis::RECOVERED_WITHIN).await {
        troubles.push(format!("at the end: {cause:#}"));
    }
    Ok(troubles)
}

/// Every write of which nobody knows is asked about with its key.
async fn resolve_all(ops: Vec<Op>, cluster: &Arc<Cluster>, recorder: &Arc<Recorder>) -> Vec<Op> {
    let (unknown, mut known): (Vec<Op>, Vec<Op>) = ops
        .into_iter()
        .partition(|op| matches!(op.outcome, Outcome::Unknown { .. }) && op.tries > 0 && !workload::is_read(&op.call));
    let mut waiting = unknown.into_iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < 16 {
            let Some(op) = waiting.next() else { break };
            let (cluster, recorder) = (cluster.clone(), recorder.clone());
            asked.spawn(async move { workload::resolve(op, &cluster, &recorder, RESOLVED_WITHIN).await });
        }
        match asked.join_next().await {
            Some(Ok(op)) => known.push(op),
            Some(Err(_)) => {}
            None => break,
        }
    }
    known.sort_by_key(|op| op.id);
    known
}
