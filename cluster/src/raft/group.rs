//! One shard's Raft group on this node.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use keyrack_proto::internal as pb;
use openraft::alias::WatchReceiverOf;
use openraft::errors::{ClientWriteError, LinearizableReadError, RaftError};
use openraft::metrics::RaftServerMetrics;
use openraft::{ChangeMembers, ReadPolicy};

use super::log_store::LogStore;
use super::network::{Links, Network};
use super::settings::{GroupConfig, raft_config};
use super::snapshot::SnapshotBuilder;
use super::state_machine::{Applied, Shared, StateMachine};
use super::{Payload, Raft, Types, Vote, wire};
use crate::Member;
use crate::directory::Directory;
use crate::storage::{LogDb, RowsDb};

/// A member that lacks at most so many entries counts as caught up.
const CAUGHT_UP: u64 = 64;
/// How long a member may take to say whom it follows.
const ASKED: Duration = Duration::from_secs(1);
/// How long one wait for the state before a restart lasts.
const RECOVERY: Duration = Duration::from_secs(30);

/// A group. Cheap to clone.
#[derive(Clone)]
pub struct Group {
    shard: u32,
    pub(super) raft: Raft,
    pub(super) snapshots: SnapshotBuilder,
    log: LogStore,
    shared: Arc<Shared>,
    node: u64,
    links: Links,
}

/// Why a batch has no outcome.
#[derive(Debug)]
pub enum WriteError {
    /// This node does not lead, or ceased to: whether the batch is in the log is unknown.
    NotLeader,
    /// The node has stopped.
    Stopped(String),
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

    /// Proposes an encoded batch; waits until it is applied here.
    pub async fn write(&self, batch: Bytes) -> Result<(u64, Applied), WriteError> {
        match self.raft.client_write(Payload(batch)).await {
            Ok(written) => Ok((written.log_id.index, written.data)),
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(_))) => Err(WriteError::NotLeader),
            Err(cause) => Err(WriteError::Stopped(cause.to_string())),
        }
    }

    /// The index a linearizable read that begins now has to see; `None` when this node does not lead or
    /// reaches no majority.
    pub async fn read_index(&self) -> io::Result<Option<u64>> {
        // openraft takes the answer to an older append for the answer to a newer, empty one behind the same entry
        // (0.10.0-alpha.37, `InflightAppendQueue::drain_acked`): a leader that was paused and deposed meanwhile confirmed
        // itself with what had lain in its sockets. So it gives the index only, and the majority is asked here (ADR 14).
        match self.raft.get_read_log_id(ReadPolicy::LeaseRead).await {
            Ok((read, _)) => Ok(self.still_leads().await.then(|| read.index())),
            Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(_) | LinearizableReadError::QuorumNotEnough(_))) => {
                Ok(None)
            }
            Err(cause) => Err(io::Error::other(cause)),
        }
    }

    /// The vote that this node has on its disk.
    pub fn held_vote(&self) -> Option<Vote> {
        self.log.vote()
    }

    /// Whether a majority, asked now, has voted for nobody after this node. Whoever was elected since has the vote of one
    /// of any majority, and that one's vote was on its disk before it was counted.
    async fn still_leads(&self) -> bool {
        let (configs, members) = {
            use openraft::async_runtime::WatchReceiver;
            let metrics = self.raft.server_metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            let members: Vec<(u64, Member)> = membership.nodes().map(|(id, member)| (*id, member.clone())).collect();
            (membership.get_joint_config().clone(), members)
        };
        let Some(mine) = self.held_vote().filter(|vote| vote.leader_id.node_id == self.node) else { return false };
        let mut with_us = BTreeSet::from([self.node]);
        let is_majority = |with_us: &BTreeSet<u64>| {
            configs.iter().all(|voters| voters.iter().filter(|voter| with_us.contains(voter)).count() * 2 > voters.len())
        };
        let others = members.iter().filter(|(id, _)| *id != self.node);
        let mut asked: FuturesUnordered<_> = others.map(|(id, member)| self.follows(*id, member, &mine)).collect();
        while !is_majority(&with_us) {
            match asked.next().await {
                Some(answer) => with_us.extend(answer),
                None => return false,
            }
        }
        true
    }

    /// The node's id, if it has voted for nobody after `mine`.
    async fn follows(&self, id: u64, member: &Member, mine: &Vote) -> Option<u64> {
        let mut request = tonic::Request::new(pb::HeldVoteRequest { group: self.shard });
        request.set_timeout(ASKED);
        let reply = self.links.client(id, member).ok()?.held_vote(request).await.ok()?.into_inner();
        let theirs = reply.vote.map(wire::vote_in);
        let order = |vote: &Vote| (vote.leader_id.term, vote.leader_id.node_id);
        theirs.is_none_or(|theirs| order(&theirs) <= order(mine)).then_some(id)
    }

    /// Who leads, if this node knows.
    pub fn leader(&self) -> Option<u64> {
        use openraft::async_runtime::WatchReceiver;
        self.raft.server_metrics().borrow_watched().current_leader
    }

    /// The members and their addresses, as the group's log has them.
    pub fn members(&self) -> Vec<(u64, Member)> {
        use openraft::async_runtime::WatchReceiver;
        let metrics = self.raft.server_metrics();
        let metrics = metrics.borrow_watched();
        metrics.membership_config.membership().nodes().map(|(id, member)| (*id, member.clone())).collect()
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
