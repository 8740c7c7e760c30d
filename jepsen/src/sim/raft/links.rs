//! Raft's calls to the other nodes, as the cluster makes them: the same messages, the same pipelined stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
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
use prost::Message;
use tokio::sync::oneshot;
use tokio::time::Instant;

use keyrack_cluster::simulated::{Member, PeerCalls, Types, Vote, heard, wire};

use super::snapshot::snapshot_message;
use crate::net::{Method, Net, Ordered, Peer};
use crate::saved::{SHARD, SnapshotBytes};
use crate::spawn::spawn;

const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// Creates a node's connections.
pub struct Network(pub Arc<Net>);

impl RaftNetworkFactory<Types> for Network {
    type Network = Connection;

    async fn new_client(&mut self, target: u64, member: &Member) -> Connection {
        Connection { net: self.0.clone(), peer: Peer { id: target, incarnation: member.incarnation } }
    }
}

/// A node's calls to its peers that are not part of openraft.
#[derive(Clone)]
pub struct Links(pub Arc<Net>);

impl PeerCalls for Links {
    async fn propose(
        &self,
        leader: u64,
        member: &Member,
        commands: pb::ProposeRequest,
        deadline: Instant,
    ) -> Option<pb::ProposeReply> {
        let patience = deadline.saturating_duration_since(Instant::now());
        pb::ProposeReply::decode(self.call(leader, member, Method::Propose, &commands, patience).await?).ok()
    }

    async fn read_index(&self, leader: u64, member: &Member, ask: pb::ReadIndexRequest) -> Option<pb::ReadIndexReply> {
        pb::ReadIndexReply::decode(self.call(leader, member, Method::ReadIndex, &ask, CALL_TIMEOUT).await?).ok()
    }

    async fn held_vote(&self, id: u64, member: &Member, ask: pb::HeldVoteRequest) -> Option<pb::HeldVoteReply> {
        pb::HeldVoteReply::decode(self.call(id, member, Method::HeldVote, &ask, CALL_TIMEOUT).await?).ok()
    }

    /// Simulated nodes know the members from the beginning, and are not asked for their data.
    async fn who_is(&self, _: u64, _: &str) -> Option<pb::HelloReply> {
        None
    }

    async fn hand_over(&self, leader: u64, member: &Member, ask: pb::HandOverRequest) {
        self.call(leader, member, Method::HandOver, &ask, CALL_TIMEOUT).await;
    }

    /// The simulated operator removes nodes that have their data. So every node counts as one that has other data.
    fn announced(&self, _: u64) -> Option<u64> {
        Some(0)
    }

    fn may_call(&self, _: u64) -> bool {
        true
    }
}

impl Links {
    async fn call(&self, id: u64, member: &Member, method: Method, request: &impl Message, patience: Duration) -> Option<Bytes> {
        let peer = Peer { id, incarnation: member.incarnation };
        self.0.call(peer, method, request.encode_to_vec().into(), patience).await
    }
}

/// A connection to one peer.
pub struct Connection {
    net: Arc<Net>,
    peer: Peer,
}

fn unreachable() -> RPCError<Types> {
    RPCError::Unreachable(Unreachable::from_string("no answer"))
}

fn garbled(cause: std::io::Error) -> RPCError<Types> {
    RPCError::Network(NetworkError::new(&cause))
}

impl Connection {
    async fn call(&self, method: Method, request: &impl Message, option: &RPCOption) -> Result<Bytes, RPCError<Types>> {
        let body = request.encode_to_vec().into();
        self.net.call(self.peer, method, body, option.hard_ttl()).await.ok_or_else(unreachable)
    }

    async fn ask_vote(
        &self,
        method: Method,
        rpc: &VoteRequest<Types>,
        option: &RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let reply = self.call(method, &wire::vote_request_out(SHARD, rpc), option).await?;
        let reply = pb::VoteReply::decode(reply).map_err(|_| unreachable())?;
        heard::vote_reply(reply, &rpc.vote).map_err(garbled)
    }
}

impl RaftNetworkV2<Types> for Connection {
    type SnapshotData = SnapshotBytes;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        let (mine, last) = (rpc.vote, heard::sent(&rpc));
        let reply = self.call(Method::AppendOne, &wire::append_out(SHARD, rpc), &option).await?;
        let reply = pb::AppendReply::decode(reply).map_err(|_| unreachable())?;
        heard::append_response(reply, &mine, last).map_err(garbled)
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        _option: RPCOption,
    ) -> BoxFuture<'s, Result<BoxStream<'s, Result<StreamAppendResult<Types>, RPCError<Types>>>, RPCError<Types>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + Send + Unpin + 'static,
    {
        Box::pin(async move {
            let mut input = input;
            let Some(first) = input.next().await else {
                return Ok(Box::pin(futures::stream::empty()) as BoxStream<'s, _>);
            };
            let (net, peer) = (self.net.clone(), self.peer);
            let (call, replies) = net.open_stream();
            let mine = first.vote;
            let (sent, end) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(heard::sent(&first))));
            let sending = end.clone();
            let input = input.inspect(move |request| {
                let mut end = sending.lock();
                *end = heard::sent(request).max(*end);
            });
            let (open, closed) = oneshot::channel();
            let requests = Box::pin(futures::stream::iter([first]).chain(input));
            spawn(send_all(net.clone(), peer, call, requests, sent.clone(), closed));
            let stream = Replies { net, call, replies, sent, mine, end, _open: open };
            Ok(Box::pin(futures::stream::unfold(Some(stream), Replies::next)) as BoxStream<'s, _>)
        })
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.ask_vote(Method::Vote, &rpc, &option).await
    }

    async fn pre_vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.ask_vote(Method::PreVote, &rpc, &option).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: SnapshotOf<Types, SnapshotBytes>,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let message = snapshot_message(&vote, &snapshot.meta, &snapshot.snapshot);
        let lost = || StreamingError::Unreachable(Unreachable::from_string("no answer"));
        tokio::select! {
            reply = self.net.call(self.peer, Method::Snapshot, message, SNAPSHOT_PATIENCE) => {
                let reply = pb::Vote::decode(reply.ok_or_else(lost)?).map_err(|_| lost())?;
                let theirs = heard::installed(reply, &vote).map_err(|cause| StreamingError::Network(NetworkError::new(&cause)))?;
                Ok(SnapshotResponse::new(theirs))
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
            group: SHARD,
            from: Some(wire::vote_out(rpc.from_leader())),
            to: *rpc.to_node_id(),
            last: rpc.last_log_id().map(wire::log_id_out),
        };
        self.call(Method::Transfer, &request, &option).await?;
        Ok(Ok(()))
    }
}

async fn send_all(
    net: Arc<Net>,
    peer: Peer,
    call: u64,
    mut requests: impl Stream<Item = AppendEntriesRequest<Types>> + Unpin,
    sent: Arc<AtomicU32>,
    mut closed: oneshot::Receiver<()>,
) {
    loop {
        let request = tokio::select! {
            biased;
            _ = &mut closed => None,
            request = requests.next() => request,
        };
        let sequence = sent.fetch_add(1, Ordering::Relaxed);
        let item = request.map(|request| wire::append_out(SHARD, request).encode_to_vec().into());
        let last = item.is_none();
        net.send_item(peer, call, sequence, item);
        if last {
            return;
        }
    }
}

/// The replies on one stream. Dropping it closes the stream.
struct Replies {
    net: Arc<Net>,
    call: u64,
    replies: Ordered,
    sent: Arc<AtomicU32>,
    mine: Vote,
    end: Arc<Mutex<heard::Sent>>,
    _open: oneshot::Sender<()>,
}

type Reply = Result<StreamAppendResult<Types>, RPCError<Types>>;

impl Replies {
    async fn next(stream: Option<Replies>) -> Option<(Reply, Option<Replies>)> {
        let mut stream = stream?;
        let sent = stream.sent.clone();
        let Some(reply) = stream.replies.next(|next| sent.load(Ordering::Relaxed) > next).await else {
            return (!stream.replies.ended).then(|| (Err(unreachable()), None));
        };
        let reply = pb::AppendReply::decode(reply).map_err(|_| unreachable());
        let heard = |reply| heard::append_reply(reply, &stream.mine, *stream.end.lock()).map_err(garbled);
        Some((reply.and_then(heard), Some(stream)))
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.net.close_stream(self.call);
    }
}
