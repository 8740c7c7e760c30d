//! The table of all nemeses: each is declared here once.

use crate::cluster::Place;

/// The farthest jump of a clock, in milliseconds.
pub(super) const FARTHEST_JUMP_MS: u64 = 3_600_000;

/// What a nemesis needs of the place where the nodes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Links between the nodes that the harness controls.
    Network,
}

/// How a nemesis takes part in [`Nemesis::Combined`]. Two that each take a majority or a disk away are never combined:
/// a cluster is not promised to survive that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It takes no part.
    Alone,
    /// It leaves every node running.
    Background,
    /// It takes nodes or links away.
    Foreground,
}

/// A row of the table.
struct Row {
    nemesis: Nemesis,
    name: &'static str,
    family: &'static str,
    needs: Needs,
    role: Role,
    does: &'static str,
}

macro_rules! nemeses {
    ($($variant:ident $name:literal $family:literal $needs:ident $role:ident $does:literal;)*) => {
        /// What can be done to a cluster.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Nemesis {
            $(#[doc = $does] $variant,)*
        }

        /// In the order of the enum.
        const TABLE: &[Row] = &[$(Row {
            nemesis: Nemesis::$variant,
            name: $name,
            family: $family,
            needs: Needs::$needs,
            role: Role::$role,
            does: $does,
        },)*];
    };
}

// variant, name on the command line and in the history, family (its colour in a report), needs, role when combined,
// what it does in a line. After `none` they stand in the order of the matrix.
nemeses! {
    None "none" "other" Nothing Alone "nothing";
    KillOne "kill-one" "process" Nothing Alone "SIGKILL of any node";
    KillLeader "kill-leader" "process" Nothing Foreground "SIGKILL of a shard's leader";
    KillMajority "kill-majority" "process" Nothing Alone "SIGKILL of a majority";
    KillAll "kill-all" "process" Nothing Foreground "SIGKILL of every node";
    PauseOne "pause-one" "process" Nothing Alone
        "SIGSTOP of any node for a while, often with late packets and the others' disks slow";
    PauseLeader "pause-leader" "process" Nothing Foreground
        "the same of a shard's leader, for longer than an election takes";
    PartitionMajority "partition-majority" "network" Network Foreground "a minority hears nothing of the majority";
    PartitionRing "partition-ring" "network" Network Alone "every node hears its neighbours only";
    PartitionOneWay "partition-one-way" "network" Network Alone
        "a node is heard but hears nothing, or the other way round";
    PartitionLink "partition-link" "network" Network Alone "one link is cut";
    IsolateLeader "isolate-leader" "network" Network Foreground "a shard's leader is alone on one side";
    Loss "loss" "network" Network Background "packets are lost";
    Delay "delay" "network" Network Background "packets are late, some later than others";
    Clock "clock" "clock" Nothing Background "clocks jump by up to an hour, forth or back";
    PowerOne "power-one" "power" Nothing Foreground "one node loses power: what was not synced is gone";
    PowerAll "power-all" "power" Nothing Foreground "all nodes lose power at once";
    Torn "torn-write" "power" Nothing Alone "power goes, and the last write was cut in the middle";
    RotWal "rot-wal" "disk" Nothing Alone "a bit flips in the log of a stopped node";
    RotSst "rot-sst" "disk" Nothing Alone "a bit flips in a sorted file of a stopped node";
    RotSnapshot "rot-snapshot" "disk" Nothing Alone "a bit flips in a snapshot of a stopped node";
    DiskFull "disk-full" "disk" Nothing Alone "a disk has no room";
    FsyncFail "fsync-fail" "disk" Nothing Alone "fsync fails; what it should have written is gone";
    FsyncSlow "fsync-slow" "disk" Nothing Background "fsync takes long";
    RollingRestart "rolling-restart" "process" Nothing Foreground
        "every node is stopped and started, one after the other";
    TransferStorm "transfer-storm" "leader" Nothing Background "leaders change many times a second";
    Combined "combined" "other" Nothing Alone "two of the others at the same time";
}

impl Nemesis {
    /// All there are, in the order of the table; `none` is the first.
    pub fn all_and_none() -> impl Iterator<Item = Nemesis> {
        TABLE.iter().map(|row| row.nemesis)
    }

    /// All that do something, in the order of the matrix.
    pub fn all() -> Vec<Nemesis> {
        Nemesis::all_and_none().filter(|nemesis| *nemesis != Nemesis::None).collect()
    }

    /// The nemesis of a name.
    pub fn named(name: &str) -> Option<Nemesis> {
        Nemesis::all_and_none().find(|nemesis| nemesis.name() == name)
    }

    /// Its name on the command line and in the history.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it does, in a line.
    pub fn does(self) -> &'static str {
        self.row().does
    }

    /// What kind of fault it is: `process`, `network`, `disk` and so on. A report has a colour for each.
    pub fn family(self) -> &'static str {
        self.row().family
    }

    /// Why it cannot be done in this place, if so.
    pub fn obstacle(self, place: &Place) -> Option<String> {
        match place {
            Place::Loopback { why, .. } if self.row().needs == Needs::Network => Some(format!("no network namespaces: {why}")),
            _ => None,
        }
    }

    /// How far it drives clocks apart, in milliseconds.
    pub fn skew_ms(self) -> u64 {
        // One clock jumps forth while another jumps back.
        if matches!(self, Nemesis::Clock | Nemesis::Combined) { 2 * FARTHEST_JUMP_MS } else { 0 }
    }

    /// All that have this role in a combination.
    pub(super) fn with_role(role: Role) -> impl Iterator<Item = Nemesis> {
        TABLE.iter().filter(move |row| row.role == role).map(|row| row.nemesis)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nemesis_finds_its_own_row_and_has_a_name_of_its_own() {
        for row in TABLE {
            assert_eq!(row.nemesis.row().name, row.name);
            assert_eq!(Nemesis::named(row.name), Some(row.nemesis));
        }
    }
}
