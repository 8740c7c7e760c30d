//! Answers Raft's calls from the other replicas of the shard.

use std::io;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use openraft::raft::{AppendEntriesRequest, TransferLeaderRequest};
use tokio::sync::mpsc;

use super::checks;
use super::replica::{Machine, Replica};
use super::types::{Entry, EntryPayload, LogId, Types, Vote};
use super::wire;
use crate::malformed::malformed;
use crate::peers::{Call, PeerCalls};
use crate::storage::LogDisk;

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
    /// Answers the pipelined appends of the leader `from`, in order. A later message that is refused ends the stream with the reason,
    /// after the answers to the messages before it.
    pub async fn append_stream<R>(
        &self,
        from: u64,
        first: pb::AppendRequest,
        rest: R,
    ) -> io::Result<BoxStream<'static, io::Result<pb::AppendReply>>>
    where
        R: Stream<Item = pb::AppendRequest> + Send + 'static,
    {
        let first = self.checked_append(from, first)?;
        self.check_elected(&first.vote).await?;
        self.check_members_in(from, &first.entries).await?;
        // A leader opens another stream after another election.
        let (replica, elected) = (self.clone(), first.vote);
        let (refuse, mut refused) = mpsc::channel(1);
        let checked = rest.then(move |request| {
            let checked = replica.checked_append(from, request).and_then(|request| same_leader(request, &elected));
            // Few entries change the members, and only they wait for other nodes.
            let waits = checked.as_ref().is_ok_and(|request| request.entries.iter().any(is_membership));
            let waits = waits.then(|| replica.clone());
            async move {
                let checked = checked?;
                if let Some(replica) = waits {
                    replica.check_members_in(from, &checked.entries).await?;
                }
                Ok::<_, io::Error>(checked)
            }
        });
        // There is room: the stream ends with its first refusal.
        let checked = checked.map(move |checked| checked.map_err(|cause| refuse.try_send(cause)).ok());
        let checked = checked.take_while(|request| std::future::ready(request.is_some())).filter_map(std::future::ready);
        let input = futures::stream::once(std::future::ready(first)).chain(checked);
        let replies = self.raft.stream_append(Box::pin(input));
        let replies = replies.map(|reply| reply.map(|result| wire::append_reply_out(&result)).map_err(io::Error::other));
        let last = futures::stream::iter(std::iter::once_with(move || refused.try_recv().ok()).flatten());
        Ok(Box::pin(replies.chain(last.map(Err))))
    }

    /// Answers a single append of the leader `from`.
    ///
    /// # Errors
    /// `InvalidData` for a request that is refused. Any other error means that Raft has stopped. The same holds for the other
    /// methods here.
    pub async fn append_one(&self, from: u64, request: pb::AppendRequest) -> io::Result<pb::AppendReply> {
        let request = self.checked_append(from, request)?;
        self.check_elected(&request.vote).await?;
        self.check_members_in(from, &request.entries).await?;
        let (prev, last) = (request.prev_log_id, request.entries.last().map(|entry| entry.log_id).or(request.prev_log_id));
        let reply = self.raft.append_entries(request).await.map_err(io::Error::other)?;
        Ok(wire::append_reply_out(&reply.into_stream_result(prev, last)))
    }

    fn checked_append(&self, from: u64, request: pb::AppendRequest) -> io::Result<AppendEntriesRequest<Types>> {
        let request = wire::append_in(request)?;
        checks::vote(Call::Append, from, &request.vote, self.log.term())?;
        checks::entries(self.shard, &request.vote, request.prev_log_id.as_ref(), &request.entries)?;
        self.check_prev(request.prev_log_id.as_ref())?;
        Ok(request)
    }

    /// Checks that the entry before the sent ones is this node's own, if this node has applied it. openraft takes any term for an entry
    /// that is committed, and could not start again with a term that falls in the log.
    fn check_prev(&self, prev: Option<&LogId>) -> io::Result<()> {
        let Some(prev) = prev.filter(|prev| prev.index <= *self.applied.borrow() && self.log.last() != Some(**prev)) else {
            return Ok(());
        };
        match self.log.id_at(prev.index)? {
            Some(own) if own != *prev => Err(checks::Refused::Applied(prev.index).into()),
            _ => Ok(()),
        }
    }

    /// Checks that the leader `from` may begin a snapshot or an append in parts. Nothing else was received yet. An older leader may not:
    /// Raft would refuse it only after everything was received.
    pub async fn check_leader(&self, call: Call, from: u64, vote: Option<pb::Vote>) -> io::Result<()> {
        let vote = self.check_vote(call, from, vote)?;
        self.check_not_older(&vote)?;
        self.check_elected(&vote).await
    }

    /// The vote of a message, if the caller may show it in this call.
    fn check_vote(&self, call: Call, from: u64, vote: Option<pb::Vote>) -> io::Result<Vote> {
        let vote = vote.map(wire::vote_in).ok_or_else(|| malformed("request: no vote"))?;
        checks::vote(call, from, &vote, self.log.term())?;
        Ok(vote)
    }

    /// Answers the candidate `from`. The vote is on the disk when this returns.
    pub async fn vote(&self, from: u64, request: pb::VoteRequest) -> io::Result<pb::VoteReply> {
        self.check_candidate(Call::Vote, from, &request)?;
        let leader_transfer = request.leader_transfer && self.transfers.is_open_to(from);
        let request = pb::VoteRequest { leader_transfer, ..request };
        let reply = self.raft.vote(wire::vote_request_in(request)?).await.map_err(io::Error::other)?;
        Ok(wire::vote_reply_out(&reply))
    }

    /// Answers whether this node would vote for the candidate `from`. It stays free to vote otherwise.
    pub async fn pre_vote(&self, from: u64, request: pb::VoteRequest) -> io::Result<pb::VoteReply> {
        self.check_candidate(Call::PreVote, from, &request)?;
        let reply = self.raft.pre_vote(wire::vote_request_in(request)?).await.map_err(io::Error::other)?;
        Ok(wire::vote_reply_out(&reply))
    }

    fn check_candidate(&self, call: Call, from: u64, request: &pb::VoteRequest) -> io::Result<()> {
        self.check_vote(call, from, request.vote)?;
        let may_vote = self.may_vote_for(request);
        may_vote.then_some(()).ok_or_else(|| io::Error::other("this node was restored from a copy: it waits for the newest copy"))
    }

    /// Answers the leader `from`, which hands its leadership over.
    pub async fn transfer(&self, from: u64, request: pb::TransferRequest) -> io::Result<pb::TransferReply> {
        let vote = self.check_vote(Call::TransferLeader, from, request.from)?;
        self.check_not_older(&vote)?;
        self.check_elected(&vote).await?;
        self.transfers.open(request.to);
        let transfer = TransferLeaderRequest::<Types>::new(vote, request.to, request.last.map(wire::log_id_in));
        let accepted = self.raft.handle_transfer_leader(transfer).await.map_err(io::Error::other)?.is_ok();
        Ok(pb::TransferReply { accepted })
    }

    /// Answers which vote this node has on its disk, and what it has of the log.
    pub fn answer_held_vote(&self) -> pb::HeldVoteReply {
        pb::HeldVoteReply {
            vote: self.held_vote().as_ref().map(wire::vote_out),
            purged: Some(self.log.purged_index()),
            last: Some(self.log.last().map_or(0, |last| last.index)),
        }
    }

    /// Answers with the index that a linearizable read that begins now has to wait for.
    pub async fn answer_read_index(&self) -> io::Result<pb::ReadIndexReply> {
        let index = self.read_index().await?;
        Ok(pb::ReadIndexReply { index, leader: self.leader() })
    }
}

fn is_membership(entry: &Entry) -> bool {
    matches!(entry.payload, EntryPayload::Membership(_))
}

fn same_leader(request: AppendEntriesRequest<Types>, elected: &Vote) -> io::Result<AppendEntriesRequest<Types>> {
    let is_same = request.vote.leader_id == elected.leader_id;
    is_same.then_some(request).ok_or_else(|| malformed("append: its vote is another than the stream's first"))
}
