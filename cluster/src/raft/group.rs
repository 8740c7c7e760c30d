//! One shard's Raft group on this node.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal as pb;
use openraft::Raft;
use openraft::async_runtime::WatchReceiver;

use super::connection::Network;
use super::doubts::Doubts;
use super::floor::is_behind;
use super::group_config::GroupConfig;
use super::log_store::LogStore;
use super::replica::Replica;
use super::settings::raft_config;
use super::snapshot::SnapshotBuilder;
use super::state_machine::StateMachine;
use super::wire;
use crate::clock::now_ms;
use crate::directory::{Directory, SHARD};
use crate::malformed::malformed;
use crate::peers::{Links, Member};
use crate::state::Progress;
use crate::storage::{LogDb, RowsDb, Slot};

/// How long one call of [`Group::recovered`] waits.
const RECOVERY: Duration = Duration::from_secs(30);

/// A node's replica of a shard.
pub type NodeReplica = Replica<StateMachine, LogDb, Links>;

/// A group. Cheap to clone.
#[derive(Clone)]
pub struct Group {
    replica: NodeReplica,
    pub(super) snapshots: SnapshotBuilder,
    progress: Arc<Progress>,
}

/// What a group begins with.
pub struct GroupData {
    /// The log database of the node.
    pub log: LogDb,
    /// The rows of the node.
    pub rows: Arc<RowsDb>,
    /// The folder of the group's snapshots.
    pub snapshots: PathBuf,
    /// The end of the newest log, if all nodes were restored from copies.
    pub newest: Option<pb::LogId>,
    /// What the replica needs to doubt its leader.
    pub doubts: Doubts,
}

impl Group {
    /// Whether the directory's log has entries: the cluster has begun, as far as this node knows.
    pub fn has_begun(log: &LogDb) -> io::Result<bool> {
        Ok(log.last(SHARD)?.is_some() || log.slot(SHARD, Slot::Purged)?.is_some())
    }

    /// The term of the vote of each group on the disk; 0 for a group without a vote. Raft must not run.
    pub fn terms(shards: u32, log: &LogDb) -> io::Result<Vec<u64>> {
        (0..shards).map(|shard| Ok(LogStore::open(shard, log.clone())?.term())).collect()
    }

    /// The last entries of the logs, one for each group. Index 0 if a log is empty.
    pub fn ends(shards: u32, log: &LogDb) -> io::Result<Vec<pb::LogId>> {
        let end = |shard| Ok(LogStore::open(shard, log.clone())?.last().as_ref().map(wire::log_id_out).unwrap_or_default());
        (0..shards).map(end).collect()
    }

    /// Makes sure that this node votes and appends only in terms after these, one for each group. Raft must not run.
    pub async fn begin_after(terms: &[u64], node: u64, log: &LogDb) -> io::Result<()> {
        for (shard, term) in terms.iter().enumerate() {
            LogStore::open(shard as u32, log.clone())?.begin_after(*term, node).await?;
        }
        Ok(())
    }

    /// Checks that the group's log and rows can be read and belong together.
    ///
    /// # Errors
    /// `InvalidData` when they do not: the node must not take part with them.
    pub fn check(shard: u32, log: &LogDb, rows: &RowsDb) -> io::Result<()> {
        let store = LogStore::open(shard, log.clone())?;
        let applied = rows.applied(shard)?.map(|bytes| wire::applied_in(&bytes)).transpose()?;
        let applied = applied.and_then(|position| position.last_log_id).map_or(0, |id| id.index);
        if applied < store.purged_index() {
            let purged = store.purged_index();
            return Err(malformed(&format!("rows of shard {shard}: they end at {applied}, but the log begins after {purged}")));
        }
        Ok(())
    }

    /// Opens the group's log and rows and starts Raft on them.
    pub async fn open(
        shard: u32,
        node: u64,
        config: &GroupConfig,
        links: Links,
        GroupData { log, rows, snapshots, newest, doubts }: GroupData,
        directory: Arc<Directory>,
    ) -> io::Result<Group> {
        let progress = Arc::new(Progress::default());
        let log = LogStore::open(shard, log)?;
        let snapshots = SnapshotBuilder::open(shard, rows.clone(), snapshots, progress.clone())?;
        let machine = StateMachine::open(shard, rows, directory, progress.clone(), snapshots.clone())?;
        let network = Network { group: shard, links: links.clone() };
        let floor = newest.map(wire::log_id_in);
        let enable_elect = !is_behind(log.last(), floor);
        let config = openraft::Config { enable_elect, ..raft_config(shard, config) };
        let config = Arc::new(config.validate().map_err(io::Error::other)?);
        let raft = Raft::new(node, config, network, log.clone(), machine).await.map_err(io::Error::other)?;
        let (applied, clock) = (progress.applied.subscribe(), progress.clone());
        let stamp = Arc::new(move || clock.clock.now_ms(now_ms()));
        let replica =
            Replica { shard, node, raft, log, peers: links, applied, floor, doubts, transfers: Default::default(), stamp };
        Ok(Group { replica, snapshots, progress })
    }

    /// Waits until all entries that were committed before a restart are applied again.
    pub async fn recovered(&self) -> io::Result<()> {
        self.replica.raft.wait_for_recovery(Some(RECOVERY)).await.map(drop).map_err(io::Error::other)
    }

    /// The replica itself, as the batcher and the read gate know it.
    pub fn replica(&self) -> &NodeReplica {
        &self.replica
    }

    /// What the state machine reports.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// The leader's id, if this node knows it.
    pub fn leader(&self) -> Option<u64> {
        self.replica.leader()
    }

    /// The members and their addresses, from the group's log.
    pub fn members(&self) -> Vec<(u64, Member)> {
        self.replica.members()
    }

    /// The timestamp for an entry that is proposed now, ms since 1970.
    pub fn now_ms(&self) -> u64 {
        self.replica.now_ms()
    }

    /// Waits until the group stops because of an error, and returns the cause.
    pub async fn stopped(&self) -> String {
        let mut metrics = self.replica.raft.metrics();
        loop {
            if let Err(cause) = &metrics.borrow_watched().running_state {
                return format!("shard {}: {cause}", self.replica.shard);
            }
            if metrics.changed().await.is_err() {
                return format!("shard {}: Raft has stopped", self.replica.shard);
            }
        }
    }

    /// Stops Raft. The log keeps its entries.
    pub async fn shutdown(&self) {
        if let Err(cause) = self.replica.raft.shutdown().await {
            tracing::warn!(event = "raft_stop_failed", shard = self.replica.shard, %cause, "Raft did not stop cleanly");
        }
    }
}
