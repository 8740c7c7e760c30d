//! Observes a whole run from outside and checks it against the invariants.

use std::collections::BTreeMap;

use keyrack_inventory::{MemRows, Reply};
use keyrack_merkle::{Frontier, Hash};

use crate::disk::{Disk, Disks};
pub use crate::invariants::recorded;
use crate::invariants::{self as hold, Check, StaleReads};
use keyrack_cluster::simulated::{Applied, EntryPayload, LogId, LogWrite, Payload, SnapshotMeta, StoredMembership, Vote, decide};

/// A broken invariant.
#[derive(Clone, Debug)]
pub struct Violation {
    pub invariant: &'static str,
    pub what: String,
}

/// An entry that a replica has applied, and its state after that.
pub struct Step<'a> {
    pub node: u64,
    pub at: LogId,
    pub payload: &'a EntryPayload,
    pub applied: &'a Applied,
    pub digest: u64,
    pub tree: &'a Frontier,
}

/// Everything observed in a run.
#[derive(Default)]
pub struct Observer {
    pub violations: Vec<Violation>,
    pub operations: u64,
    pub reads: u64,
    pub snapshots: u64,
    pub installed: u64,
    pub highest: u64,
    boots: BTreeMap<u64, u64>,
    membership: StoredMembership,
    applied: hold::Applied,
    decided: hold::DecidedOnce,
    leaders: hold::Leaders,
    leaves: hold::Leaves,
    matching: hold::LogMatching,
    acks: hold::LostAcks,
    same: hold::SameState,
    time: hold::Time,
}

impl Observer {
    /// Records a violation if the check failed.
    pub fn note(&mut self, invariant: &'static str, check: Check) {
        if let Err(what) = check {
            self.violations.push(Violation { invariant, what });
        }
    }

    pub fn started(&mut self, node: u64, boot: u64) {
        self.boots.insert(node, boot);
    }

    pub fn log_written(&mut self, node: u64, writes: &[LogWrite], disk: &Disk) {
        for write in writes {
            if let LogWrite::Append(entries) = write {
                let check = self.matching.written(node, entries, disk);
                self.note("log matching", check);
            }
        }
    }

    pub fn log_is_written(&mut self, node: u64, writes: &[LogWrite], disk: &Disk) {
        self.note("purge", hold::purge_is_covered(node, writes, disk));
    }

    pub fn accepted(&mut self, node: u64, last: &LogId, disk: &Disk) {
        self.note("promises", hold::accepted(node, last, disk));
    }

    pub fn voted(&mut self, node: u64, vote: &Vote, disk: &Disk) {
        self.note("promises", hold::voted(node, vote, disk));
    }

    pub fn applied(&mut self, step: &Step<'_>, rows: &mut MemRows, membership: &StoredMembership, disks: &Disks) {
        let Step { node, at, .. } = *step;
        let boot = self.boots.get(&node).copied().unwrap_or(0);
        let check = self.applied.one(node, boot, at.index);
        self.note("applied", check);
        let is_new = self.same.is_new(at.index);
        let check = self.same.applied(node, at, hold::entry_hash(at, step.payload), step.digest);
        self.note("same state", check);
        let check = self.same.root(node, step.tree.size(), step.tree.root());
        self.note("same root", check);
        if is_new {
            self.highest = at.index;
            self.membership = membership.clone();
            self.decided_now(step, rows);
            let committed = hold::majority_has(disks, membership, &at);
            let of = membership.membership();
            let what = || format!("node {node} applied {at}, which is not on the disks of a majority of {of}");
            self.note("committed", if committed { Ok(()) } else { Err(what()) });
        }
    }

    fn decided_now(&mut self, step: &Step<'_>, rows: &mut MemRows) {
        self.note("counters", hold::counters_match(rows));
        let check = self.time.applied(rows);
        self.note("time", check);
        if let (EntryPayload::Normal(Payload(batch)), Applied::Outcomes(outcomes)) = (step.payload, step.applied) {
            let read = decide::read(batch.clone()).map_err(|cause| cause.to_string());
            let check = read.and_then(|batch| self.decided.applied(step.at.index, batch, outcomes));
            self.note("decided once", check);
            let check = self.leaves.applied(outcomes, step.tree.size());
            self.note("leaves", check);
        }
    }

    pub fn installed(&mut self, node: u64, meta: &SnapshotMeta, digest: u64, (size, root): (u64, Hash)) {
        self.installed += 1;
        let index = meta.last_log_id.map_or(0, |id| id.index);
        let boot = self.boots.get(&node).copied().unwrap_or(0);
        let check = self.applied.jumped(node, boot, index);
        self.note("applied", check);
        self.note("same state", self.same.rows(node, index, digest));
        let check = self.same.root(node, size, root);
        self.note("same root", check);
    }

    /// A client got an answer.
    pub fn acknowledged(&mut self, digest: &[u8; 16], index: u64, reply: &Reply, now_us: u64) {
        self.operations += 1;
        self.note("decided once", self.decided.answered(digest, index, reply));
        match self.same.at(index) {
            Some(at) => self.acks.acknowledged(at, now_us),
            None => self.note("lost acks", Err(format!("a client got an answer at index {index}, which no node has applied"))),
        }
    }

    /// A read begins. Its answer may be `age_ms` old.
    pub fn before_read(&self, now_us: u64, age_ms: u64, answer: Option<Reply>) -> StaleReads {
        if age_ms == 0 {
            return StaleReads { acknowledged: self.acks.newest_index(), answer };
        }
        StaleReads { acknowledged: self.acks.newest_index_at(now_us.saturating_sub(1_000 * age_ms)), answer: None }
    }

    /// A read was answered.
    pub fn has_read(&mut self, before: &StaleReads, index: u64, digest: u64, found: &Option<Reply>) {
        self.operations += 1;
        self.reads += 1;
        self.note("stale reads", before.check(index, found));
        self.note("same state", self.same.rows(0, index, digest));
    }

    /// Checks the invariants that must hold at every step. `leaders` are the current leaders: node, incarnation, term.
    pub fn tick(&mut self, leaders: &[(u64, u64, u64)], disks: &Disks) {
        for (node, incarnation, term) in leaders {
            let check = self.leaders.seen((*term, *node), *incarnation);
            self.note("leaders", check);
        }
        let check = self.acks.check(disks, &self.membership);
        self.note("lost acks", check);
    }

    /// The members in the newest membership that any node has applied.
    pub fn members(&self) -> Vec<u64> {
        self.membership.membership().nodes().map(|(id, _)| *id).collect()
    }

    pub fn elections(&self) -> u64 {
        self.leaders.elections()
    }

    /// Checks at the end of a run that a node's rows have every decision.
    pub fn ends_with(&mut self, node: u64, rows: &mut MemRows) {
        let missing = self.decided.all().find(|(key, reply)| recorded(rows, **key).as_ref() != Some(reply));
        let check = missing.map_or(Ok(()), |(_, reply)| Err(format!("node {node} has lost {reply:?}")));
        self.note("decided once", check);
    }
}
