//! The peer service: each call first checks its caller, then answers.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::caller::{field, identified};
use super::directory_trail;
use super::forwarded::{self, NotProposed};
use crate::cosigning;
use crate::directory;
use crate::membership::RejoinRequests;
use crate::node::Node;
use crate::peers::tls::Refusals;
use crate::peers::{Member, UsageInbox};
use crate::raft::{Group, append_parts};

/// How long a command that another node forwarded may take.
const FORWARDED: Duration = Duration::from_secs(10);
/// The most heads of one shard that a replica signs at once.
const COSIGN_IN_FLIGHT: usize = 64;

/// Answers a node's peers.
pub struct PeerService {
    node: Arc<Node>,
    replacements: Arc<RejoinRequests>,
    usage: Arc<UsageInbox>,
    /// Limits the log lines about refused messages.
    refusals: Arc<Refusals>,
    /// One append in parts at a time.
    in_parts: Semaphore,
}

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl PeerService {
    /// Answers for `node`.
    pub fn new(node: Arc<Node>, replacements: Arc<RejoinRequests>, usage: Arc<UsageInbox>) -> PeerService {
        PeerService { node, replacements, usage, refusals: Arc::default(), in_parts: Semaphore::new(1) }
    }

    /// Checks the caller, and that the call is for this incarnation of this node. Returns the caller.
    fn check<T>(&self, request: &Request<T>) -> Result<u64, Status> {
        let caller = self.caller(request)?;
        let me = format!("{}/{}", self.node.config.node, self.node.incarnation);
        if field(request, "keyrack-to") != me {
            return Err(Status::permission_denied(
                "this call is for another node, or for this node before it got a new data folder",
            ));
        }
        self.node.links.note_call_from(caller);
        Ok(caller)
    }

    /// The caller, if it may take part.
    fn caller<T>(&self, request: &Request<T>) -> Result<u64, Status> {
        let caller = self.identified(request)?;
        if !self.node.admission.admits(caller) {
            return Err(Status::permission_denied(format!(
                "node {caller} is fenced, or it is no member now: it may be rejoining"
            )));
        }
        Ok(caller)
    }

    /// The node that the certificate names. It may be fenced or not a member.
    fn identified<T>(&self, request: &Request<T>) -> Result<u64, Status> {
        identified(&self.node.config.cluster, request)
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

    fn group(&self, number: u32) -> Result<&Group, Status> {
        self.node.group(number).map_err(|cause| Status::not_found(cause.to_string()))
    }

    /// Proposes commands that another node forwarded, if this node leads. They are not forwarded again.
    async fn propose_here(&self, caller: u64, request: pb::ProposeRequest) -> Result<pb::ProposeReply, Status> {
        let shard = self.node.shard(request.group).map_err(|cause| Status::unavailable(cause.to_string()))?;
        let leader = shard.group.leader();
        if leader != Some(self.node.config.node) {
            return Ok(pb::ProposeReply { proposed: None, leader });
        }
        for command in &request.commands {
            match forwarded::check(&self.node, caller, request.group, command) {
                Ok(()) => {}
                Err(NotProposed::Behind(_)) => return Ok(pb::ProposeReply { proposed: None, leader: None }),
                Err(cause) => return Err(self.refused(caller, cause.into())),
            }
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

/// Answers a leader's request to sign a head of a shard; `None` if the request needs no answer.
async fn cosign(node: &Node, request: pb::CosignRequest) -> Option<pb::CosignReply> {
    let receipts = node.shard(request.group).ok()?.receipts.as_ref()?;
    let means = (&receipts.signer, receipts.published.as_ref(), node.halt.as_ref());
    cosigning::answer(request.group, request.ask?, means).await
}

impl PeerService {
    fn refused(&self, caller: u64, cause: io::Error) -> Status {
        refused(&self.node, &self.refusals, caller, cause)
    }
}

/// Records a message that an honest node does not send, and refuses it.
fn refused(node: &Node, refusals: &Refusals, caller: u64, cause: io::Error) -> Status {
    if cause.kind() == io::ErrorKind::InvalidData {
        node.peer_refusals.fetch_add(1, Ordering::Relaxed);
        if refusals.is_new(&format!("{caller} {cause}")) {
            tracing::warn!(event = "peer_message_refused", peer = caller, %cause, "refused a message that an honest node does not send");
        }
    }
    failed(cause)
}

/// A malformed message is the caller's fault. Any other error means that this replica has stopped.
fn failed(cause: io::Error) -> Status {
    match cause.kind() {
        io::ErrorKind::InvalidData => Status::invalid_argument(cause.to_string()),
        _ => Status::unavailable(cause.to_string()),
    }
}

#[tonic::async_trait]
impl pb::peer_server::Peer for PeerService {
    async fn hello(&self, request: Request<pb::HelloRequest>) -> Result<Response<pb::HelloReply>, Status> {
        self.caller(&request)?;
        let members = self.node.members();
        let me = self.node.me().encoded(self.node.config.node);
        let members: Vec<_> = members.iter().map(|(id, member)| member.encoded(*id)).collect();
        let settings = Some(self.node.config.shared_settings());
        Ok(Response::new(pb::HelloReply { me: Some(me), origin: Some(self.origin(members.is_empty())), members, settings }))
    }

    type AppendStream = Replies<pb::AppendReply>;

    async fn append(&self, request: Request<Streaming<pb::AppendRequest>>) -> Result<Response<Self::AppendStream>, Status> {
        let caller = self.check(&request)?;
        let mut requests = request.into_inner();
        let Some(first) = requests.message().await? else {
            return Ok(Response::new(Box::pin(futures::stream::empty())));
        };
        let group = self.group(first.group)?;
        let node = self.node.clone();
        // A broken stream ends, and the leader opens a new one. The stream of a fenced or removed node ends too.
        let rest = requests.map(Result::ok);
        let rest = rest.take_while(move |item| std::future::ready(item.is_some() && node.admission.admits(caller)));
        let rest = rest.filter_map(std::future::ready);
        let replies = group.replica().append_stream(caller, first, rest).map_err(|cause| self.refused(caller, cause))?;
        let (node, refusals) = (self.node.clone(), self.refusals.clone());
        Ok(Response::new(Box::pin(replies.map(move |reply| reply.map_err(|cause| refused(&node, &refusals, caller, cause))))))
    }

    async fn append_one(&self, request: Request<pb::AppendRequest>) -> Result<Response<pb::AppendReply>, Status> {
        let caller = self.check(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.append_one(caller, request).await.map(Response::new).map_err(|cause| self.refused(caller, cause))
    }

    async fn append_in_parts(&self, request: Request<Streaming<pb::AppendPart>>) -> Result<Response<pb::AppendReply>, Status> {
        let caller = self.check(&request)?;
        let mut parts = request.into_inner();
        let head = append_parts::head(&mut parts).await?;
        let replica = self.group(head.group)?.replica();
        replica.check_leader(caller, head.vote).map_err(|cause| self.refused(caller, cause))?;
        // One at a time: an entry can have a gigabyte.
        let _alone = self.in_parts.try_acquire().map_err(|_| Status::resource_exhausted("another append in parts is open"))?;
        let request = append_parts::complete(head, parts).await?;
        replica.append_one(caller, request).await.map(Response::new).map_err(|cause| self.refused(caller, cause))
    }

    async fn vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        let caller = self.check(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.vote(caller, request).await.map(Response::new).map_err(|cause| self.refused(caller, cause))
    }

    async fn pre_vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        let caller = self.check(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.pre_vote(caller, request).await.map(Response::new).map_err(|cause| self.refused(caller, cause))
    }

    async fn transfer_leader(&self, request: Request<pb::TransferRequest>) -> Result<Response<pb::TransferReply>, Status> {
        let caller = self.check(&request)?;
        let request = request.into_inner();
        let replica = self.group(request.group)?.replica();
        replica.transfer(caller, request).await.map(Response::new).map_err(|cause| self.refused(caller, cause))
    }

    type SnapshotStream = Replies<pb::SnapshotReply>;

    async fn snapshot(&self, request: Request<Streaming<pb::SnapshotChunk>>) -> Result<Response<Self::SnapshotStream>, Status> {
        let caller = self.check(&request)?;
        let mut chunks = request.into_inner();
        let Some(pb::SnapshotChunk { chunk: Some(pb::snapshot_chunk::Chunk::Header(header)) }) = chunks.message().await? else {
            return Err(Status::invalid_argument("the first chunk of a snapshot must be its header"));
        };
        let manifest = header.manifest.ok_or_else(|| Status::invalid_argument("the snapshot's header has no manifest"))?;
        let group = self.group(manifest.group)?.clone();
        group.replica().check_leader(caller, header.vote).map_err(|cause| self.refused(caller, cause))?;
        let incoming = group.announced_snapshot(header.vote, &manifest)?;
        let (replies, outgoing) = mpsc::channel(2);
        self.node.tasks.spawn("receiving a snapshot", async move {
            let reply = group.receive_snapshot(incoming, chunks, &replies).await;
            // The sender may have closed the stream. It then sends the snapshot again.
            let _ = replies.send(reply.map_err(|cause| Status::unavailable(cause.to_string()))).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(outgoing))))
    }

    async fn propose(&self, request: Request<pb::ProposeRequest>) -> Result<Response<pb::ProposeReply>, Status> {
        let caller = self.check(&request)?;
        self.propose_here(caller, request.into_inner()).await.map(Response::new)
    }

    type CosignStream = Replies<pb::CosignReply>;

    async fn cosign(&self, request: Request<Streaming<pb::CosignRequest>>) -> Result<Response<Self::CosignStream>, Status> {
        let caller = self.check(&request)?;
        let node = self.node.clone();
        let admitted = node.clone();
        let asked = request.into_inner().take_while(move |_| futures::future::ready(admitted.admission.admits(caller)));
        // Concurrently: a replica that lags waits for many heads at once.
        let replies = asked.map(move |asked| {
            let node = node.clone();
            async move {
                match asked {
                    Ok(asked) => cosign(&node, asked).await.map(Ok),
                    Err(broken) => Some(Err(broken)),
                }
            }
        });
        Ok(Response::new(Box::pin(replies.buffer_unordered(COSIGN_IN_FLIGHT).filter_map(futures::future::ready))))
    }

    async fn applied(&self, request: Request<pb::AppliedRequest>) -> Result<Response<pb::AppliedReply>, Status> {
        self.check(&request)?;
        let asked = request.into_inner();
        Ok(Response::new(pb::AppliedReply { index: self.node.applied(asked.group, asked.index).await }))
    }

    async fn held_vote(&self, request: Request<pb::HeldVoteRequest>) -> Result<Response<pb::HeldVoteReply>, Status> {
        self.check(&request)?;
        let group = self.group(request.into_inner().group)?;
        Ok(Response::new(group.replica().answer_held_vote()))
    }

    async fn hand_over(&self, request: Request<pb::HandOverRequest>) -> Result<Response<pb::HandOverReply>, Status> {
        self.check(&request)?;
        let asked = request.into_inner();
        let refused = self.group(asked.group)?.hand_over(asked.to).await.err();
        Ok(Response::new(pb::HandOverReply { refused: refused.map_or_else(String::new, |cause| cause.to_string()) }))
    }

    async fn replace(&self, request: Request<pb::ReplaceRequest>) -> Result<Response<pb::Nothing>, Status> {
        let caller = self.identified(&request)?;
        if !self.node.admission.may_return(caller) {
            return Err(Status::permission_denied(format!("node {caller} cannot rejoin: it is fenced or not a first member")));
        }
        let me = request.into_inner().me.ok_or_else(|| Status::invalid_argument("the request has no member"))?;
        let (id, member) = Member::decoded(me);
        if id != caller {
            return Err(Status::permission_denied(format!("node {caller} asks for node {id}; a node can ask for itself only")));
        }
        self.replacements.ask(id, member);
        Ok(Response::new(pb::Nothing {}))
    }

    async fn usage(&self, request: Request<pb::UsageReport>) -> Result<Response<pb::Nothing>, Status> {
        self.check(&request)?;
        self.usage.take(request.into_inner());
        Ok(Response::new(pb::Nothing {}))
    }

    async fn read_index(&self, request: Request<pb::ReadIndexRequest>) -> Result<Response<pb::ReadIndexReply>, Status> {
        self.check(&request)?;
        let group = self.group(request.into_inner().group)?;
        Ok(Response::new(group.replica().answer_read_index().await.map_err(failed)?))
    }
}
