//! What a shard's replica does for the rest of its node: write, say what a linearizable read has to see, say who leads.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use keyrack_proto::internal as pb;
use openraft::async_runtime::WatchReceiver;
use openraft::errors::{ClientWriteError, LinearizableReadError, RaftError};
use openraft::storage::RaftStateMachine;
use openraft::{Raft, ReadPolicy};
use tokio::sync::watch;

use super::log_store::LogStore;
use super::types::{Payload, Types, Vote};
use super::wire;
use crate::peers::{Member, PeerCalls};
use crate::state::Applied;
use crate::storage::LogDisk;

/// Why a batch has no outcome.
#[derive(Debug)]
pub enum WriteError {
    /// This node does not lead, or ceased to: whether the batch is in the log is unknown.
    NotLeader,
    /// The node has stopped.
    Stopped(String),
}

/// A state machine that Raft can drive: every `RaftStateMachine` is one. It spares other folders openraft's name.
pub trait Machine: RaftStateMachine<Types> {}

impl<M: RaftStateMachine<Types>> Machine for M {}

/// One shard's Raft replica on this node, whatever is under it: a node's disk and network, or a simulation's. It is what the
/// batcher and the read gate know of a shard. Cheap to clone.
pub struct Replica<M: Machine, D, P> {
    /// The shard.
    pub shard: u32,
    /// This node.
    pub node: u64,
    /// Raft.
    pub raft: Raft<Types, M>,
    /// The shard's log.
    pub log: LogStore<D>,
    /// The way to the other nodes.
    pub peers: P,
    /// The last index that was applied here.
    pub applied: watch::Receiver<u64>,
    /// The time that an entry is stamped with now, ms since 1970.
    pub stamp: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Clone for Replica<M, D, P> {
    fn clone(&self) -> Self {
        Replica {
            shard: self.shard,
            node: self.node,
            raft: self.raft.clone(),
            log: self.log.clone(),
            peers: self.peers.clone(),
            applied: self.applied.clone(),
            stamp: self.stamp.clone(),
        }
    }
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
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
        let reply = self.peers.held_vote(id, member, pb::HeldVoteRequest { group: self.shard }).await?;
        let theirs = reply.vote.map(wire::vote_in);
        let order = |vote: &Vote| (vote.leader_id.term, vote.leader_id.node_id);
        theirs.is_none_or(|theirs| order(&theirs) <= order(mine)).then_some(id)
    }

    /// Who leads, if this node knows.
    pub fn leader(&self) -> Option<u64> {
        self.raft.server_metrics().borrow_watched().current_leader
    }

    /// The members and their addresses, as the group's log has them.
    pub fn members(&self) -> Vec<(u64, Member)> {
        let metrics = self.raft.server_metrics();
        let metrics = metrics.borrow_watched();
        metrics.membership_config.membership().nodes().map(|(id, member)| (*id, member.clone())).collect()
    }

    /// A member and its address, as the group's log has it.
    pub fn member(&self, id: u64) -> Option<Member> {
        self.members().into_iter().find(|(known, _)| *known == id).map(|(_, member)| member)
    }

    /// The time that an entry is stamped with now, ms since 1970.
    pub fn now_ms(&self) -> u64 {
        (self.stamp)()
    }
}
