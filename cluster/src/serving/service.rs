//! The peer service: each call's identity first, then the answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::cosigning;
use crate::membership::Replacements;
use crate::node::Node;
use crate::peers::tls::PeerNode;
use crate::peers::{Member, UsageInbox};
use crate::raft::Group;

/// How long a command that another node forwarded may take.
const FORWARDED: Duration = Duration::from_secs(10);
/// Heads of one shard that a replica may be asked to sign at once.
const COSIGN_IN_FLIGHT: usize = 64;

/// What a node answers to its peers.
pub struct PeerService {
    node: Arc<Node>,
    replacements: Arc<Replacements>,
    usage: Arc<UsageInbox>,
}

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl PeerService {
    /// Answers for `node`.
    pub fn new(node: Arc<Node>, replacements: Arc<Replacements>, usage: Arc<UsageInbox>) -> PeerService {
        PeerService { node, replacements, usage }
    }

    /// Refuses what is from another cluster, from a node that may not take part or is not the one that the certificate
    /// names, or meant for another node, or for this node before it was wiped. Returns who calls.
    fn check<T>(&self, request: &Request<T>) -> Result<u64, Status> {
        let caller = self.caller(request)?;
        let me = format!("{}/{}", self.node.config.node, self.node.incarnation);
        if field(request, "keyrack-to") != me {
            return Err(Status::permission_denied(
                "this call is meant for another node, or for this one before its data was wiped",
            ));
        }
        Ok(caller)
    }

    fn caller<T>(&self, request: &Request<T>) -> Result<u64, Status> {
        let caller = self.identified(request)?;
        if !self.node.admission.admits(caller) {
            return Err(Status::permission_denied(format!("node {caller} is not, or no longer, a member of this cluster")));
        }
        Ok(caller)
    }

    /// The node that the certificate names, whether it may take part or not.
    fn identified<T>(&self, request: &Request<T>) -> Result<u64, Status> {
        if field(request, "keyrack-cluster") != self.node.config.cluster {
            return Err(Status::permission_denied("this node belongs to another cluster"));
        }
        let Some(PeerNode(caller)) = request.extensions().get::<PeerNode>().copied() else {
            return Err(Status::permission_denied("the connection shows no certificate of a node"));
        };
        let from = field(request, "keyrack-from");
        if from.split('/').next().and_then(|id| id.parse().ok()) != Some(caller) {
            tracing::warn!(caller, from, "a node calls in another one's name");
            return Err(Status::permission_denied(format!("the certificate is that of node {caller}, the call of another")));
        }
        Ok(caller)
    }

    fn group(&self, number: u32) -> Result<&Group, Status> {
        self.node.group(number).map_err(|cause| Status::not_found(cause.to_string()))
    }

    /// Commands that another node forwarded: proposed here or nowhere.
    async fn propose_here(&self, request: pb::ProposeRequest) -> Result<pb::ProposeReply, Status> {
        let shard = self.node.shard(request.group).map_err(|cause| Status::unavailable(cause.to_string()))?;
        let leader = shard.group.leader();
        if leader != Some(self.node.config.node) {
            return Ok(pb::ProposeReply { proposed: None, leader });
        }
        let answers = shard.batcher.decide_forwarded(request.commands, Instant::now() + FORWARDED).await;
        Ok(pb::ProposeReply { proposed: Some(pb::Proposed { answers }), leader })
    }
}

/// Answers another replica's leader about the tree of a shard; `None` when there is nothing to say.
async fn cosign(node: &Node, request: pb::CosignRequest) -> Option<pb::CosignReply> {
    let receipts = node.shard(request.group).ok()?.receipts.as_ref()?;
    let means = (&receipts.signer, receipts.published.as_ref(), node.halt.as_ref());
    cosigning::answer(request.group, request.ask?, means).await
}

fn field<'a, T>(request: &'a Request<T>, name: &str) -> &'a str {
    request.metadata().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A message that cannot be read is the caller's fault; anything else means that this replica has stopped.
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
        let members = members.iter().map(|(id, member)| member.encoded(*id)).collect();
        Ok(Response::new(pb::HelloReply { me: Some(me), members }))
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
        // A broken stream just ends: the leader opens another. So does that of a node which was fenced or removed meanwhile.
        let rest = requests.map(Result::ok);
        let rest = rest.take_while(move |item| std::future::ready(item.is_some() && node.admission.admits(caller)));
        let rest = rest.filter_map(std::future::ready);
        let replies = group.replica().append_stream(first, rest).map_err(failed)?;
        Ok(Response::new(Box::pin(replies.map(|reply| reply.map_err(failed)))))
    }

    async fn append_one(&self, request: Request<pb::AppendRequest>) -> Result<Response<pb::AppendReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        Ok(Response::new(group.replica().append_one(request).await.map_err(failed)?))
    }

    async fn vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        Ok(Response::new(group.replica().vote(request).await.map_err(failed)?))
    }

    async fn pre_vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        Ok(Response::new(group.replica().pre_vote(request).await.map_err(failed)?))
    }

    async fn transfer_leader(&self, request: Request<pb::TransferRequest>) -> Result<Response<pb::TransferReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        Ok(Response::new(group.replica().transfer(request).await.map_err(failed)?))
    }

    type SnapshotStream = Replies<pb::SnapshotReply>;

    async fn snapshot(&self, request: Request<Streaming<pb::SnapshotChunk>>) -> Result<Response<Self::SnapshotStream>, Status> {
        self.check(&request)?;
        let mut chunks = request.into_inner();
        let Some(pb::SnapshotChunk { chunk: Some(pb::snapshot_chunk::Chunk::Header(header)) }) = chunks.message().await? else {
            return Err(Status::invalid_argument("a snapshot begins with its header"));
        };
        let manifest = header.manifest.ok_or_else(|| Status::invalid_argument("no manifest"))?;
        let group = self.group(manifest.group)?.clone();
        let incoming = group.announced_snapshot(header.vote, &manifest)?;
        let (replies, outgoing) = mpsc::channel(2);
        self.node.tasks.spawn("receiving a snapshot", async move {
            let reply = group.receive_snapshot(incoming, chunks, &replies).await;
            // The sender may be gone; it will try again.
            let _ = replies.send(reply.map_err(|cause| Status::unavailable(cause.to_string()))).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(outgoing))))
    }

    async fn propose(&self, request: Request<pb::ProposeRequest>) -> Result<Response<pb::ProposeReply>, Status> {
        self.check(&request)?;
        self.propose_here(request.into_inner()).await.map(Response::new)
    }

    type CosignStream = Replies<pb::CosignReply>;

    async fn cosign(&self, request: Request<Streaming<pb::CosignRequest>>) -> Result<Response<Self::CosignStream>, Status> {
        let caller = self.check(&request)?;
        let node = self.node.clone();
        let admitted = node.clone();
        let asked = request.into_inner().take_while(move |_| futures::future::ready(admitted.admission.admits(caller)));
        // Side by side: a replica that lags waits for many heads at once.
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
            return Err(Status::permission_denied(format!("node {caller} is fenced, or never was one of the first members")));
        }
        let me = request.into_inner().me.ok_or_else(|| Status::invalid_argument("no member"))?;
        let (id, member) = Member::decoded(me);
        if id != caller {
            return Err(Status::permission_denied("a node can ask for itself only"));
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
