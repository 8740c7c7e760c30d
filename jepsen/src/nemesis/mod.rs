//! Harm, one round after the other: begin, let it last, end, let the cluster recover.

mod clock;
mod disk;
mod heal;
mod network;
mod processes;
mod rot;
mod transfer;

pub use heal::heal;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::cluster::{Cluster, Place};
use crate::dice::Dice;
use crate::workload::Recorder;

/// What can be done to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nemesis {
    /// Nothing.
    None,
    /// SIGKILL of any node.
    KillOne,
    /// SIGKILL of a shard's leader.
    KillLeader,
    /// SIGKILL of all but one of three.
    KillMajority,
    /// SIGKILL of every node.
    KillAll,
    /// SIGSTOP of any node for a while.
    PauseOne,
    /// SIGSTOP of a shard's leader for longer than an election takes.
    PauseLeader,
    /// A minority that hears nothing of the majority.
    PartitionMajority,
    /// Every node hears its neighbours only.
    PartitionRing,
    /// A node that is heard but hears nothing, or the other way round.
    PartitionOneWay,
    /// One link is cut.
    PartitionLink,
    /// A shard's leader alone on one side.
    IsolateLeader,
    /// Packets are lost.
    Loss,
    /// Packets are late, some later than others.
    Delay,
    /// Clocks jump by up to an hour, forth or back.
    Clock,
    /// One node loses power: what was not synced is gone.
    PowerOne,
    /// All nodes lose power at once.
    PowerAll,
    /// The same, and the last write was cut in the middle.
    Torn,
    /// A bit flips in the log of a stopped node.
    RotWal,
    /// A bit flips in a sorted file of a stopped node.
    RotSst,
    /// A bit flips in a snapshot of a stopped node.
    RotSnapshot,
    /// A disk has no room.
    DiskFull,
    /// fsync fails; what it should have written is gone.
    FsyncFail,
    /// fsync takes long.
    FsyncSlow,
    /// Every node is stopped and started, one after the other.
    RollingRestart,
    /// Leaders change many times a second.
    TransferStorm,
    /// Two of the others at the same time.
    Combined,
}

impl Nemesis {
    /// All that do something, in the order of the matrix.
    pub const ALL: [Nemesis; 26] = [
        Nemesis::KillOne,
        Nemesis::KillLeader,
        Nemesis::KillMajority,
        Nemesis::KillAll,
        Nemesis::PauseOne,
        Nemesis::PauseLeader,
        Nemesis::PartitionMajority,
        Nemesis::PartitionRing,
        Nemesis::PartitionOneWay,
        Nemesis::PartitionLink,
        Nemesis::IsolateLeader,
        Nemesis::Loss,
        Nemesis::Delay,
        Nemesis::Clock,
        Nemesis::PowerOne,
        Nemesis::PowerAll,
        Nemesis::Torn,
        Nemesis::RotWal,
        Nemesis::RotSst,
        Nemesis::RotSnapshot,
        Nemesis::DiskFull,
        Nemesis::FsyncFail,
        Nemesis::FsyncSlow,
        Nemesis::RollingRestart,
        Nemesis::TransferStorm,
        Nemesis::Combined,
    ];

    /// Its name on the command line and in the history.
    pub fn name(self) -> &'static str {
        match self {
            Nemesis::None => "none",
            Nemesis::KillOne => "kill-one",
            Nemesis::KillLeader => "kill-leader",
            Nemesis::KillMajority => "kill-majority",
            Nemesis::KillAll => "kill-all",
            Nemesis::PauseOne => "pause-one",
            Nemesis::PauseLeader => "pause-leader",
            Nemesis::PartitionMajority => "partition-majority",
            Nemesis::PartitionRing => "partition-ring",
            Nemesis::PartitionOneWay => "partition-one-way",
            Nemesis::PartitionLink => "partition-link",
            Nemesis::IsolateLeader => "isolate-leader",
            Nemesis::Loss => "loss",
            Nemesis::Delay => "delay",
            Nemesis::Clock => "clock",
            Nemesis::PowerOne => "power-one",
            Nemesis::PowerAll => "power-all",
            Nemesis::Torn => "torn-write",
            Nemesis::RotWal => "rot-wal",
            Nemesis::RotSst => "rot-sst",
            Nemesis::RotSnapshot => "rot-snapshot",
            Nemesis::DiskFull => "disk-full",
            Nemesis::FsyncFail => "fsync-fail",
            Nemesis::FsyncSlow => "fsync-slow",
            Nemesis::RollingRestart => "rolling-restart",
            Nemesis::TransferStorm => "transfer-storm",
            Nemesis::Combined => "combined",
        }
    }

    /// What it does, in a line.
    pub fn does(self) -> &'static str {
        match self {
            Nemesis::None => "nothing",
            Nemesis::KillOne => "SIGKILL of any node",
            Nemesis::KillLeader => "SIGKILL of a shard's leader",
            Nemesis::KillMajority => "SIGKILL of a majority",
            Nemesis::KillAll => "SIGKILL of every node",
            Nemesis::PauseOne => "SIGSTOP of any node for a while, often with late packets and the others' disks slow",
            Nemesis::PauseLeader => "the same of a shard's leader, for longer than an election takes",
            Nemesis::PartitionMajority => "a minority hears nothing of the majority",
            Nemesis::PartitionRing => "every node hears its neighbours only",
            Nemesis::PartitionOneWay => "a node is heard but hears nothing, or the other way round",
            Nemesis::PartitionLink => "one link is cut",
            Nemesis::IsolateLeader => "a shard's leader is alone on one side",
            Nemesis::Loss => "packets are lost",
            Nemesis::Delay => "packets are late, some later than others",
            Nemesis::Clock => "clocks jump by up to an hour, forth or back",
            Nemesis::PowerOne => "one node loses power: what was not synced is gone",
            Nemesis::PowerAll => "all nodes lose power at once",
            Nemesis::Torn => "power goes, and the last write was cut in the middle",
            Nemesis::RotWal => "a bit flips in the log of a stopped node",
            Nemesis::RotSst => "a bit flips in a sorted file of a stopped node",
            Nemesis::RotSnapshot => "a bit flips in a snapshot of a stopped node",
            Nemesis::DiskFull => "a disk has no room",
            Nemesis::FsyncFail => "fsync fails; what it should have written is gone",
            Nemesis::FsyncSlow => "fsync takes long",
            Nemesis::RollingRestart => "every node is stopped and started, one after the other",
            Nemesis::TransferStorm => "leaders change many times a second",
            Nemesis::Combined => "two of the others at the same time",
        }
    }

    /// Why it cannot be done in this place, if so.
    pub fn obstacle(self, place: &Place) -> Option<String> {
        let needs_network = matches!(
            self,
            Nemesis::PartitionMajority
                | Nemesis::PartitionRing
                | Nemesis::PartitionOneWay
                | Nemesis::PartitionLink
                | Nemesis::IsolateLeader
                | Nemesis::Loss
                | Nemesis::Delay
        );
        match place {
            Place::Loopback { why, .. } if needs_network => Some(format!("no network namespaces: {why}")),
            _ => None,
        }
    }

    /// How far it drives clocks apart, ms.
    pub fn skew_ms(self) -> u64 {
        if matches!(self, Nemesis::Clock | Nemesis::Combined) { 2 * clock::FARTHEST_MS } else { 0 }
    }
}

/// What a nemesis works with.
pub struct Scene {
    /// To whom it is done.
    pub cluster: Arc<Cluster>,
    /// Where it is written down.
    pub recorder: Arc<Recorder>,
    /// Who draws what.
    pub dice: Dice,
}

/// How long faults and the calm between them last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// The shortest and the longest fault.
    pub fault_ms: (u64, u64),
    /// The shortest and the longest calm.
    pub calm_ms: (u64, u64),
}

impl Rhythm {
    /// Faults that are just long enough for an election, with little between them: three times as many.
    pub fn quick() -> Rhythm {
        Rhythm { fault_ms: (1_000, 2_500), calm_ms: (300, 1_500) }
    }
}

impl Default for Rhythm {
    fn default() -> Rhythm {
        Rhythm { fault_ms: (1_500, 6_000), calm_ms: (1_000, 5_000) }
    }
}

/// A recovery that takes longer is a failure of the run.
pub const RECOVERED_WITHIN: Duration = Duration::from_secs(90);

/// Does harm until `end`, each round one of `nemeses`. The cluster is whole afterwards.
///
/// # Errors
/// When the cluster did not recover from a fault in time.
pub async fn torment(mut scene: Scene, nemeses: Vec<Nemesis>, rhythm: Rhythm, end: Instant) -> anyhow::Result<u64> {
    let mut rounds = 0;
    while Instant::now() < end {
        let calm = scene.dice.within(rhythm.calm_ms.0, rhythm.calm_ms.1);
        tokio::time::sleep(Duration::from_millis(calm)).await;
        let Some(nemesis) = scene.dice.pick(&nemeses).copied() else { break };
        if Instant::now() >= end || nemesis == Nemesis::None {
            continue;
        }
        let lasts = Duration::from_millis(scene.dice.within(rhythm.fault_ms.0, rhythm.fault_ms.1));
        if nemesis == Nemesis::Combined {
            combine(&mut scene, lasts).await?;
        } else {
            act(nemesis, &mut scene, lasts).await?;
        }
        heal(&scene.cluster, &scene.recorder, RECOVERED_WITHIN).await?;
        rounds += 1;
    }
    Ok(rounds)
}

/// Two at once. Not two that each take away a majority or a disk: what is then left is not what was promised to survive.
async fn combine(scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let background = [Nemesis::Loss, Nemesis::Delay, Nemesis::Clock, Nemesis::FsyncSlow, Nemesis::TransferStorm];
    let foreground = [
        Nemesis::KillLeader,
        Nemesis::KillAll,
        Nemesis::PauseLeader,
        Nemesis::PartitionMajority,
        Nemesis::IsolateLeader,
        Nemesis::PowerOne,
        Nemesis::PowerAll,
        Nemesis::RollingRestart,
    ];
    let possible = |list: &[Nemesis]| -> Vec<Nemesis> {
        list.iter().copied().filter(|nemesis| nemesis.obstacle(&scene.cluster.place).is_none()).collect()
    };
    let (backs, fronts) = (possible(&background), possible(&foreground));
    let (Some(back), Some(front)) = (scene.dice.pick(&backs).copied(), scene.dice.pick(&fronts).copied()) else {
        bail!("nothing to combine");
    };
    let mut beside =
        Scene { cluster: scene.cluster.clone(), recorder: scene.recorder.clone(), dice: Dice::new(scene.dice.draw(), 7) };
    let (one, two) = tokio::join!(act(back, &mut beside, lasts), act(front, scene, lasts));
    one.and(two)
}

/// One fault from its beginning to its end.
async fn act(nemesis: Nemesis, scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    match nemesis {
        Nemesis::None | Nemesis::Combined => Ok(()),
        Nemesis::KillOne | Nemesis::KillLeader | Nemesis::KillMajority | Nemesis::KillAll => {
            processes::kill(nemesis, scene, lasts).await
        }
        Nemesis::PauseOne | Nemesis::PauseLeader => processes::pause(nemesis, scene, lasts).await,
        Nemesis::RollingRestart => processes::rolling_restart(scene).await,
        Nemesis::PartitionMajority
        | Nemesis::PartitionRing
        | Nemesis::PartitionOneWay
        | Nemesis::PartitionLink
        | Nemesis::IsolateLeader => network::partition(nemesis, scene, lasts).await,
        Nemesis::Loss | Nemesis::Delay => network::degrade(nemesis, scene, lasts).await,
        Nemesis::Clock => clock::jump(scene, lasts).await,
        Nemesis::PowerOne | Nemesis::PowerAll | Nemesis::Torn => disk::lose_power(nemesis, scene).await,
        Nemesis::DiskFull | Nemesis::FsyncFail | Nemesis::FsyncSlow => disk::trouble(nemesis, scene, lasts).await,
        Nemesis::RotWal | Nemesis::RotSst | Nemesis::RotSnapshot => rot::flip(nemesis, scene).await,
        Nemesis::TransferStorm => transfer::storm(scene, lasts).await,
    }
}

impl Scene {
    /// Any node.
    pub(crate) fn any_node(&mut self) -> u32 {
        let numbers = self.cluster.numbers();
        self.dice.pick(&numbers).copied().unwrap_or(1)
    }

    /// The leader of any data shard; any node when nobody says that it leads.
    pub(crate) async fn some_leader(&mut self) -> u32 {
        let shard = self.dice.within(1, 3) as u32;
        match self.cluster.leader(shard).await {
            Some(leader) => leader,
            None => self.any_node(),
        }
    }

    /// Writes down that a fault began.
    pub(crate) fn begins(&self, nemesis: Nemesis, what: impl Into<String>, nodes: &[u32]) {
        self.recorder.fault(nemesis.name(), "begin", what, nodes);
    }

    /// Writes down that a fault ended.
    pub(crate) fn ends(&self, nemesis: Nemesis, what: impl Into<String>, nodes: &[u32]) {
        self.recorder.fault(nemesis.name(), "end", what, nodes);
    }
}
