//! Raft's calls to the other nodes: one HTTP/2 channel over TLS per peer, one pipelined stream per group and peer.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::io::{self, Read};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use keyrack_proto::internal::peer_client::PeerClient;
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
use tokio::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::{Types, Vote, wire};
use crate::Member;
use crate::admission::Admission;
use crate::storage::SnapshotDir;
use crate::tls::{Dial, PeerTls};

/// The largest message between nodes: a full append of the largest batches.
pub const PEER_MESSAGE_BYTES: usize = 64 << 20;
const SNAPSHOT_CHUNK_BYTES: usize = 1 << 20;
/// How long a connection may take to open: its two round trips between far regions, and some patience.
const CONNECT: Duration = Duration::from_secs(2);

/// How long a member may take to answer a question.
const ASKED: Duration = Duration::from_secs(1);

pub type Client = PeerClient<InterceptedService<Channel, Identify>>;

/// The node's channels to its peers. Cheap to clone.
#[derive(Clone)]
pub struct Links {
    cluster: Arc<str>,
    node: u64,
    tls: PeerTls,
    admission: Arc<Admission>,
    channels: Arc<Mutex<HashMap<(u64, u64), Client>>>,
    /// Peers that did not answer last time, so that the log says it once.
    lost: Arc<Mutex<BTreeSet<u64>>>,
}

/// Says who calls and who is meant: an incarnation that was wiped must not answer as the old one.
#[derive(Clone)]
pub struct Identify {
    cluster: MetadataValue<tonic::metadata::Ascii>,
    from: MetadataValue<tonic::metadata::Ascii>,
    to: MetadataValue<tonic::metadata::Ascii>,
}

impl tonic::service::Interceptor for Identify {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("keyrack-cluster", self.cluster.clone());
        metadata.insert("keyrack-from", self.from.clone());
        metadata.insert("keyrack-to", self.to.clone());
        Ok(request)
    }
}

impl Links {
    /// No channel yet; each is opened when first used.
    pub fn new(cluster: &str, node: u64, tls: PeerTls, admission: Arc<Admission>) -> Links {
        Links { cluster: cluster.into(), node, tls, admission, channels: Arc::default(), lost: Arc::default() }
    }

    /// Whether a node may be called, or told more on a stream that is open.
    pub fn admits(&self, id: u64) -> bool {
        self.admission.admits(id)
    }

    /// Asks the node at `address`, which must be `id`, who it is: its incarnation is not known yet.
    pub async fn hello(&self, id: u64, address: &str) -> Result<pb::HelloReply, Status> {
        let mut request = Request::new(pb::HelloRequest { me: None });
        request.set_timeout(Duration::from_secs(1));
        let reply = self.stranger(id, address)?.hello(request).await;
        self.heard(id, &reply);
        reply.map(tonic::Response::into_inner)
    }

    /// Asks the node at `address`, which must be `id`, to take this node in anew.
    pub async fn replace(&self, id: u64, address: &str, me: pb::MemberInfo) -> Result<(), Status> {
        let mut request = Request::new(pb::ReplaceRequest { me: Some(me) });
        request.set_timeout(Duration::from_secs(1));
        self.stranger(id, address)?.replace(request).await.map(drop)
    }

    /// A client of a node whose incarnation is not known.
    fn stranger(&self, id: u64, address: &str) -> Result<Client, Status> {
        let garbled = |cause: Broken| Status::invalid_argument(cause.to_string());
        let endpoint = Endpoint::from_shared(uri(address)).map_err(|cause| garbled(cause.into()))?;
        let channel = endpoint.connect_timeout(CONNECT).connect_with_connector_lazy(Dial::new(self.tls.clone(), id, address));
        Ok(PeerClient::with_interceptor(channel, self.identify(format!("{id}")).map_err(garbled)?))
    }

    /// The client of a member.
    pub fn client(&self, id: u64, member: &Member) -> io::Result<Client> {
        if !self.admits(id) {
            return Err(io::Error::other(format!("node {id} is not, or no longer, a member of this cluster")));
        }
        let key = (id, member.incarnation);
        if let Some(client) = self.channels.lock().get(&key) {
            return Ok(client.clone());
        }
        let client = self.open(id, member).map_err(io::Error::other)?;
        Ok(self.channels.lock().entry(key).or_insert(client).clone())
    }

    /// Takes commands to a shard's leader; `None` when no answer came by `deadline`.
    pub async fn propose(
        &self,
        leader: u64,
        member: &Member,
        commands: pb::ProposeRequest,
        deadline: Instant,
    ) -> Option<pb::ProposeReply> {
        let mut request = Request::new(commands);
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        Some(self.client(leader, member).ok()?.propose(request).await.ok()?.into_inner())
    }

    /// Asks a shard's leader what a read has to see; `None` when no answer came in time.
    pub async fn read_index(&self, leader: u64, member: &Member, ask: pb::ReadIndexRequest) -> Option<pb::ReadIndexReply> {
        let mut request = Request::new(ask);
        request.set_timeout(ASKED);
        Some(self.client(leader, member).ok()?.read_index(request).await.ok()?.into_inner())
    }

    /// Asks a member for whom it has voted last; `None` when no answer came in time.
    pub async fn held_vote(&self, id: u64, member: &Member, ask: pb::HeldVoteRequest) -> Option<pb::HeldVoteReply> {
        let mut request = Request::new(ask);
        request.set_timeout(ASKED);
        Some(self.client(id, member).ok()?.held_vote(request).await.ok()?.into_inner())
    }

    /// Says when a peer is lost, and why, and when it is back.
    fn heard<T>(&self, peer: u64, answer: &Result<T, Status>) {
        let mut lost = self.lost.lock();
        match answer {
            Ok(_) if lost.remove(&peer) => tracing::info!(peer, "the peer answers again"),
            Err(status) if lost.insert(peer) => {
                let cause = innermost(status);
                tracing::warn!(peer, cause, "the peer does not answer");
            }
            _ => {}
        }
    }

    fn identify(&self, to: String) -> Result<Identify, Broken> {
        Ok(Identify {
            cluster: MetadataValue::try_from(self.cluster.as_ref())?,
            from: MetadataValue::from(self.node),
            to: MetadataValue::try_from(to)?,
        })
    }

    fn open(&self, id: u64, member: &Member) -> Result<Client, Broken> {
        let channel = Endpoint::from_shared(uri(&member.peer))?
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(Duration::from_secs(2))
            .keep_alive_timeout(Duration::from_secs(4))
            .keep_alive_while_idle(true)
            .initial_stream_window_size(8 << 20)
            .initial_connection_window_size(32 << 20)
            .connect_with_connector_lazy(Dial::new(self.tls.clone(), id, &member.peer));
        let identify = self.identify(format!("{id}/{}", member.incarnation))?;
        let client = PeerClient::with_interceptor(channel, identify);
        Ok(client.max_decoding_message_size(PEER_MESSAGE_BYTES).max_encoding_message_size(PEER_MESSAGE_BYTES))
    }
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// For tonic, which knows nothing of the TLS beneath: that is `Dial`'s.
fn uri(address: &str) -> String {
    format!("http://{address}")
}

/// The last of a chain of causes: tonic's own words are only "transport error".
fn innermost(status: &Status) -> String {
    let mut cause: &dyn std::error::Error = status;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

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

/// One group's way to one peer.
pub struct Connection {
    group: u32,
    peer: u64,
    member: Member,
    links: Links,
}

impl Connection {
    fn client(&self) -> Result<Client, RPCError<Types>> {
        // Asked for anew each time: who is no member now, by the directory's word, may be one in a moment. A peer whose
        // address makes no sense is unreachable, not a reason to stop.
        let client = self.links.client(self.peer, &self.member);
        client.map_err(|cause| RPCError::Unreachable(Unreachable::from_string(cause.to_string())))
    }
}

/// Unreachable makes Raft wait before it tries again; other errors do not.
fn failed(status: Status) -> RPCError<Types> {
    match status.code() {
        tonic::Code::Unavailable | tonic::Code::Unknown | tonic::Code::PermissionDenied => {
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
        let last = rpc.entries.last().map(|entry| entry.log_id).or(rpc.prev_log_id);
        let request = timed(wire::append_out(self.group, rpc), &option);
        let call = self.client()?.append_one(request).await;
        self.links.heard(self.peer, &call);
        let call = call.map_err(failed)?;
        let result = wire::append_reply_in(call.into_inner()).map_err(garbled)?;
        Ok(match result {
            Ok(matched) if matched != last => AppendEntriesResponse::PartialSuccess(matched),
            result => result.into(),
        })
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
            // Raft waits out its backoff while it makes a request: without asking for one first, a peer that
            // refuses connections would be called without pause.
            let mut input = input;
            let Some(first) = input.next().await else {
                return Ok(Box::pin(futures::stream::empty()) as BoxStream<'s, _>);
            };
            let (links, peer) = (self.links.clone(), self.peer);
            // Who is fenced or removed meanwhile is told nothing more.
            let requests =
                futures::stream::iter([first]).chain(input).take_while(move |_| std::future::ready(links.admits(peer)));
            let requests = requests.map(move |request| wire::append_out(group, request));
            let replies = self.client()?.append(requests).await.map_err(failed)?.into_inner();
            let replies = replies.map(|reply| wire::append_reply_in(reply.map_err(failed)?).map_err(garbled));
            Ok(Box::pin(replies) as BoxStream<'s, _>)
        })
    }

    async fn vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let request = timed(wire::vote_request_out(self.group, &rpc), &option);
        let reply = self.client()?.vote(request).await.map_err(failed)?.into_inner();
        wire::vote_reply_in(reply).map_err(garbled)
    }

    async fn pre_vote(&mut self, rpc: VoteRequest<Types>, option: RPCOption) -> Result<VoteResponse<Types>, RPCError<Types>> {
        let request = timed(wire::vote_request_out(self.group, &rpc), &option);
        let reply = self.client()?.pre_vote(request).await.map_err(failed)?.into_inner();
        wire::vote_reply_in(reply).map_err(garbled)
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
            sent = &mut sending => sent.map(SnapshotResponse::new).map_err(|cause| StreamingError::Network(NetworkError::new(&cause))),
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

/// Sends what the receiver lacks of a snapshot; returns the vote it answers with.
async fn send_snapshot(mut client: Client, vote: Vote, snapshot: SnapshotDir) -> io::Result<Vote> {
    let (chunks, outgoing) = tokio::sync::mpsc::channel(4);
    let header = pb::SnapshotHeader { vote: Some(wire::vote_out(&vote)), manifest: Some(snapshot.manifest.clone()) };
    let gone = |_| io::Error::other("the receiver of the snapshot is gone");
    chunks.send(chunk(pb::snapshot_chunk::Chunk::Header(header))).await.map_err(gone)?;
    let outgoing = tokio_stream::wrappers::ReceiverStream::new(outgoing);
    let mut replies = client.snapshot(outgoing).await.map_err(io::Error::other)?.into_inner();
    let lacking = match next_reply(&mut replies).await? {
        pb::snapshot_reply::Reply::Lacking(lacking) => lacking.files,
        pb::snapshot_reply::Reply::Installed(vote) => return Ok(wire::vote_in(vote)),
    };
    for number in lacking {
        let described = snapshot.manifest.files.get(number as usize).ok_or_else(|| wire::malformed("snapshot reply"))?;
        let mut file = snapshot.file(described, false)?;
        chunks.send(chunk(pb::snapshot_chunk::Chunk::File(number))).await.map_err(gone)?;
        loop {
            let mut buffer = vec![0; SNAPSHOT_CHUNK_BYTES];
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            buffer.truncate(read);
            chunks.send(chunk(pb::snapshot_chunk::Chunk::Data(Bytes::from(buffer)))).await.map_err(gone)?;
        }
    }
    drop(chunks);
    match next_reply(&mut replies).await? {
        pb::snapshot_reply::Reply::Installed(vote) => Ok(wire::vote_in(vote)),
        pb::snapshot_reply::Reply::Lacking(_) => Err(wire::malformed("snapshot reply")),
    }
}

fn chunk(chunk: pb::snapshot_chunk::Chunk) -> pb::SnapshotChunk {
    pb::SnapshotChunk { chunk: Some(chunk) }
}

async fn next_reply(replies: &mut tonic::Streaming<pb::SnapshotReply>) -> io::Result<pb::snapshot_reply::Reply> {
    let reply = replies.message().await.map_err(io::Error::other)?;
    reply.and_then(|reply| reply.reply).ok_or_else(|| wire::malformed("snapshot reply"))
}
