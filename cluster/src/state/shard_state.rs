//! Applies one shard's log entries to its rows on this node.
//!
//! [`ShardState::apply`] applies an entry's commands to an overlay in memory. [`ShardState::commit`] writes all changes since the
//! last commit in one batch, with the new applied position, and then publishes them.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use keyrack_inventory::{Fault, Key, Op, Read, Row, StoredCheckpoint};

use super::applied::Applied;
use super::decide;
use super::progress::Progress;
use crate::directory::{self, Directory};
use crate::receipts::Tree;
use crate::storage::{Overlay, RowsDb};

/// The state of one shard.
pub struct ShardState {
    shard: u32,
    db: Arc<RowsDb>,
    kind: Kind,
    progress: Arc<Progress>,
}

/// Shard 0 has the directory, every other shard has inventory.
enum Kind {
    Directory(Arc<Directory>),
    Inventory(Box<InventoryState>),
}

/// A data shard's rows, and the tree over its leaves.
struct InventoryState {
    rows: Overlay,
    tree: Tree,
    /// Checkpoints accepted since the last commit.
    checkpoints: Vec<StoredCheckpoint>,
}

impl InventoryState {
    fn open(db: &Arc<RowsDb>, shard: u32, progress: &Progress) -> io::Result<InventoryState> {
        let rows = Overlay::new(db.clone(), shard);
        let tree = Tree::load(db, shard, progress.heads.clone())?;
        db.view(shard, |view| progress.published.load(view))?.map_err(io::Error::other)?;
        Ok(InventoryState { rows, tree, checkpoints: Vec::new() })
    }

    /// Hashes the leaves that the last Raft entry appended.
    fn append_leaves(&mut self) -> Result<(), Fault> {
        let InventoryState { rows, tree, .. } = self;
        if decide::new_leaves(rows, tree.size(), |leaf| tree.append(leaf))? {
            tree.end_entry();
        }
        Ok(())
    }
}

impl ShardState {
    /// Loads the state in memory from the rows. `index` is the last applied index.
    pub fn open(
        shard: u32,
        db: Arc<RowsDb>,
        directory: Arc<Directory>,
        progress: Arc<Progress>,
        index: u64,
    ) -> io::Result<ShardState> {
        let kind = if shard == directory::SHARD {
            directory.load(&db)?;
            Kind::Directory(directory)
        } else {
            Kind::Inventory(Box::new(InventoryState::open(&db, shard, &progress)?))
        };
        let mut state = ShardState { shard, db, kind, progress };
        state.publish(index);
        Ok(state)
    }

    /// Applies the batch of the entry with this term and index. Nothing is written before [`ShardState::commit`].
    /// `members` are the shard's members before the entry.
    pub fn apply(&mut self, entry: (u64, u64), batch: Bytes, members: impl Fn() -> BTreeSet<u64>) -> io::Result<Applied> {
        let batch = decide::read(batch)?;
        match &mut self.kind {
            Kind::Directory(directory) => {
                let (at_ms, rules, members) = (batch.at_ms, decide::rules(&batch)?, members());
                let apply = |command| directory.apply(command, at_ms, rules, &members);
                Ok(Applied::Directory(batch.commands.into_iter().map(apply).collect::<io::Result<_>>()?))
            }
            Kind::Inventory(state) => {
                let InventoryState { rows, checkpoints, .. } = state.as_mut();
                let outcomes = decide::batch(rows, self.shard, batch, entry, |rows, command| {
                    if let Op::PutCheckpoint { size, .. } = command.op
                        && let Ok(Some(Row::Checkpoint(checkpoint))) = rows.get(&Key::Checkpoint(size))
                    {
                        checkpoints.push(checkpoint.as_ref().clone());
                    }
                })?;
                state.append_leaves().map_err(io::Error::other)?;
                Ok(Applied::Outcomes(outcomes))
            }
        }
    }

    /// Writes all changes in one batch with the new position `applied`, then publishes them.
    pub fn commit(&mut self, applied: &[u8], index: u64) -> io::Result<()> {
        match &mut self.kind {
            Kind::Directory(directory) => directory.commit(&self.db, applied)?,
            Kind::Inventory(state) => {
                let InventoryState { rows, tree, checkpoints } = state.as_mut();
                rows.commit(applied, |set| tree.write(set))?;
                tree.publish();
                checkpoints.drain(..).for_each(|checkpoint| self.progress.published.add(&checkpoint));
            }
        }
        self.publish(index);
        Ok(())
    }

    /// Loads the state in memory again, after a snapshot replaced the shard's rows.
    pub fn reload(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Directory(directory) => directory.load(&self.db),
            Kind::Inventory(state) => {
                **state = InventoryState::open(&self.db, self.shard, &self.progress)?;
                Ok(())
            }
        }
    }

    /// Publishes this replica's progress.
    pub fn publish(&mut self, index: u64) {
        let progress = &self.progress;
        if let Kind::Inventory(state) = &mut self.kind
            && let Ok(Some(Row::Meta(meta))) = state.rows.get(&Key::Meta)
        {
            progress.last_erasure.store(meta.last_erasure, Ordering::Relaxed);
            progress.audit_unsealed_since_ms.store(meta.audit_unsealed_since_ms, Ordering::Relaxed);
            progress.clock.applied(meta.last_at_ms);
            progress.published.passed(meta.last_at_ms);
            progress.next_deadline_ms.store(meta.next_deadline_ms, Ordering::Relaxed);
        }
        progress.applied.send_replace(index);
    }
}
