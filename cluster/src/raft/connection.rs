//! Raft's calls to the other nodes, with one pipelined stream for each group and peer.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use openraft::alias::SnapshotOf;
use openraft::base::{BoxFuture, BoxStream};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::RPCOption;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::{RaftNetworkFactory, RaftNetworkV2};
use parking_lot::Mutex;
use tonic::{Request, Status};

use super::append_parts::{append_in_parts, is_too_large};
use super::heard;
use super::send_snapshot::send_snapshot;
use super::types::{Types, Vote};
use super::wire;
use crate::peers::{Client, Links, Member};
use crate::storage::SnapshotDir;

/// Makes the connections of one group.
pub struct Network {
    pub group: u32,
    pub links: Links,
}

impl RaftNetworkFactory<Types> for Network {
    type Network = Connection;

    async fn new_client(&mut self, target: u64, member: &Member) -> Connection {
        Connection { group: self.group, peer: target, member: member.clone(), links: self.links.clone() }
    }
}

/// One group's calls to one peer.
pub struct Connection {
    group: u32,
    peer: u64,
    member: Member,
    links: Links,
}

impl Connection {
    fn client(&self) -> Result<Client, RPCError<Types>> {
        // Look the peer up for each call: the directory may make it a member later. A peer with a malformed address counts as
        // unreachable and does not stop Raft.
        let client = self.links.client(self.peer, &self.member);
        client.map_err(|cause| RPCError::Unreachable(Unreachable::from_string(cause.to_string())))
    }
}

/// `Unreachable` makes Raft wait before it tries again. Other errors do not.
fn failed(status: Status) -> RPCError<Types> {
    match status.code() {
        tonic::Code::Unavailable | tonic::Code::Unknown | tonic::Code::PermissionDenied | tonic::Code::FailedPrecondition => {
            RPCError::Unreachable(Unreachable::new(&status))
        }
        _ => RPCError::Network(NetworkError::new(&status)),
    }
}

fn garbled(cause: io::Error) -> RPCError<Types> {
    RPCError::Network(NetworkError::new(&cause))
}

fn timed<T>(message: T, option: &RPCOption) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(option.hard_ttl());
    request
}

impl RaftNetworkV2<Types> for Connection {
    type SnapshotData = SnapshotDir;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        let (mine, sent) = (rpc.vote, heard::sent(&rpc));
        let request = timed(wire::append_out(self.group, rpc), &option);
        let call = self.client()?.append_one(request).await;
        self.links.note_answer(self.peer, &call);
        heard::append_response(call.map_err(failed)?.into_inner(), &mine, sent).map_err(garbled)
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        _option: RPCOption,
    ) -> BoxFuture<'s, Result<BoxStream<'s, Result<StreamAppendResult<Types>, RPCError<Types>>>, RPCError<Types>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + Send + Unpin + 'static,
    {
        let group = self.group;
        Box::pin(async move {
            // Raft waits for its backoff when it makes a request. Without waiting for a request first, this would call a peer
            // that refuses connections again and again without a pause.
            let mut input = input;
            let Some(first) = input.next().await else {
                return Ok(Box::pin(futures::stream::empty()) as BoxStream<'s, _>);
            };
            let (links, peer, mine) = (self.links.clone(), self.peer, first.vote);
            let sent = Arc::new(Mutex::new(heard::sent(&first)));
            if is_too_large(&first) {
                let reply = append_in_parts(self.client()?, wire::append_out(group, first)).await;
                links.note_answer(peer, &reply);
                let reply = heard::append_reply(reply.map_err(failed)?, &mine, *sent.lock()).map_err(garbled);
                return Ok(Box::pin(futures::stream::iter([reply])) as BoxStream<'s, _>);
            }
            // Stop sending once the peer is fenced or removed. Before an entry that is too large the stream ends too; the next
            // one begins with it.
            let requests = futures::stream::iter([first])
                .chain(input)
                .take_while(move |request| std::future::ready(links.admits(peer) && !is_too_large(request)));
            let sending = sent.clone();
            let requests = requests.map(move |request| {
                // An empty request can follow the entries before it.
                let mut end = sending.lock();
                *end = heard::sent(&request).max(*end);
                wire::append_out(group, request)
            });
            let call = self.client()?.append(requests).await;
            let links = self.links.clone();
            links.note_answer(peer, &call);
            let replies = call.map_err(failed)?.into_inner().map(move |reply| {
                links.note_answer(peer, &reply);
                heard::append_reply(reply.map_err(failed)?, &mine, *sent.lock()).map_err(garbled)
            });
            Ok(Box::pin(replies) as BoxStream<'s, _>)
        })
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let request = timed(wire::vote_request_out(self.group, &rpc), &option);
        let call = self.client()?.vote(request).await;
        self.links.note_answer(self.peer, &call);
        let reply = call.map_err(failed)?.into_inner();
        heard::vote_reply(reply, &rpc.vote).map_err(garbled)
    }

    async fn pre_vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let request = timed(wire::vote_request_out(self.group, &rpc), &option);
        let call = self.client()?.pre_vote(request).await;
        self.links.note_answer(self.peer, &call);
        let reply = call.map_err(failed)?.into_inner();
        heard::vote_reply(reply, &rpc.vote).map_err(garbled)
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: SnapshotOf<Types, SnapshotDir>,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let client = self.links.client(self.peer, &self.member);
        let client = client.map_err(|cause| StreamingError::Unreachable(Unreachable::from_string(cause.to_string())))?;
        let mut sending = pin!(send_snapshot(client, vote, snapshot.snapshot));
        tokio::select! {
            sent = &mut sending => {
                let vote = sent.map_err(|cause| StreamingError::Network(NetworkError::new(&cause)))?;
                tracing::info!(event = "snapshot_sent", shard = self.group, peer = self.peer, "sent a snapshot to a peer");
                Ok(SnapshotResponse::new(vote))
            }
            closed = cancel => Err(StreamingError::Closed(closed)),
        }
    }

    async fn transfer_leader(
        &mut self,
        rpc: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        let request = pb::TransferRequest {
            group: self.group,
            from: Some(wire::vote_out(rpc.from_leader())),
            to: *rpc.to_node_id(),
            last: rpc.last_log_id().map(wire::log_id_out),
        };
        self.client()?.transfer_leader(timed(request, &option)).await.map_err(failed)?;
        Ok(Ok(()))
    }
}
