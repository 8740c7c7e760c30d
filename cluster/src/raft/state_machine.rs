//! Committed entries in, rows and replies out: the same on every replica.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use keyrack_inventory::{Fault, Key, Op, Outcome, Read, Row, StoredCheckpoint};
use keyrack_proto::internal::DirectoryReply;
use openraft::storage::{EntryResponder, RaftStateMachine, Snapshot};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::snapshot::SnapshotBuilder;
use super::{EntryPayload, LogId, Payload, SnapshotMeta, StoredMembership, Types, decide, wire};
use crate::directory::{self, Directory};
use crate::log_clock::LogClock;
use crate::receipts::{Heads, Published, Tree};
use crate::storage::{Overlay, RowsDb, SnapshotDir};

/// What applying one entry came to.
#[derive(Clone, Debug)]
pub enum Applied {
    /// A blank or membership entry.
    Nothing,
    /// A data shard's batch: an outcome per command.
    Outcomes(Vec<Outcome>),
    /// The directory's batch: a reply per command.
    Directory(Vec<DirectoryReply>),
}

/// What a state machine tells the rest of the node as it goes.
pub struct Shared {
    /// The last applied index.
    pub applied: watch::Sender<u64>,
    /// When the next hold is due, ms since 1970; 0 or `u64::MAX` when none is.
    pub next_deadline_ms: AtomicU64,
    /// The Raft index of the newest erasure that was applied; 0 when there is none.
    pub last_erasure: AtomicU64,
    /// The log time of the first audit record that no leaf has sealed; 0 when there is none.
    pub audit_unsealed_since_ms: AtomicU64,
    /// Log time.
    pub clock: LogClock,
    /// The newest part of the receipts' tree.
    pub heads: Arc<Heads>,
    /// The newest checkpoints of the receipts' log.
    pub published: Arc<Published>,
    /// Snapshots installed since the node started.
    pub installed: AtomicU64,
    /// Snapshots built since the node started.
    pub built: AtomicU64,
}

impl Default for Shared {
    fn default() -> Self {
        Shared {
            applied: watch::Sender::new(0),
            next_deadline_ms: AtomicU64::new(0),
            last_erasure: AtomicU64::new(0),
            audit_unsealed_since_ms: AtomicU64::new(0),
            clock: LogClock::default(),
            heads: Arc::default(),
            published: Arc::default(),
            installed: AtomicU64::new(0),
            built: AtomicU64::new(0),
        }
    }
}

/// The state machine of one shard.
pub struct StateMachine {
    shard: u32,
    db: Arc<RowsDb>,
    kind: Kind,
    position: SnapshotMeta,
    shared: Arc<Shared>,
    snapshots: SnapshotBuilder,
}

/// Shard 0 keeps the directory, every other shard keeps inventory.
enum Kind {
    Directory(Arc<Directory>),
    Inventory(Box<Shelves>),
}

/// A data shard's rows, and the tree over its leaves.
struct Shelves {
    rows: Overlay,
    tree: Tree,
    /// Checkpoints taken up since the last commit.
    checkpoints: Vec<StoredCheckpoint>,
}

impl Shelves {
    /// Hashes the leaves that the last Raft entry appended.
    fn grow(&mut self) -> Result<(), Fault> {
        let Shelves { rows, tree, .. } = self;
        if decide::new_leaves(rows, tree.size(), |leaf| tree.append(leaf))? {
            tree.end_entry();
        }
        Ok(())
    }
}

impl StateMachine {
    /// Picks up at the applied row.
    pub fn open(
        shard: u32,
        db: Arc<RowsDb>,
        directory: Arc<Directory>,
        shared: Arc<Shared>,
        snapshots: SnapshotBuilder,
    ) -> io::Result<Self> {
        let position = match db.applied(shard)? {
            Some(bytes) => wire::applied_in(&bytes)?,
            None => SnapshotMeta::default(),
        };
        let kind = if shard == directory::SHARD {
            directory.load(&db)?;
            Kind::Directory(directory)
        } else {
            let rows = Overlay::new(db.clone(), shard);
            let tree = Tree::load(&db, shard, shared.heads.clone())?;
            db.view(shard, |view| shared.published.load(view))?.map_err(io::Error::other)?;
            Kind::Inventory(Box::new(Shelves { rows, tree, checkpoints: Vec::new() }))
        };
        let mut machine = StateMachine { shard, db, kind, position, shared, snapshots };
        machine.publish();
        Ok(machine)
    }

    fn apply_batch(&mut self, at: &LogId, batch: Bytes) -> io::Result<Applied> {
        let batch = decide::read(batch)?;
        match &mut self.kind {
            Kind::Directory(directory) => {
                let apply = |command| directory.apply(command, batch.at_ms);
                Ok(Applied::Directory(batch.commands.into_iter().map(apply).collect::<io::Result<_>>()?))
            }
            Kind::Inventory(shelves) => {
                let Shelves { rows, checkpoints, .. } = shelves.as_mut();
                let outcomes = decide::batch(rows, batch, at, |rows, command| {
                    if let Op::PutCheckpoint { size, .. } = command.op
                        && let Ok(Some(Row::Checkpoint(checkpoint))) = rows.get(&Key::Checkpoint(size))
                    {
                        checkpoints.push(checkpoint.as_ref().clone());
                    }
                })?;
                shelves.grow().map_err(io::Error::other)?;
                Ok(Applied::Outcomes(outcomes))
            }
        }
    }

    /// Makes all changes so far visible, with the position they lead to.
    fn commit(&mut self) -> io::Result<()> {
        let Some(last) = &self.position.last_log_id else { return Ok(()) };
        let applied = wire::applied_out(last, &self.position.last_membership);
        match &mut self.kind {
            Kind::Directory(directory) => directory.commit(&self.db, &applied)?,
            Kind::Inventory(shelves) => {
                let Shelves { rows, tree, checkpoints } = shelves.as_mut();
                rows.commit(&applied, |set| tree.write(set))?;
                tree.publish();
                checkpoints.drain(..).for_each(|checkpoint| self.shared.published.add(&checkpoint));
            }
        }
        self.publish();
        Ok(())
    }

    fn publish(&mut self) {
        if let Kind::Inventory(shelves) = &mut self.kind
            && let Ok(Some(Row::Meta(meta))) = shelves.rows.get(&Key::Meta)
        {
            self.shared.last_erasure.store(meta.last_erasure, Ordering::Relaxed);
            self.shared.audit_unsealed_since_ms.store(meta.audit_unsealed_since_ms, Ordering::Relaxed);
            self.shared.clock.applied(meta.last_at_ms);
            self.shared.published.passed(meta.last_at_ms);
            self.shared.next_deadline_ms.store(meta.next_deadline_ms, Ordering::Relaxed);
        }
        self.shared.applied.send_replace(self.position.last_log_id.map_or(0, |id| id.index));
    }
}

impl RaftStateMachine<Types> for StateMachine {
    type SnapshotData = SnapshotDir;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.position.last_log_id, self.position.last_membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<Types>>> + Unpin + Send,
    {
        let mut answers = Vec::new();
        while let Some(item) = entries.next().await {
            let (entry, responder) = item?;
            let applied = match entry.payload {
                EntryPayload::Blank => Applied::Nothing,
                EntryPayload::Normal(Payload(batch)) => self.apply_batch(&entry.log_id, batch)?,
                EntryPayload::Membership(membership) => {
                    self.position.last_membership = StoredMembership::new(Some(entry.log_id), membership);
                    Applied::Nothing
                }
            };
            self.position.last_log_id = Some(entry.log_id);
            answers.extend(responder.map(|responder| (responder, applied)));
        }
        // Rows are written before anybody hears of them: who was answered can read what was written.
        self.commit()?;
        for (responder, applied) in answers {
            responder.send(applied);
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        self.snapshots.clone()
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: SnapshotDir) -> io::Result<()> {
        let (db, shard) = (self.db.clone(), self.shard);
        let installed = snapshot.clone();
        tokio::task::spawn_blocking(move || db.import(shard, &installed)).await.map_err(io::Error::other)??;
        self.position = meta.clone();
        match &mut self.kind {
            Kind::Directory(directory) => directory.load(&self.db)?,
            Kind::Inventory(shelves) => {
                shelves.rows.reset();
                shelves.tree = Tree::load(&self.db, self.shard, self.shared.heads.clone())?;
                let published = &self.shared.published;
                self.db.view(self.shard, |view| published.load(view))?.map_err(io::Error::other)?;
            }
        }
        self.snapshots.adopt(snapshot)?;
        self.shared.installed.fetch_add(1, Ordering::Relaxed);
        tracing::info!(shard = self.shard, index = meta.last_log_id.map_or(0, |id| id.index), "installed a snapshot");
        self.publish();
        Ok(())
    }

    async fn get_current_snapshot(
        &mut self,
    ) -> io::Result<Option<Snapshot<openraft::alias::CommittedLeaderIdOf<Types>, u64, crate::Member, SnapshotDir>>> {
        self.snapshots.current()
    }
}

/// A lock around the newest snapshot, shared by the state machine and the builders it hands out.
pub type Newest = Arc<Mutex<Option<SnapshotDir>>>;
