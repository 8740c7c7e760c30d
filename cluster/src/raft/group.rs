//! One shard's Raft group on this node.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use openraft::ChangeMembers;
use openraft::alias::WatchReceiverOf;
use openraft::metrics::RaftServerMetrics;

use super::log_store::LogStore;
use super::network::{Links, Network};
use super::settings::{GroupConfig, raft_config};
use super::snapshot::SnapshotBuilder;
use super::state_machine::{Shared, StateMachine};
use super::{Raft, Types, wire};
use crate::Member;
use crate::cluster::now_ms;
use crate::directory::Directory;
use crate::storage::{LogDb, RowsDb};

/// A member that lacks at most so many entries counts as caught up.
const CAUGHT_UP: u64 = 64;
/// How long one wait for the state before a restart lasts.
const RECOVERY: Duration = Duration::from_secs(30);

/// A group. Cheap to clone.
#[derive(Clone)]
pub struct Group {
    pub(super) shard: u32,
    pub(super) raft: Raft,
    pub(super) snapshots: SnapshotBuilder,
    pub(super) log: LogStore,
    pub(super) node: u64,
    pub(super) links: Links,
    shared: Arc<Shared>,
}

/// A group in numbers, as the node sees it.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Who leads, if known.
    pub leader: Option<u64>,
    /// The term.
    pub term: u64,
    /// The last index of the log.
    pub last_index: u64,
    /// The last applied index.
    pub applied_index: u64,
    /// The last index that is gone from the log.
    pub purged_index: u64,
    /// The last index in the newest snapshot.
    pub snapshot_index: u64,
    /// Snapshots installed since the start.
    pub snapshots_installed: u64,
    /// Snapshots built since the start.
    pub snapshots_built: u64,
    /// Why the group stopped, if it did.
    pub stopped: Option<String>,
}

/// A group's membership as it is now.
pub struct MembershipWatch(WatchReceiverOf<Types, RaftServerMetrics<Types>>);

impl MembershipWatch {
    /// Whether `node` is a member; `None` before the group has begun.
    pub fn has(&self, node: u64) -> Option<bool> {
        use openraft::async_runtime::WatchReceiver;
        let metrics = self.0.borrow_watched();
        let membership = metrics.membership_config.membership();
        membership.nodes().next()?;
        Some(membership.get_node(&node).is_some())
    }
}

impl Group {
    /// Whether the group's log and rows can be read and go together.
    ///
    /// # Errors
    /// `InvalidData` when they cannot: the node must not take part with them.
    pub fn check(shard: u32, log: &LogDb, rows: &RowsDb) -> io::Result<()> {
        let store = LogStore::open(shard, log.clone())?;
        let applied = rows.applied(shard)?.map(|bytes| wire::applied_in(&bytes)).transpose()?;
        let applied = applied.and_then(|position| position.last_log_id).map_or(0, |id| id.index);
        if applied < store.purged_index() {
            let purged = store.purged_index();
            return Err(wire::malformed(&format!("rows of shard {shard}: they end at {applied}, the log begins after {purged}")));
        }
        Ok(())
    }

    /// Opens the group's log and rows and starts Raft on them.
    pub async fn open(
        shard: u32,
        node: u64,
        config: &GroupConfig,
        links: Links,
        (log, rows): (LogDb, Arc<RowsDb>),
        snapshots: PathBuf,
        directory: Arc<Directory>,
    ) -> io::Result<Group> {
        let shared = Arc::new(Shared::default());
        let log = LogStore::open(shard, log)?;
        let snapshots = SnapshotBuilder::open(shard, rows.clone(), snapshots, shared.clone())?;
        let machine = StateMachine::open(shard, rows, directory, shared.clone(), snapshots.clone())?;
        let network = Network { group: shard, links: links.clone() };
        let config = Arc::new(raft_config(shard, config).validate().map_err(io::Error::other)?);
        let raft = Raft::new(node, config, network, log.clone(), machine).await.map_err(io::Error::other)?;
        Ok(Group { shard, raft, snapshots, log, shared, node, links })
    }

    /// Begins the group with its first members. Only one node does, once.
    pub async fn initialize(&self, members: impl IntoIterator<Item = (u64, Member)>) -> io::Result<()> {
        let members: std::collections::BTreeMap<u64, Member> = members.into_iter().collect();
        self.raft.initialize(members).await.map_err(io::Error::other)
    }

    /// Whether the group has begun, as far as this node knows.
    pub async fn is_initialized(&self) -> io::Result<bool> {
        self.raft.is_initialized().await.map_err(io::Error::other)
    }

    /// Waits until what was committed before a restart is applied again.
    pub async fn recovered(&self) -> io::Result<()> {
        self.raft.wait_for_recovery(Some(RECOVERY)).await.map(drop).map_err(io::Error::other)
    }

    /// Begins to hand the leadership to another voter. Raft does the rest; a vote decides.
    ///
    /// # Errors
    /// When this node does not lead, or the other is no voter or too far behind: a hand-over that fails stops writes until
    /// an election timeout has passed.
    pub async fn hand_over(&self, to: u64) -> io::Result<()> {
        let lag = {
            use openraft::async_runtime::WatchReceiver;
            let metrics = self.raft.metrics();
            let metrics = metrics.borrow_watched();
            if metrics.current_leader != Some(metrics.id) {
                return Err(io::Error::other("this node does not lead"));
            }
            if !metrics.membership_config.membership().voter_ids().any(|voter| voter == to) {
                return Err(io::Error::other(format!("node {to} is no voter")));
            }
            let matched = metrics.replication.as_ref().and_then(|all| all.get(&to)).and_then(|id| id.as_ref()).map(|id| id.index);
            metrics.last_log_index.unwrap_or(0).saturating_sub(matched.unwrap_or(0))
        };
        if lag > CAUGHT_UP {
            return Err(io::Error::other(format!("node {to} is {lag} entries behind")));
        }
        self.raft.trigger().transfer_leader(to).await.map_err(io::Error::other)
    }

    /// Whether `node` votes here, with these data.
    pub fn votes(&self, node: u64, incarnation: u64) -> bool {
        use openraft::async_runtime::WatchReceiver;
        let metrics = self.raft.server_metrics();
        let metrics = metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        let known = membership.get_node(&node).is_some_and(|member| member.incarnation == incarnation);
        known && membership.get_joint_config().len() == 1 && membership.voter_ids().any(|voter| voter == node)
    }

    /// The next step of taking a member in anew, whose data are others now: out of the group, so that nothing it said
    /// before counts any more; in again as a learner, until it has what the others have; then a voter. On the leader only.
    pub async fn replace(&self, id: u64, member: &Member) -> io::Result<()> {
        let (known, is_voter, is_joint, is_close) = {
            use openraft::async_runtime::WatchReceiver;
            let metrics = self.raft.metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            let matched = metrics.replication.as_ref().and_then(|all| all.get(&id)).and_then(|id| id.as_ref()).map(|id| id.index);
            let close = matched.is_some_and(|matched| matched + CAUGHT_UP >= metrics.last_log_index.unwrap_or(0));
            let is_voter = membership.voter_ids().any(|voter| voter == id);
            (membership.get_node(&id).map(|node| node.incarnation), is_voter, membership.get_joint_config().len() > 1, close)
        };
        let changed = match known {
            _ if is_joint => self.raft.change_membership(ChangeMembers::AddVoterIds(Default::default()), false).await,
            Some(incarnation) if incarnation == member.incarnation => {
                if is_voter || !is_close {
                    return Ok(());
                }
                self.raft.change_membership(ChangeMembers::AddVoterIds([id].into()), true).await
            }
            Some(_) if is_voter => self.raft.change_membership(ChangeMembers::RemoveVoters([id].into()), false).await,
            Some(_) => self.raft.change_membership(ChangeMembers::RemoveNodes([id].into()), false).await,
            None => self.raft.add_learner(id, member.clone(), false).await,
        };
        changed.map(drop).map_err(io::Error::other)
    }

    /// The membership as it changes. Holds nothing of the group, so it does not keep the group's files open.
    pub fn watch_membership(&self) -> MembershipWatch {
        MembershipWatch(self.raft.server_metrics())
    }

    /// The time that an entry is stamped with now, ms since 1970.
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms(now_ms())
    }

    /// What the state machine tells.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The group in numbers.
    pub fn status(&self) -> Status {
        use openraft::async_runtime::WatchReceiver;
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        Status {
            leader: metrics.current_leader,
            term: metrics.current_term,
            last_index: metrics.last_log_index.unwrap_or(0),
            applied_index: *self.shared.applied.borrow(),
            purged_index: self.log.purged_index(),
            snapshot_index: metrics.snapshot.as_ref().map_or(0, |id| id.index),
            snapshots_installed: self.shared.installed.load(Ordering::Relaxed),
            snapshots_built: self.shared.built.load(Ordering::Relaxed),
            stopped: metrics.running_state.as_ref().err().map(ToString::to_string),
        }
    }

    /// Waits until the group stops by itself; returns why.
    pub async fn stopped(&self) -> String {
        use openraft::async_runtime::WatchReceiver;
        let mut metrics = self.raft.metrics();
        loop {
            if let Err(cause) = &metrics.borrow_watched().running_state {
                return format!("shard {}: {cause}", self.shard);
            }
            if metrics.changed().await.is_err() {
                return format!("shard {}: Raft has ended", self.shard);
            }
        }
    }

    /// Takes a snapshot whenever the log has grown enough or a while has passed; runs until dropped.
    pub async fn take_snapshots(self, config: GroupConfig) {
        let mut every = tokio::time::interval(Duration::from_millis(500));
        let (mut bytes_then, mut then) = (0, tokio::time::Instant::now());
        loop {
            every.tick().await;
            let status = self.status();
            let bytes = self.log.appended_bytes();
            let grown = status.applied_index.saturating_sub(status.snapshot_index);
            let due = grown >= config.snapshot_log_entries
                || bytes - bytes_then >= config.snapshot_log_bytes
                || (grown > 0 && then.elapsed().as_secs() >= config.snapshot_interval_secs);
            if due && grown > 0 && self.raft.trigger().snapshot().await.is_ok() {
                (bytes_then, then) = (bytes, tokio::time::Instant::now());
            }
        }
    }

    /// Begins a snapshot of what is applied now.
    pub async fn snapshot_anew(&self) -> io::Result<()> {
        self.raft.trigger().snapshot().await.map_err(io::Error::other)
    }

    /// Reads the newest snapshot; another takes the place of one that is damaged. What it was made from is in
    /// the rows, so nothing is lost with it.
    pub fn verify_snapshot(&self) -> io::Result<()> {
        if self.snapshots.renew_damaged()? {
            tracing::error!(shard = self.shard, "the newest snapshot is damaged: another takes its place");
        }
        Ok(())
    }

    /// Removes every snapshot but the newest.
    pub fn forget_older_snapshots(&self) -> io::Result<()> {
        self.snapshots.keep_only_newest()
    }

    /// Removes the log's entries up to `index`, which a snapshot must have. A follower that still lacks them
    /// gets the snapshot.
    pub async fn purge(&self, index: u64) -> io::Result<()> {
        self.raft.trigger().purge_log(index).await.map_err(io::Error::other)
    }

    /// Stops Raft; what is in the log stays there.
    pub async fn shutdown(&self) {
        if let Err(cause) = self.raft.shutdown().await {
            tracing::warn!(shard = self.shard, %cause, "Raft did not stop clean");
        }
    }
}
