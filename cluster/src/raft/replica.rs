//! A shard's replica as the rest of the node uses it: writes, read indexes for linearizable reads, leader and members.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use openraft::async_runtime::WatchReceiver;
use openraft::errors::{ClientWriteError, LinearizableReadError, RaftError};
use openraft::storage::RaftStateMachine;
use openraft::{Raft, ReadPolicy};
use tokio::sync::watch;

use super::doubts::Doubts;
use super::log_store::LogStore;
use super::transfers::Transfers;
use super::types::{LogId, Payload, Types, Vote};
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
    /// What this replica needs to doubt its leader.
    pub doubts: Doubts,
    /// The hand-over of the leadership that is under way.
    pub transfers: Transfers,
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
            doubts: self.doubts.clone(),
            transfers: self.transfers.clone(),
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

    /// Starts to hand this node's leadership over, if it leads. Raft then holds an election. Any error means that Raft has stopped.
    pub async fn begin_transfer(&self, to: u64) -> io::Result<()> {
        if self.leader() == Some(self.node) {
            self.transfers.open(to);
        }
        self.raft.trigger().transfer_leader(to).await.map_err(io::Error::other)
    }

    /// The vote that this node has on its disk.
    pub fn held_vote(&self) -> Option<Vote> {
        self.log.vote()
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
