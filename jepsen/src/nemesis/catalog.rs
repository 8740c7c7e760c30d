//! The table of all nemeses. Each is declared here once.

use crate::cluster::Place;

/// The largest jump of a clock, in milliseconds.
pub(super) const FARTHEST_JUMP_MS: u64 = 3_600_000;

/// What a nemesis requires of the place where the nodes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Links between the nodes that the harness can control.
    Network,
}

/// The role of a nemesis in [`Nemesis::Combined`]. Two nemeses that each take a majority or a disk away are never combined:
/// Keyrack does not promise to survive that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is never combined.
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
        /// A kind of fault that can be injected into a cluster.
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

// Columns: variant, name on the command line and in the history, family (its colour in a report), needs, role when
// combined, description in one line. After `none` the rows are in the order of the matrix.
nemeses! {
    None "none" "other" Nothing Alone "no fault";
    KillOne "kill-one" "process" Nothing Alone "SIGKILL of one random node";
    KillLeader "kill-leader" "process" Nothing Foreground "SIGKILL of a shard's leader";
    KillMajority "kill-majority" "process" Nothing Alone "SIGKILL of a majority of the nodes";
    KillAll "kill-all" "process" Nothing Foreground "SIGKILL of all nodes";
    PauseOne "pause-one" "process" Nothing Alone
        "SIGSTOP of one random node for a few seconds, often with delayed packets and slow disks on the others";
    PauseLeader "pause-leader" "process" Nothing Foreground
        "SIGSTOP of a shard's leader, for longer than an election takes; otherwise as pause-one";
    PartitionMajority "partition-majority" "network" Network Foreground "a minority of the nodes is cut off from the majority";
    PartitionRing "partition-ring" "network" Network Alone "each node reaches only its two neighbours";
    PartitionOneWay "partition-one-way" "network" Network Alone
        "a node can send but not receive, or receive but not send";
    PartitionLink "partition-link" "network" Network Alone "the link between two nodes is cut";
    IsolateLeader "isolate-leader" "network" Network Foreground "a shard's leader is cut off from all other nodes";
    Loss "loss" "network" Network Background "1 to 20 percent of the packets between nodes are lost";
    Delay "delay" "network" Network Background "packets between nodes are delayed by 5 to 80 ms, with jitter";
    Clock "clock" "clock" Nothing Background "clocks jump by up to one hour, forward or back";
    PowerOne "power-one" "power" Nothing Foreground "one node loses power: its unsynced data are lost";
    PowerAll "power-all" "power" Nothing Foreground "all nodes lose power at the same time";
    Torn "torn-write" "power" Nothing Alone "a node or all nodes lose power, and the last write is torn";
    RotWal "rot-wal" "disk" Nothing Alone "one to three bits flip in the write-ahead logs of a stopped node";
    RotSst "rot-sst" "disk" Nothing Alone "one to three bits flip in the sorted files of a stopped node";
    RotSnapshot "rot-snapshot" "disk" Nothing Alone "one to three bits flip in the snapshots of a stopped node";
    OldCopy "old-copy" "disk" Nothing Alone
        "an older copy of a node's data folder is put back while another node is down";
    DiskFull "disk-full" "disk" Nothing Alone "a node's disk is full";
    FsyncFail "fsync-fail" "disk" Nothing Alone "fsync fails on one node, and the unsynced data are lost";
    FsyncSlow "fsync-slow" "disk" Nothing Background "fsync takes 20 to 400 ms longer on one node";
    RollingRestart "rolling-restart" "process" Nothing Foreground
        "every node is stopped and started, one after the other";
    TransferStorm "transfer-storm" "leader" Nothing Background "leadership is transferred many times a second";
    Combined "combined" "other" Nothing Alone "two other faults at the same time";
}

impl Nemesis {
    /// All nemeses, in the order of the table. `none` is the first.
    pub fn all_and_none() -> impl Iterator<Item = Nemesis> {
        TABLE.iter().map(|row| row.nemesis)
    }

    /// All nemeses except `none`, in the order of the matrix.
    pub fn all() -> Vec<Nemesis> {
        Nemesis::all_and_none().filter(|nemesis| *nemesis != Nemesis::None).collect()
    }

    /// The nemesis with this name.
    pub fn named(name: &str) -> Option<Nemesis> {
        Nemesis::all_and_none().find(|nemesis| nemesis.name() == name)
    }

    /// Its name on the command line and in the history.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its description, in one line.
    pub fn does(self) -> &'static str {
        self.row().does
    }

    /// Its family: `process`, `network`, `disk` and so on. A report has a colour for each family.
    pub fn family(self) -> &'static str {
        self.row().family
    }

    /// Why it is not possible in this place; `None` if it is possible.
    pub fn obstacle(self, place: &Place) -> Option<String> {
        match place {
            Place::Loopback { why, .. } if self.row().needs == Needs::Network => {
                Some(format!("network faults are not possible: {why}"))
            }
            _ => None,
        }
    }

    /// The largest difference that it causes between two clocks, in milliseconds.
    pub fn skew_ms(self) -> u64 {
        // One clock may jump forward while another jumps back.
        if matches!(self, Nemesis::Clock | Nemesis::Combined) { 2 * FARTHEST_JUMP_MS } else { 0 }
    }

    /// All nemeses that have this role in a combination.
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
    fn every_nemesis_has_its_own_row_and_name() {
        for row in TABLE {
            assert_eq!(row.nemesis.row().name, row.name);
            assert_eq!(Nemesis::named(row.name), Some(row.nemesis));
        }
    }
}
