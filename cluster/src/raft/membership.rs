//! A group's members: the first ones, members that rejoin with new data, and handing the leadership over.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use openraft::ChangeMembers;
use openraft::Instant as _;
use openraft::alias::WatchReceiverOf;
use openraft::async_runtime::WatchReceiver;
use openraft::metrics::RaftServerMetrics;

use super::group::Group;
use super::types::Types;
use crate::peers::Member;

/// A member that lacks at most this many entries counts as caught up.
const CAUGHT_UP: u64 = 64;
/// A member that has not answered the leader for this long gets no leadership.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

/// Why a hand-over of the leadership is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandOverRefused {
    /// Only a leader can hand over.
    #[error("this node is not the leader")]
    NotLeading,
    /// Only a voter can lead.
    #[error("node {0} is not a voter")]
    NotVoter(u64),
    /// The other node would have to catch up first, and writes would wait for it.
    #[error("node {node} is {entries} entries behind")]
    Behind {
        /// The other node.
        node: u64,
        /// How many entries it lacks.
        entries: u64,
    },
    /// It would not take over, and the shard would have no leader for an election.
    #[error("node {0} does not answer the leader")]
    Silent(u64),
    /// Raft has stopped.
    #[error("{0}")]
    Stopped(String),
}

/// A group's membership as it is now.
pub struct MembershipWatch(WatchReceiverOf<Types, RaftServerMetrics<Types>>);

impl MembershipWatch {
    /// Whether `node` is a member. `None` before the group has its first members.
    pub fn has(&self, node: u64) -> Option<bool> {
        let metrics = self.0.borrow_watched();
        let membership = metrics.membership_config.membership();
        membership.nodes().next()?;
        Some(membership.get_node(&node).is_some())
    }
}

impl Group {
    /// Starts the group with its first members. Only one node calls this, once.
    pub async fn initialize(&self, members: impl IntoIterator<Item = (u64, Member)>) -> io::Result<()> {
        let members: BTreeMap<u64, Member> = members.into_iter().collect();
        self.replica().raft.initialize(members).await.map_err(io::Error::other)
    }

    /// Whether the group has its first members, as far as this node knows.
    pub async fn is_initialized(&self) -> io::Result<bool> {
        self.replica().raft.is_initialized().await.map_err(io::Error::other)
    }

    /// Whether `node` is a voter with this incarnation.
    pub fn votes(&self, node: u64, incarnation: u64) -> bool {
        let metrics = self.replica().raft.server_metrics();
        let metrics = metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        let known = membership.get_node(&node).is_some_and(|member| member.incarnation == incarnation);
        known && membership.get_joint_config().len() == 1 && membership.voter_ids().any(|voter| voter == node)
    }

    /// Takes the next step of replacing a member that has new data. First the group removes it, so that its earlier votes and
    /// answers no longer count. Then it rejoins as a learner. Once it has caught up, it becomes a voter. Leader only.
    pub async fn replace(&self, id: u64, member: &Member) -> io::Result<()> {
        let (known, is_voter, is_joint, is_close) = {
            let metrics = self.replica().raft.metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            let matched = metrics.replication.as_ref().and_then(|all| all.get(&id)).and_then(|id| id.as_ref()).map(|id| id.index);
            let close = matched.is_some_and(|matched| matched + CAUGHT_UP >= metrics.last_log_index.unwrap_or(0));
            let is_voter = membership.voter_ids().any(|voter| voter == id);
            (membership.get_node(&id).map(|node| node.incarnation), is_voter, membership.get_joint_config().len() > 1, close)
        };
        let changed = match known {
            _ if is_joint => self.replica().raft.change_membership(ChangeMembers::AddVoterIds(Default::default()), false).await,
            Some(incarnation) if incarnation == member.incarnation => {
                if is_voter || !is_close {
                    return Ok(());
                }
                self.replica().raft.change_membership(ChangeMembers::AddVoterIds([id].into()), true).await
            }
            Some(_) if is_voter => self.replica().raft.change_membership(ChangeMembers::RemoveVoters([id].into()), false).await,
            Some(_) => self.replica().raft.change_membership(ChangeMembers::RemoveNodes([id].into()), false).await,
            None => self.replica().raft.add_learner(id, member.clone(), false).await,
        };
        changed.map(drop).map_err(io::Error::other)
    }

    /// Watches the membership. Does not keep the group's files open.
    pub fn watch_membership(&self) -> MembershipWatch {
        MembershipWatch(self.replica().raft.server_metrics())
    }

    /// Starts to hand the leadership to another voter. Raft then holds an election, which may have another result.
    ///
    /// # Errors
    /// When this node does not lead, or the other node is not a voter, is too far behind or does not answer. A hand-over that fails would stop
    /// writes for an election timeout.
    pub async fn hand_over(&self, to: u64) -> Result<(), HandOverRefused> {
        let (lag, is_silent) = {
            let metrics = self.replica().raft.metrics();
            let metrics = metrics.borrow_watched();
            if metrics.current_leader != Some(metrics.id) {
                return Err(HandOverRefused::NotLeading);
            }
            if !metrics.membership_config.membership().voter_ids().any(|voter| voter == to) {
                return Err(HandOverRefused::NotVoter(to));
            }
            let answered = metrics.heartbeat.as_ref().and_then(|all| all.get(&to)).and_then(Option::as_ref);
            let is_silent = answered.is_none_or(|at| at.elapsed() > ANSWERED_WITHIN);
            let matched = metrics.replication.as_ref().and_then(|all| all.get(&to)).and_then(|id| id.as_ref()).map(|id| id.index);
            (metrics.last_log_index.unwrap_or(0).saturating_sub(matched.unwrap_or(0)), is_silent)
        };
        if lag > CAUGHT_UP {
            return Err(HandOverRefused::Behind { node: to, entries: lag });
        }
        if is_silent {
            return Err(HandOverRefused::Silent(to));
        }
        self.replica().begin_transfer(to).await.map_err(|cause| HandOverRefused::Stopped(cause.to_string()))
    }
}
