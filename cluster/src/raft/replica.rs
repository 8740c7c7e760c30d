//! A shard's replica as the rest of the node uses it: writes, read indexes for linearizable reads, leader and members.

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
use super::types::{LogId, Payload, Types, Vote};
use super::wire;
use crate::peers::{Member, PeerCalls};
use crate::state::Applied;
use crate::storage::LogDisk;

/// Why a batch has no outcome.
#[derive(Debug)]
pub enum WriteError {
    /// This node does not lead, or lost its leadership. It is unknown whether the batch is in the log.
    NotLeader,
    /// The node has stopped.
    Stopped(String),
}

/// A state machine that Raft can drive: every `RaftStateMachine` is one. With this trait other folders need not name openraft.
pub trait Machine: RaftStateMachine<Types> {}

impl<M: RaftStateMachine<Types>> Machine for M {}

/// One shard's Raft replica on this node, over a real disk and network or a simulation's. The batcher and the read gate
/// know a shard only through this type. Cheap to clone.
pub struct Replica<M: Machine, D, P> {
    /// The shard.
    pub shard: u32,
    /// This node.
    pub node: u64,
    /// Raft.
    pub raft: Raft<Types, M>,
    /// The shard's log.
    pub log: LogStore<D>,
    /// Calls to the other nodes.
    pub peers: P,
    /// The last index that this replica applied.
    pub applied: watch::Receiver<u64>,
    /// The end of the newest log when all nodes were restored from copies; see `floor.rs`.
    pub floor: Option<LogId>,
    /// Gives the timestamp for an entry that is proposed now, ms since 1970.
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
            floor: self.floor,
            stamp: self.stamp.clone(),
        }
    }
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
    /// Proposes an encoded batch and waits until this replica has applied it.
    pub async fn write(&self, batch: Bytes) -> Result<(u64, Applied), WriteError> {
        match self.raft.client_write(Payload(batch)).await {
            Ok(written) => Ok((written.log_id.index, written.data)),
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(_))) => Err(WriteError::NotLeader),
            Err(cause) => Err(WriteError::Stopped(cause.to_string())),
        }
    }

    /// The index that this replica must have applied before it serves a linearizable read that begins now. `None` when this
    /// node does not lead or cannot reach a majority.
    pub async fn read_index(&self) -> io::Result<Option<u64>> {
        // openraft counts the answer to an older append as the answer to a newer, empty append after the same entry
        // (0.10.0-alpha.37, `InflightAppendQueue::drain_acked`). A leader that was paused and deposed confirmed itself with
        // old answers in its sockets. So openraft gives only the index, and `still_leads` asks the majority (ADR 14).
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

    /// Asks the members for their votes. Returns `true` once a majority has answered that it voted for no later leader. A later
    /// leader has the votes of a majority. Two majorities share a node, and its vote was on its disk before it was counted.
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

    /// The node's id, if it has not voted for a leader after `mine`.
    async fn follows(&self, id: u64, member: &Member, mine: &Vote) -> Option<u64> {
        let reply = self.peers.held_vote(id, member, pb::HeldVoteRequest { group: self.shard }).await?;
        let theirs = reply.vote.map(wire::vote_in);
        let order = |vote: &Vote| (vote.leader_id.term, vote.leader_id.node_id);
        theirs.is_none_or(|theirs| order(&theirs) <= order(mine)).then_some(id)
    }

    /// The leader's id, if this node knows it.
    pub fn leader(&self) -> Option<u64> {
        self.raft.server_metrics().borrow_watched().current_leader
    }

    /// The members and their addresses, from the group's log.
    pub fn members(&self) -> Vec<(u64, Member)> {
        let metrics = self.raft.server_metrics();
        let metrics = metrics.borrow_watched();
        metrics.membership_config.membership().nodes().map(|(id, member)| (*id, member.clone())).collect()
    }

    /// A member and its address, from the group's log.
    pub fn member(&self, id: u64) -> Option<Member> {
        self.members().into_iter().find(|(known, _)| *known == id).map(|(_, member)| member)
    }

    /// The timestamp for an entry that is proposed now, ms since 1970.
    pub fn now_ms(&self) -> u64 {
        (self.stamp)()
    }
}
