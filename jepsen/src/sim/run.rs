//! One run: a cluster and its clients, a time with faults, then a time without faults in which the cluster must recover.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use turmoil::{Builder, Sim};

use crate::clients::{self, ClientSignals};
use crate::faults::Faults;
use crate::node;
use crate::observer::Violation;
use crate::rng::Rng;
use crate::running::RunningNodes;
use crate::trace::Trace;
use crate::world::{EPOCH_MS, HOSTS, LATENCY_MS, World};

const TICK_MS: u64 = 2;
/// How long a cluster may take to start, and to recover after the last fault.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub seed: u64,
    pub voters: u64,
    pub simulated: Duration,
    pub operations: u64,
    pub reads: u64,
    pub elections: u64,
    pub entries: u64,
    pub crashes: u64,
    pub snapshots: u64,
    pub installed: u64,
    pub faults: BTreeMap<&'static str, u64>,
    pub violations: Vec<Violation>,
    pub trace: String,
}

/// Runs a seed, with faults for this number of simulated seconds.
pub fn run(seed: u64, seconds: u64, trace: Trace) -> Report {
    let mut rng = Rng::new(seed, 0);
    let voters = if rng.chance(700) { 3 } else { 5 };
    let world = Arc::new(World::new(seed, voters, trace));
    let running = Arc::<RunningNodes>::default();
    let mut faults = Faults::new(&world, running.clone());
    let ended = catch_unwind(AssertUnwindSafe(|| play(&world, &running, &mut faults, seconds, rng.within(3, 6))));
    let mut violations = world.observe(|observer| std::mem::take(&mut observer.violations));
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(what)) => violations.push(Violation { invariant: "progress", what }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            violations.push(Violation { invariant: "no panic", what: text.unwrap_or_default() });
        }
    }
    for violation in &violations {
        world.trace(0, format_args!("violation: {violation:?}"));
    }
    let boots: u64 = world.nodes().map(|(_, host)| host.boots.load(Ordering::Relaxed)).sum();
    world.observe(|observer| Report {
        seed,
        voters,
        simulated: Duration::from_micros(world.now_us()),
        operations: observer.operations,
        reads: observer.reads,
        elections: observer.elections(),
        entries: observer.highest,
        crashes: boots.saturating_sub(HOSTS),
        snapshots: observer.snapshots,
        installed: observer.installed,
        faults: faults.counts,
        violations,
        trace: world.end_trace(),
    })
}

fn play(world: &Arc<World>, running: &Arc<RunningNodes>, faults: &mut Faults, seconds: u64, clients: u64) -> Result<(), String> {
    let mut sim = Builder::new()
        .rng_seed(world.seed)
        .epoch(SystemTime::UNIX_EPOCH + Duration::from_millis(EPOCH_MS))
        .tick_duration(Duration::from_millis(TICK_MS))
        .simulation_duration(Duration::from_secs(100_000))
        .min_message_latency(Duration::ZERO)
        .max_message_latency(Duration::from_millis(LATENCY_MS))
        .udp_capacity(1 << 16)
        .enable_random_order()
        .build();
    for id in 1..=HOSTS {
        let (world, running) = (world.clone(), running.clone());
        sim.host(World::host(id), move || node::run(world.clone(), running.clone(), id));
    }
    let desk = ClientSignals::new(clients);
    sim.client("clients", clients::run(world.clone(), desk.clone()));
    until(&mut sim, (world, running), RECOVERY_LIMIT, |_| desk.ready.load(Ordering::Relaxed))
        .ok_or_else(|| format!("the cluster was not ready after {RECOVERY_LIMIT:?}"))?;
    until(&mut sim, (world, running), Duration::from_secs(seconds), |sim| {
        faults.step(sim, world);
        broken(world)
    });
    faults.heal(&mut sim, world);
    desk.stop.store(true, Ordering::Relaxed);
    let came_right = until(&mut sim, (world, running), RECOVERY_LIMIT, |sim| {
        faults.keep_up(sim, world);
        broken(world) || (desk.done.load(Ordering::Relaxed) == clients && faults.settled() && agree(world, running, faults))
    });
    if broken(world) {
        return Ok(());
    }
    for id in faults.voters().iter().filter(|_| came_right.is_some()) {
        if let Some(running) = running.on(*id).as_ref() {
            let mut live = running.shared.live.lock();
            world.observe(|observer| observer.ends_with(*id, &mut live.rows.rows));
        }
    }
    let done = desk.done.load(Ordering::Relaxed);
    came_right.ok_or_else(|| {
        let settled = faults.settled();
        format!("{RECOVERY_LIMIT:?} after the last fault {done} of {clients} clients were done; membership as wanted: {settled}")
    })
}

fn broken(world: &World) -> bool {
    world.observe(|observer| !observer.violations.is_empty())
}

/// Whether all voters have applied the newest entry.
fn agree(world: &World, running: &RunningNodes, faults: &Faults) -> bool {
    let newest = world.observe(|observer| observer.highest);
    let at_end = |id: &u64| running.on(*id).as_ref().is_some_and(|running| *running.shared.applied.borrow() == newest);
    faults.voters().iter().all(at_end)
}

/// Lets simulated time pass until `done`, for `at_most` this long. Returns `None` if it was not done.
fn until(
    sim: &mut Sim<'_>,
    (world, running): (&World, &RunningNodes),
    at_most: Duration,
    mut done: impl FnMut(&mut Sim<'_>) -> bool,
) -> Option<()> {
    let end = sim.elapsed() + at_most;
    while sim.elapsed() < end {
        if let Err(cause) = sim.step() {
            world.observe(|observer| observer.note("no process error", Err(cause.to_string())));
            return None;
        }
        world.set_now(sim.elapsed());
        let incarnation = |node| world.node(node).incarnation.load(Ordering::Relaxed);
        let leaders = running.leaders().into_iter().map(|(node, term)| (node, incarnation(node), term));
        let leaders: Vec<_> = leaders.collect();
        world.observe(|observer| observer.tick(&leaders, world.disks()));
        if done(sim) {
            return Some(());
        }
    }
    None
}
