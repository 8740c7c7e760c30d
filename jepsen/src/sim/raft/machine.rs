//! The state machine: applies committed entries to the rows and returns replies. Rows are durable only as of the last flush.
//! After a crash Raft applies the later entries again, as over RocksDB without a write-ahead log.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{Stream, StreamExt};
use keyrack_inventory::{Key, Read, Row};
use keyrack_merkle::{Frontier, leaf_hash};
use openraft::RaftSnapshotBuilder;
use openraft::alias::SnapshotOf;
use openraft::storage::{EntryResponder, RaftStateMachine};
use parking_lot::Mutex;
use tokio::sync::watch;

use keyrack_cluster::simulated::{
    Applied, EntryPayload, LogClock, LogId, Payload, SnapshotMeta, StoredMembership, Types, decide,
};

use super::digested_rows::DigestedRows;
use super::snapshot::{pack, unpack};
use crate::disk::Disk;
use crate::observer::Step;
use crate::saved::{SHARD, Saved, SnapshotBytes};
use crate::world::World;

/// How many of a thousand applied groups of entries flush the rows.
const FLUSH_PER_MILLE: u64 = 30;

/// The current rows.
pub struct Live {
    pub rows: DigestedRows,
    pub tree: Frontier,
    pub position: SnapshotMeta,
}

impl Live {
    pub fn of(saved: Saved) -> Live {
        Live { rows: DigestedRows::of(saved.rows), tree: saved.tree, position: saved.position }
    }

    pub fn saved(&self) -> Saved {
        Saved { rows: self.rows.rows.clone(), tree: self.tree.clone(), position: self.position.clone() }
    }
}

/// The state that the state machine shares with the rest of its node.
pub struct Shared {
    pub applied: watch::Sender<u64>,
    pub next_deadline_ms: AtomicU64,
    pub clock: LogClock,
    pub live: Mutex<Live>,
}

/// Raft over the simulated state machine.
pub type Raft = openraft::Raft<Types, StateMachine>;

/// The state machine of a node.
pub struct StateMachine {
    node: u64,
    world: Arc<World>,
    disk: Arc<Mutex<Disk>>,
    shared: Arc<Shared>,
}

impl StateMachine {
    /// Opens the state machine with the rows of the last flush.
    pub fn open(world: Arc<World>, node: u64, disk: Arc<Mutex<Disk>>) -> (StateMachine, Arc<Shared>) {
        let live = Live::of(disk.lock().rows.clone());
        let (applied, next_deadline_ms, clock) = (watch::Sender::new(0), AtomicU64::new(0), LogClock::default());
        let shared = Arc::new(Shared { applied, next_deadline_ms, clock, live: Mutex::new(live) });
        let machine = StateMachine { node, world, disk, shared: shared.clone() };
        machine.publish();
        (machine, shared)
    }

    fn publish(&self) {
        let mut live = self.shared.live.lock();
        if let Ok(Some(Row::Meta(meta))) = live.rows.get(&Key::Meta) {
            self.shared.next_deadline_ms.store(meta.next_deadline_ms, Ordering::Relaxed);
            self.shared.clock.applied(meta.last_at_ms);
        }
        self.shared.applied.send_replace(live.position.last_log_id.map_or(0, |id| id.index));
    }

    fn apply_one(&self, live: &mut Live, at: LogId, payload: &EntryPayload) -> io::Result<Applied> {
        let applied = match payload {
            EntryPayload::Blank => Applied::Nothing,
            EntryPayload::Membership(membership) => {
                self.world.trace(self.node, format_args!("applies {at}: {membership}"));
                live.position.last_membership = StoredMembership::new(Some(at), membership.clone());
                Applied::Nothing
            }
            EntryPayload::Normal(Payload(batch)) => {
                let batch = decide::read(batch.clone())?;
                let outcomes = decide::batch(&mut live.rows, SHARD, batch, (at.committed_leader_id().term, at.index), |_, _| ())?;
                let Live { rows, tree, .. } = live;
                decide::new_leaves(rows, tree.size(), |leaf| tree.append(leaf_hash(leaf), |_, _, _| ()))
                    .map_err(io::Error::other)?;
                Applied::Outcomes(outcomes)
            }
        };
        live.position.last_log_id = Some(at);
        let digest = live.rows.digest();
        let step = Step { node: self.node, at, payload, applied: &applied, digest, tree: &live.tree };
        self.world.trace(self.node, format_args!("applied {at} digest {digest:016x} leaves {}", live.tree.size()));
        self.world
            .observe(|observer| observer.applied(&step, &mut live.rows.rows, &live.position.last_membership, self.world.disks()));
        Ok(applied)
    }
}

/// Builds snapshots of a node.
pub struct SnapshotBuilder {
    pub node: u64,
    pub world: Arc<World>,
    pub disk: Arc<Mutex<Disk>>,
    pub shared: Arc<Shared>,
}

impl RaftSnapshotBuilder<Types> for SnapshotBuilder {
    type SnapshotData = SnapshotBytes;

    async fn build_snapshot(&mut self) -> io::Result<SnapshotOf<Types, SnapshotBytes>> {
        self.world.pause(self.node, 10_000).await;
        // An export flushes the rows first.
        let saved = self.shared.live.lock().saved();
        let (meta, snapshot) = (saved.position.clone(), pack(&saved));
        self.disk.lock().rows = saved;
        self.world.pause(self.node, 20_000).await;
        let mut disk = self.disk.lock();
        if disk.snapshot.as_ref().is_none_or(|(newest, _)| newest.last_log_id < meta.last_log_id) {
            disk.snapshot = Some((meta.clone(), snapshot.clone()));
        }
        self.world.trace(self.node, format_args!("built a snapshot at {:?} of {} bytes", meta.last_log_id, snapshot.len()));
        self.world.observe(|observer| observer.snapshots += 1);
        Ok(openraft::Snapshot { meta, snapshot })
    }
}

impl RaftStateMachine<Types> for StateMachine {
    type SnapshotData = SnapshotBytes;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        let live = self.shared.live.lock();
        Ok((live.position.last_log_id, live.position.last_membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<Types>>> + Unpin + Send,
    {
        let mut items = Vec::new();
        while let Some(item) = entries.next().await {
            items.push(item?);
        }
        let mut answers = Vec::new();
        {
            let mut live = self.shared.live.lock();
            for (entry, responder) in items {
                let applied = self.apply_one(&mut live, entry.log_id, &entry.payload)?;
                answers.extend(responder.map(|responder| (responder, applied)));
            }
            let mut disk = self.disk.lock();
            if disk.rng.chance(FLUSH_PER_MILLE) {
                disk.rows = live.saved();
            }
        }
        self.publish();
        for (responder, applied) in answers {
            responder.send(applied);
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        SnapshotBuilder { node: self.node, world: self.world.clone(), disk: self.disk.clone(), shared: self.shared.clone() }
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: SnapshotBytes) -> io::Result<()> {
        let mut saved = unpack(&snapshot)?;
        saved.position = meta.clone();
        self.world.pause(self.node, 10_000).await;
        self.disk.lock().rows = saved.clone();
        *self.shared.live.lock() = Live::of(saved);
        // The rows are replaced before the snapshot is stored: the node may crash between the two.
        self.world.pause(self.node, 10_000).await;
        self.disk.lock().snapshot = Some((meta.clone(), snapshot));
        let mut live = self.shared.live.lock();
        let (digest, size, root) = (live.rows.digest(), live.tree.size(), live.tree.root());
        self.world.trace(self.node, format_args!("installed a snapshot at {:?} digest {digest:016x}", meta.last_log_id));
        self.world.observe(|observer| observer.installed(self.node, meta, digest, (size, root)));
        drop(live);
        self.publish();
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<SnapshotOf<Types, SnapshotBytes>>> {
        let kept = self.disk.lock().snapshot.clone();
        Ok(kept.map(|(meta, snapshot)| openraft::Snapshot { meta, snapshot }))
    }
}
