//! The state machine that openraft drives: applies committed entries to a shard's state and returns the replies.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::{Stream, StreamExt};
use openraft::alias::SnapshotOf;
use openraft::storage::{EntryResponder, RaftStateMachine};

use super::snapshot::SnapshotBuilder;
use super::types::{EntryPayload, LogId, Payload, SnapshotMeta, StoredMembership, Types};
use super::wire;
use crate::directory::Directory;
use crate::state::{Applied, Progress, ShardState};
use crate::storage::{RowsDb, SnapshotDir};
use crate::tasks::panic_message;

/// The state machine of one shard.
pub struct StateMachine {
    shard: u32,
    db: Arc<RowsDb>,
    state: ShardState,
    position: SnapshotMeta,
    progress: Arc<Progress>,
    snapshots: SnapshotBuilder,
}

impl StateMachine {
    /// Opens the state at the stored applied position.
    pub fn open(
        shard: u32,
        db: Arc<RowsDb>,
        directory: Arc<Directory>,
        progress: Arc<Progress>,
        snapshots: SnapshotBuilder,
    ) -> io::Result<Self> {
        let position = match db.applied(shard)? {
            Some(bytes) => wire::applied_in(&bytes)?,
            None => SnapshotMeta::default(),
        };
        let index = index_of(position.last_log_id.as_ref());
        let state = ShardState::open(shard, db.clone(), directory, progress.clone(), index)?;
        Ok(StateMachine { shard, db, state, position, progress, snapshots })
    }

    /// Writes all changes since the last commit, with the new applied position.
    fn commit(&mut self) -> io::Result<()> {
        let Some(last) = &self.position.last_log_id else { return Ok(()) };
        let applied = wire::applied_out(last, &self.position.last_membership);
        self.state.commit(&applied, last.index)
    }

    /// Advances the applied position to an entry. Each entry is applied once, in order.
    fn advance(&mut self, to: LogId) {
        let before = index_of(self.position.last_log_id.as_ref());
        assert!(to.index > before || self.position.last_log_id.is_none(), "entry {to} is applied after entry {before}");
        self.position.last_log_id = Some(to);
    }
}

/// Turns a panic into an error. openraft stops a group whose state machine returns an error, and then the node stops. It would
/// notice a panic only when it applies the next entry.
fn stopping<T>(apply: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(apply))
        .unwrap_or_else(|panic| Err(io::Error::other(format!("applying an entry panicked: {}", panic_message(panic.as_ref())))))
}

fn index_of(id: Option<&LogId>) -> u64 {
    id.map_or(0, |id| id.index)
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
            let position = (entry.log_id.committed_leader_id().term, entry.log_id.index);
            let applied = match entry.payload {
                EntryPayload::Blank => Applied::Nothing,
                EntryPayload::Normal(Payload(batch)) => {
                    let members = || self.position.last_membership.membership().nodes().map(|(id, _)| *id).collect();
                    stopping(|| self.state.apply(position, batch, members))?
                }
                EntryPayload::Membership(membership) => {
                    self.position.last_membership = StoredMembership::new(Some(entry.log_id), membership);
                    Applied::Nothing
                }
            };
            self.advance(entry.log_id);
            answers.extend(responder.map(|responder| (responder, applied)));
        }
        // Write the rows before the callers are answered, so that they can read their own writes.
        stopping(|| self.commit())?;
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
        // openraft awaits the installation, so the blocking task has an owner and an end.
        tokio::task::spawn_blocking(move || db.import(shard, &installed)).await.map_err(io::Error::other)??;
        self.position = meta.clone();
        self.state.reload()?;
        self.snapshots.adopt(snapshot)?;
        self.progress.installed.fetch_add(1, Ordering::Relaxed);
        let index = index_of(meta.last_log_id.as_ref());
        tracing::info!(event = "snapshot_installed", shard = self.shard, index, "installed a snapshot from the leader");
        self.state.publish(index);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<SnapshotOf<Types, SnapshotDir>>> {
        self.snapshots.current()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_applying_becomes_an_error_with_its_message() {
        let failed = stopping(|| -> io::Result<()> { panic!("sold is {}", -1) }).expect_err("it panicked");
        assert_eq!(failed.to_string(), "applying an entry panicked: sold is -1");
        assert_eq!(stopping(|| Ok(7)).ok(), Some(7));
    }
}
