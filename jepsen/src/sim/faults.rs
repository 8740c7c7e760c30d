//! Injects faults. Their kinds and times are drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use turmoil::Sim;

use crate::disk::{DiskCopy, Origin};
use crate::members;
use crate::rng::Rng;
use crate::running::{Ask, RunningNodes};
use crate::world::{CLIENTS, HOSTS, LATENCY_MS, World};

const HOUR_MS: i64 = 3_600_000;
const MEMBERSHIP_EVERY_US: u64 = 300_000;

/// A later step of a fault, in most cases its end.
enum LaterStep {
    Start(u64),
    /// Not an end: pauses a node, after disks have been slow for some time.
    Hold(u64),
    /// Releases one link of a paused node. Messages held on it arrive before those on links that are released later.
    Release(u64, u64),
    Network,
    Loss,
    Latency,
    Disk(u64),
    /// Stops a node of this incarnation, puts the copy in the place of its data, and starts it.
    PutBack {
        id: u64,
        incarnation: u64,
        copy: Box<DiskCopy>,
    },
}

/// The faults of one run.
pub struct Faults {
    rng: Rng,
    running: Arc<RunningNodes>,
    next_us: u64,
    next_step_us: u64,
    cures: Vec<(u64, LaterStep)>,
    network: bool,
    wanted: BTreeSet<u64>,
    settled: bool,
    /// How often each fault happened.
    pub counts: BTreeMap<&'static str, u64>,
}

impl Faults {
    pub fn new(world: &World, running: Arc<RunningNodes>) -> Faults {
        Faults {
            rng: Rng::new(world.seed, 3),
            running,
            next_us: 0,
            next_step_us: 0,
            cures: Vec::new(),
            network: false,
            wanted: (1..=world.voters).collect(),
            settled: true,
            counts: BTreeMap::new(),
        }
    }

    /// Ends the faults that are due, and begins a new one if it is time.
    pub fn step(&mut self, sim: &mut Sim<'_>, world: &World) {
        let now = world.now_us();
        self.keep_up(sim, world);
        if self.next_us == 0 {
            self.next_us = now + 500_000;
        }
        if now >= self.next_us {
            self.next_us = now + self.rng.within(100_000, 900_000);
            let what = self.begin(sim, world);
            *self.counts.entry(what).or_default() += 1;
            world.trace(0, format_args!("fault: {what}"));
        }
    }

    /// Ends the faults that are due, starts nodes that stopped, and takes the next step of a membership change.
    pub fn keep_up(&mut self, sim: &mut Sim<'_>, world: &World) {
        let now = world.now_us();
        for (_, cure) in self.cures.extract_if(.., |(at, _)| *at <= now).collect::<Vec<_>>() {
            self.cure(sim, world, cure);
        }
        for (id, _) in world.nodes() {
            let starts = |(_, step): &(u64, LaterStep)| matches!(step, LaterStep::Start(node) if *node == id);
            if !sim.is_host_running(World::host(id)) && !self.cures.iter().any(starts) {
                // It stopped on its own, so it lost its process but no data.
                self.down(world, id, false);
                self.later(world, 50, 600, LaterStep::Start(id));
            }
        }
        if now >= self.next_step_us {
            self.next_step_us = now + MEMBERSHIP_EVERY_US;
            self.settled = members::step(world, &self.running, &self.wanted);
        }
    }

    /// Ends all faults.
    pub fn heal(&mut self, sim: &mut Sim<'_>, world: &World) {
        for (_, cure) in std::mem::take(&mut self.cures) {
            // A copy that is put back is no end of a fault.
            if !matches!(cure, LaterStep::PutBack { .. }) {
                self.cure(sim, world, cure);
            }
        }
    }

    /// Whether the membership is the wanted one.
    pub fn settled(&self) -> bool {
        self.settled
    }

    pub fn voters(&self) -> &BTreeSet<u64> {
        &self.wanted
    }

    fn begin(&mut self, sim: &mut Sim<'_>, world: &World) -> &'static str {
        match self.rng.below(100) {
            0..=17 => self.crash(sim, world, 1),
            18..=20 => self.crash(sim, world, self.wanted.len() / 2 + 1),
            21..=22 => self.crash(sim, world, HOSTS as usize),
            23..=27 => self.kill(sim, world),
            28..=49 if !self.network => self.cut(sim, world),
            28..=49 => self.snapshot(),
            50..=55 => {
                world.set_loss(self.rng.within(10, 200));
                self.later(world, 500, 3_000, LaterStep::Loss);
                "loss"
            }
            56..=61 => {
                sim.set_max_message_latency(Duration::from_millis(self.rng.within(20, 200)));
                self.later(world, 500, 2_000, LaterStep::Latency);
                "delay"
            }
            62..=67 => {
                let id = self.node();
                world.disk(id).lock().sync_us = (5_000, self.rng.within(20_000, 300_000));
                self.later(world, 500, 3_000, LaterStep::Disk(id));
                "slow disk"
            }
            68..=72 => {
                let id = self.node();
                world.disk(id).lock().failing = true;
                "failing disk"
            }
            73..=79 => self.turn_clock(world),
            80..=84 => self.snapshot(),
            85..=88 => self.transfer(world),
            89..=92 => self.old_copy(world),
            93 => self.copy_all(sim, world),
            _ => self.change_members(sim, world),
        }
    }

    fn node(&mut self) -> u64 {
        let members: Vec<u64> = self.wanted.iter().copied().collect();
        if self.rng.chance(400) { members::leader(&self.running).unwrap_or(members[0]) } else { *self.rng.pick(&members) }
    }

    fn later(&mut self, world: &World, from_ms: u64, to_ms: u64, cure: LaterStep) {
        let at = world.now_us() + 1_000 * self.rng.within(from_ms, to_ms);
        self.cures.push((at, cure));
    }

    fn down(&mut self, world: &World, id: u64, power_lost: bool) {
        *self.running.on(id) = None;
        world.disk(id).lock().crash(power_lost);
    }

    fn take_down(&mut self, sim: &mut Sim<'_>, world: &World, id: u64, power_lost: bool) {
        if sim.is_host_running(World::host(id)) {
            sim.crash(World::host(id));
            self.down(world, id, power_lost);
            world.trace(id, format_args!("is down, power lost: {power_lost}"));
            self.later(world, 20, 1_500, LaterStep::Start(id));
        }
    }

    fn crash(&mut self, sim: &mut Sim<'_>, world: &World, count: usize) -> &'static str {
        if count == 1 {
            let id = self.node();
            self.take_down(sim, world, id, true);
            return "power loss of one";
        }
        let mut left: Vec<u64> = world.nodes().map(|(id, _)| id).collect();
        for _ in 0..count.min(left.len()) {
            let id = left.swap_remove(self.rng.below(left.len() as u64) as usize);
            self.take_down(sim, world, id, true);
        }
        if count == HOSTS as usize { "power loss of all" } else { "power loss of many" }
    }

    fn kill(&mut self, sim: &mut Sim<'_>, world: &World) -> &'static str {
        let id = self.node();
        self.take_down(sim, world, id, false);
        "kill"
    }

    fn cut(&mut self, sim: &mut Sim<'_>, world: &World) -> &'static str {
        self.network = true;
        let (one, kind) = (self.node(), self.rng.below(5));
        if kind == 3 && self.rng.chance(700) {
            return self.pause_with_slow_disks(world, one);
        }
        self.later(world, 200, 2_500, LaterStep::Network);
        let others: Vec<u64> = (1..=HOSTS).filter(|id| *id != one).collect();
        let name = World::host;
        match kind {
            0 => others.iter().for_each(|id| sim.partition(name(one), name(*id))),
            1 => others.iter().for_each(|id| sim.partition_oneway(name(one), name(*id))),
            2 => others.iter().for_each(|id| sim.partition_oneway(name(*id), name(one))),
            3 => others.iter().for_each(|id| sim.hold(name(one), name(*id))),
            // A ring: each node reaches only its two neighbours.
            _ => {
                for a in 1..=HOSTS {
                    (a + 1..=HOSTS).filter(|b| b - a == 2 || b - a == 3).for_each(|b| sim.partition(name(a), name(b)));
                }
            }
        }
        ["isolation", "node cannot send", "node cannot receive", "pause", "ring"][kind as usize]
    }

    /// Holds all messages of a node for some time, and then delivers them. Slow disks make sure that answers are on their way
    /// when this begins: the node reads these old answers when it resumes, and newer messages after them.
    fn pause_with_slow_disks(&mut self, world: &World, one: u64) -> &'static str {
        let end_ms = self.rng.within(1_500, 4_000);
        self.later(world, 300, 500, LaterStep::Hold(one));
        for other in (1..=HOSTS).filter(|id| *id != one) {
            world.disk(other).lock().sync_us = (20_000, 150_000);
            self.later(world, 800, 4_000, LaterStep::Disk(other));
            self.later(world, end_ms, end_ms + 12, LaterStep::Release(one, other));
        }
        self.later(world, end_ms, end_ms + 12, LaterStep::Release(one, CLIENTS));
        self.later(world, end_ms + 15, end_ms + 30, LaterStep::Network);
        "pause, slow disks"
    }

    fn turn_clock(&mut self, world: &World) -> &'static str {
        let id = self.node();
        let skew =
            if self.rng.chance(500) { *self.rng.pick(&[-HOUR_MS, HOUR_MS]) } else { self.rng.within(0, 4_000) as i64 - 2_000 };
        world.node(id).skew_ms.store(skew, Ordering::Relaxed);
        "clock"
    }

    fn snapshot(&mut self) -> &'static str {
        let id = self.node();
        self.ask(id, Ask::Snapshot);
        "snapshot"
    }

    fn ask(&self, id: u64, ask: Ask) {
        if let Some(running) = self.running.on(id).as_ref() {
            // Sending fails if the node is stopping, which is no error here.
            let _ = running.asks.send(ask);
        }
    }

    fn transfer(&mut self, world: &World) -> &'static str {
        let near: Vec<u64> = members::caught_up(world, &self.running).into_iter().filter(|id| self.wanted.contains(id)).collect();
        if let (Some(leader), false) = (members::leader(&self.running), near.is_empty()) {
            let to = *self.rng.pick(&near);
            self.ask(leader, Ask::Transfer(to));
        }
        "transfer"
    }

    fn change_members(&mut self, sim: &mut Sim<'_>, world: &World) -> &'static str {
        // An operator first completes a restore, and lets a node with an old copy rejoin.
        if !self.all_have_own_data(world) {
            return "member change skipped";
        }
        let outside: Vec<u64> = (1..=HOSTS).filter(|id| !self.wanted.contains(id)).collect();
        let inside: Vec<u64> = self.wanted.iter().copied().collect();
        match self.rng.below(3) {
            0 if !outside.is_empty() => {
                self.wanted.insert(*self.rng.pick(&outside));
                world.configure(self.wanted.clone());
                "member added"
            }
            1 if inside.len() > 3 => {
                self.wanted.remove(self.rng.pick(&inside));
                world.configure(self.wanted.clone());
                "member removed"
            }
            _ => self.wipe(sim, world, &inside),
        }
    }

    /// Takes a member's disk away, unless a member has not caught up.
    fn wipe(&mut self, sim: &mut Sim<'_>, world: &World, inside: &[u64]) -> &'static str {
        let id = *self.rng.pick(inside);
        let near = members::caught_up(world, &self.running);
        if !inside.iter().all(|member| near.contains(member)) {
            return "wipe skipped";
        }
        self.take_down(sim, world, id, true);
        world.node(id).incarnation.fetch_add(1, Ordering::Relaxed);
        self.settled = false;
        "wipe"
    }

    /// Copies a member's disk while the member runs. Later, the copy takes the place of the data.
    fn old_copy(&mut self, world: &World) -> &'static str {
        let id = self.node();
        let incarnation = world.node(id).incarnation.load(Ordering::Relaxed);
        let copy = Box::new(world.disk(id).lock().copied());
        let at = world.now_us() + 1_000 * self.rng.within(300, 4_000);
        self.cures.push((at, LaterStep::PutBack { id, incarnation, copy }));
        "old copy"
    }

    /// Puts a copy back if it is the only damage: a second member without its data would be too much for the others.
    fn put_back(&mut self, sim: &mut Sim<'_>, world: &World, (id, incarnation): (u64, u64), copy: DiskCopy) {
        let is_current = world.node(id).incarnation.load(Ordering::Relaxed) == incarnation;
        if !is_current || !self.wanted.contains(&id) || !self.all_have_own_data(world) {
            return world.trace(id, format_args!("copy not put back"));
        }
        let power_lost = self.rng.chance(500);
        self.take_down(sim, world, id, power_lost);
        let number = self.rng.next();
        world.disk(id).lock().put_back(copy, number);
        self.settled = false;
        *self.counts.entry("old copy put back").or_default() += 1;
        world.trace(id, format_args!("copy {number:x} was put back"));
    }

    /// All members stop, and each one's newest data are copied to a new disk: nothing is lost, but all have copies.
    fn copy_all(&mut self, sim: &mut Sim<'_>, world: &World) -> &'static str {
        if !self.all_have_own_data(world) {
            return "all copied skipped";
        }
        for id in self.wanted.clone() {
            self.take_down(sim, world, id, false);
            let disk = world.disk(id);
            let mut disk = disk.lock();
            let copy = disk.copied();
            disk.put_back(copy, self.rng.next());
        }
        "all copied"
    }

    /// Whether the membership is the wanted one, and every member has its own data.
    fn all_have_own_data(&self, world: &World) -> bool {
        let has = |id: &u64| {
            let disk = world.disk(*id);
            let disk = disk.lock();
            disk.origin == Origin::Own && !disk.is_empty()
        };
        self.settled && self.wanted.iter().all(has)
    }

    fn cure(&mut self, sim: &mut Sim<'_>, world: &World, cure: LaterStep) {
        match cure {
            LaterStep::Start(id) => {
                if !sim.is_host_running(World::host(id)) {
                    sim.bounce(World::host(id));
                }
            }
            LaterStep::Hold(one) => {
                let others = (1..=HOSTS).filter(|id| *id != one).chain([CLIENTS]);
                others.for_each(|id| sim.hold(World::host(one), World::host(id)));
            }
            LaterStep::Release(one, other) => sim.release(World::host(one), World::host(other)),
            LaterStep::Network => {
                self.network = false;
                for a in 1..=HOSTS {
                    sim.release(World::host(a), World::host(CLIENTS));
                    for b in a + 1..=HOSTS {
                        sim.release(World::host(a), World::host(b));
                        sim.repair(World::host(a), World::host(b));
                    }
                }
                world.trace(0, format_args!("network repaired"));
            }
            LaterStep::Loss => world.set_loss(0),
            LaterStep::Latency => sim.set_max_message_latency(Duration::from_millis(LATENCY_MS)),
            LaterStep::Disk(id) => world.disk(id).lock().sync_us = (200, 3_000),
            LaterStep::PutBack { id, incarnation, copy } => self.put_back(sim, world, (id, incarnation), *copy),
        }
    }
}
