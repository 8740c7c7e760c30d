//! The peer service: answers the calls that passed the checks of `checked.rs`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::caller::caller;
use super::directory_trail;
use super::forwarded::{self, NotProposed};
use crate::cosigning::Cosigner;
use crate::directory;
use crate::membership::RejoinRequests;
use crate::node::Node;
use crate::peers::{Call, Member, UsageInbox};
use crate::raft::{Group, UNCONFIRMED, append_parts};
use crate::receipts::{replica_keys, signed_by_majority};

/// How long a command that another node forwarded may take.
const FORWARDED: Duration = Duration::from_secs(10);
/// How long a replica may take to learn of a new leader.
const FOLLOWED: Duration = Duration::from_millis(320);
/// The most heads of one shard that a replica signs at once.
const COSIGN_IN_FLIGHT: usize = 64;

/// Answers a node's peers.
pub struct PeerService {
    node: Arc<Node>,
    replacements: Arc<RejoinRequests>,
    usage: Arc<UsageInbox>,
    /// One append in parts at a time.
    in_parts: Semaphore,
}

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl PeerService {
    /// Answers for `node`.
    pub fn new(node: Arc<Node>, replacements: Arc<RejoinRequests>, usage: Arc<UsageInbox>) -> PeerService {
        PeerService { node, replacements, usage, in_parts: Semaphore::new(1) }
    }

    /// What this node's data folder is.
    fn origin(&self, is_before_the_first_start: bool) -> pb::FolderOrigin {
        use pb::folder_origin::Kind;
        let folder = &self.node.folder;
        if is_before_the_first_start || folder.is_rejoining() {
            return pb::FolderOrigin { kind: Kind::Empty.into(), ..Default::default() };
        }
        match folder.restored() {
            Ok(Some(copies)) => pb::FolderOrigin {
                kind: Kind::Restored.into(),
                restored_with: copies.into_iter().map(|(node, copy)| pb::NodeCopy { node, copy }).collect(),
                terms: self.node.shards.iter().map(|shard| shard.group.replica().log.term()).collect(),
                ends: self.node.shards.iter().map(|shard| shard.group.replica().newest_end()).collect(),
                ..Default::default()
            },
            _ => pb::FolderOrigin { kind: Kind::Own.into(), ..Default::default() },
        }
    }

    /// The messages of a stream until its caller is fenced or removed.
    fn while_admitted<T>(
        &self,
        caller: u64,
        messages: Streaming<T>,
    ) -> impl Stream<Item = Result<T, Status>> + Send + Unpin + use<T>
    where
        T: Send + 'static,
    {
        let node = self.node.clone();
        messages.map(move |message| match node.admission.admits(caller) {
            true => message,
            false => Err(Status::permission_denied(format!("node {caller} was fenced or removed"))),
        })
    }

    fn group(&self, number: u32) -> Result<&Group, Status> {
        self.node.group(number).map_err(|cause| Status::invalid_argument(cause.to_string()))
    }

    /// Proposes commands that another node forwarded, if this node leads. They are not forwarded again.
    async fn propose_here(&self, caller: u64, request: pb::ProposeRequest) -> Result<pb::ProposeReply, Status> {
        let shard = self.node.shard(request.group).map_err(|cause| Status::invalid_argument(cause.to_string()))?;
        for command in &request.commands {
            match forwarded::check(&self.node, caller, request.group, command) {
                Ok(()) => {}
                Err(NotProposed::Behind(_) | NotProposed::UnknownProperty(_)) => {
                    return Ok(pb::ProposeReply { proposed: None, leader: None });
                }
                Err(cause) => return Err(failed(cause.into())),
            }
        }
        let leader = shard.group.leader();
        if leader != Some(self.node.config.node) {
            return Ok(pb::ProposeReply { proposed: None, leader });
        }
        let deadline = Instant::now() + FORWARDED;
        if request.group == directory::SHARD {
            let recorded = directory_trail::record(&self.node, caller, &request.commands, deadline).await;
            recorded.map_err(|cause| Status::unavailable(format!("the change cannot be recorded: {cause}")))?;
        }
        let answers = shard.batcher.decide_forwarded(request.commands, deadline).await;
        Ok(pb::ProposeReply { proposed: Some(pb::Proposed { answers }), leader })
    }
}

/// Whether this replica follows `node`, or does so a moment later: a new leader asks for signatures at once. A leader that was replaced may
/// ask too.
async fn leads_soon(group: &Group, node: u64) -> bool {
    let deadline = Instant::now() + FOLLOWED;
    while group.leader() != Some(node) {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(FOLLOWED / 16).await;
    }
    true
}

/// Answers a leader's request to sign a head of a shard; `None` if the request needs no answer.
async fn cosign(node: &Node, caller: u64, request: pb::CosignRequest) -> Option<Result<pb::CosignReply, Status>> {
    let receipts = node.shard(request.group).ok().and_then(|shard| Some((shard, shard.receipts.as_ref()?)));
    let Some((shard, receipts)) = receipts else {
        return Some(Err(Status::invalid_argument(format!("there is no receipts log of shard {}", request.group))));
    };
    if !leads_soon(&shard.group, caller).await {
        return None;
    }
    let majority = |note: &str| {
        let members = shard.group.members();
        let keys: Vec<_> = members.iter().filter_map(|(id, _)| replica_keys(&node.rows, request.group, *id).ok()?).collect();
        signed_by_majority(note, &node.config.cluster, request.group, &keys, members.len())
    };
    let (signer, published, halt) = (&receipts.signer, receipts.published.as_ref(), node.halt.as_ref());
    let cosigner = Cosigner { shard: request.group, signer, published, halt, majority };
    cosigner.answer(request.ask?).await.map(Ok)
}

/// A malformed message is the caller's fault, and an unconfirmed leader tries again. Any other error means that this replica has stopped.
fn failed(cause: io::Error) -> Status {
    match cause.kind() {
        io::ErrorKind::InvalidData => Status::invalid_argument(cause.to_string()),
        UNCONFIRMED => Status::failed_precondition(cause.to_string()),
        _ => Status::unavailable(cause.to_string()),
    }
}

#[tonic::async_trait]
impl pb::peer_server::Peer for PeerService {
    async fn hello(&self, _: Request<pb::HelloRequest>) -> Result<Response<pb::HelloReply>, Status> {
        let members = self.node.members();
        let me = self.node.me().encoded(self.node.config.node);
        let members: Vec<_> = members.iter().map(|(id, member)| member.encoded(*id)).collect();
        let settings = Some(self.node.config.shared_settings());
        let origin = Some(self.origin(members.is_empty()));
        let votes = self.node.shards.iter().map(|shard| shard.group.replica().answer_held_vote().vote.unwrap_or_default());
        Ok(Response::new(pb::HelloReply { me: Some(me), origin, members, settings, votes: votes.collect() }))
    }

    type AppendStream = Replies<pb::AppendReply>;

    async fn append(&self, request: Request<Streaming<pb::AppendRequest>>) -> Result<Response<Self::AppendStream>, Status> {
        let caller = caller(&request)?;
        let mut requests = request.into_inner();
        let Some(first) = requests.message().await? else {
            return Ok(Response::new(Box::pin(futures::stream::empty())));
        };
        let group = self.group(first.group)?;
        // A broken stream ends, and the leader opens a new one.
        let rest = self.while_admitted(caller, requests).map(Result::ok);
        let rest = rest.take_while(|item| std::future::ready(item.is_some())).filter_map(std::future::ready);
        let replies = group.replica().append_stream(caller, first, rest).await.map_err(failed)?;
        Ok(Response::new(Box::pin(replies.map(|reply| reply.map_err(failed)))))
    }

    async fn append_one(&self, request: Request<pb::AppendRequest>) -> Result<Response<pb::AppendReply>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.append_one(caller, request).await.map(Response::new).map_err(failed)
    }

    async fn append_in_parts(&self, request: Request<Streaming<pb::AppendPart>>) -> Result<Response<pb::AppendReply>, Status> {
        let caller = caller(&request)?;
        let mut parts = request.into_inner();
        let head = append_parts::head(&mut parts).await?;
        let replica = self.group(head.group)?.replica();
        replica.check_leader(Call::AppendInParts, caller, head.vote).await.map_err(failed)?;
        // One at a time: an entry can have a gigabyte.
        let parts = self.while_admitted(caller, parts);
        let _alone = self.in_parts.try_acquire().map_err(|_| Status::resource_exhausted("another append in parts is open"))?;
        let request = append_parts::complete(head, parts).await?;
        replica.append_one(caller, request).await.map(Response::new).map_err(failed)
    }

    async fn vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.vote(caller, request).await.map(Response::new).map_err(failed)
    }

    async fn pre_vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.pre_vote(caller, request).await.map(Response::new).map_err(failed)
    }

    async fn transfer_leader(&self, request: Request<pb::TransferRequest>) -> Result<Response<pb::TransferReply>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.transfer(caller, request).await.map(Response::new).map_err(failed)
    }

    type SnapshotStream = Replies<pb::SnapshotReply>;

    async fn snapshot(&self, request: Request<Streaming<pb::SnapshotChunk>>) -> Result<Response<Self::SnapshotStream>, Status> {
        let caller = caller(&request)?;
        let mut chunks = request.into_inner();
        let Some(pb::SnapshotChunk { chunk: Some(pb::snapshot_chunk::Chunk::Header(header)) }) = chunks.message().await? else {
            return Err(Status::invalid_argument("the first chunk of a snapshot must be its header"));
        };
        let manifest = header.manifest.ok_or_else(|| Status::invalid_argument("the snapshot's header has no manifest"))?;
        let group = self.group(manifest.group)?.clone();
        group.replica().check_leader(Call::Snapshot, caller, header.vote).await.map_err(failed)?;
        let incoming = group.announced_snapshot(caller, header.vote, &manifest).await?;
        let chunks = self.while_admitted(caller, chunks);
        let (replies, outgoing) = mpsc::channel(2);
        self.node.tasks.spawn("receiving a snapshot", async move {
            let reply = group.receive_snapshot(incoming, chunks, &replies).await;
            // The sender may have closed the stream. It then sends the snapshot again.
            let _ = replies.send(reply.map_err(failed)).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(outgoing))))
    }

    async fn propose(&self, request: Request<pb::ProposeRequest>) -> Result<Response<pb::ProposeReply>, Status> {
        let caller = caller(&request)?;
        self.propose_here(caller, request.into_inner()).await.map(Response::new)
    }

    type CosignStream = Replies<pb::CosignReply>;

    async fn cosign(&self, request: Request<Streaming<pb::CosignRequest>>) -> Result<Response<Self::CosignStream>, Status> {
        let caller = caller(&request)?;
        let node = self.node.clone();
        let asked = self.while_admitted(caller, request.into_inner());
        // Concurrently: a replica that lags waits for many heads at once.
        let replies = asked.map(move |asked| {
            let node = node.clone();
            async move {
                match asked {
                    Ok(asked) => cosign(&node, caller, asked).await,
                    Err(broken) => Some(Err(broken)),
                }
            }
        });
        Ok(Response::new(Box::pin(replies.buffer_unordered(COSIGN_IN_FLIGHT).filter_map(futures::future::ready))))
    }

    async fn applied(&self, request: Request<pb::AppliedRequest>) -> Result<Response<pb::AppliedReply>, Status> {
        let asked = request.into_inner();
        self.group(asked.group)?;
        Ok(Response::new(pb::AppliedReply { index: self.node.applied(asked.group, asked.index).await }))
    }

    async fn held_vote(&self, request: Request<pb::HeldVoteRequest>) -> Result<Response<pb::HeldVoteReply>, Status> {
        let group = self.group(request.into_inner().group)?;
        Ok(Response::new(group.replica().answer_held_vote()))
    }

    async fn hand_over(&self, request: Request<pb::HandOverRequest>) -> Result<Response<pb::HandOverReply>, Status> {
        let asked = request.into_inner();
        let refused = self.group(asked.group)?.hand_over(asked.to).await.err();
        Ok(Response::new(pb::HandOverReply { refused: refused.map_or_else(String::new, |cause| cause.to_string()) }))
    }

    async fn replace(&self, request: Request<pb::ReplaceRequest>) -> Result<Response<pb::Nothing>, Status> {
        let caller = caller(&request)?;
        let me = request.into_inner().me.ok_or_else(|| Status::invalid_argument("the request has no member"))?;
        let (id, member) = Member::decoded(me);
        if id != caller {
            return Err(Status::invalid_argument(format!("node {caller} asks for node {id}; a node can ask for itself only")));
        }
        self.node.links.note_announced(id, member.incarnation);
        self.replacements.ask(id, member);
        Ok(Response::new(pb::Nothing {}))
    }

    async fn usage(&self, request: Request<pb::UsageReport>) -> Result<Response<pb::Nothing>, Status> {
        self.usage.take(request.into_inner());
        Ok(Response::new(pb::Nothing {}))
    }

    async fn read_index(&self, request: Request<pb::ReadIndexRequest>) -> Result<Response<pb::ReadIndexReply>, Status> {
        let group = self.group(request.into_inner().group)?;
        Ok(Response::new(group.replica().answer_read_index().await.map_err(failed)?))
    }
}
