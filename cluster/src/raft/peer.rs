//! What a node answers to its peers.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use keyrack_proto::internal as pb;
use openraft::raft::TransferLeaderRequest;
use tonic::{Request, Response, Status, Streaming};

use super::group::Group;
use super::snapshot::meta_of;
use super::{Types, wire};
use crate::cluster::Inner;
use crate::storage::SnapshotDir;
use crate::tls::PeerNode;

/// Heads of one shard that a replica may be asked to sign at once.
const COSIGN_IN_FLIGHT: usize = 64;

/// The peer service of a node.
pub struct PeerService {
    node: Arc<Inner>,
}

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl PeerService {
    /// Answers for `node`.
    pub fn new(node: Arc<Inner>) -> PeerService {
        PeerService { node }
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
        if !self.node.is_admitted(caller) {
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
}

fn field<'a, T>(request: &'a Request<T>, name: &str) -> &'a str {
    request.metadata().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn invalid(cause: io::Error) -> Status {
    Status::invalid_argument(cause.to_string())
}

fn stopped(cause: impl ToString) -> Status {
    Status::unavailable(cause.to_string())
}

#[tonic::async_trait]
impl pb::peer_server::Peer for PeerService {
    async fn hello(&self, request: Request<pb::HelloRequest>) -> Result<Response<pb::HelloReply>, Status> {
        self.caller(&request)?;
        let members = self.node.members();
        let me = wire::member_out(self.node.config.node, &self.node.me());
        let members = members.iter().map(|(id, member)| wire::member_out(*id, member)).collect();
        Ok(Response::new(pb::HelloReply { me: Some(me), members }))
    }

    type AppendStream = Replies<pb::AppendReply>;

    async fn append(&self, request: Request<Streaming<pb::AppendRequest>>) -> Result<Response<Self::AppendStream>, Status> {
        let caller = self.check(&request)?;
        let mut requests = request.into_inner();
        let Some(first) = requests.message().await? else {
            return Ok(Response::new(Box::pin(futures::stream::empty())));
        };
        let group = self.group(first.group)?.clone();
        let first = wire::append_in(first).map_err(invalid)?;
        // A garbled or broken stream just ends: the leader opens another.
        let rest = requests.map(|item| item.ok().and_then(|request| wire::append_in(request).ok()));
        // So does that of a node which was fenced or removed meanwhile.
        let node = self.node.clone();
        let goes_on = move |item: &Option<_>| futures::future::ready(item.is_some() && node.is_admitted(caller));
        let rest = rest.take_while(goes_on).filter_map(futures::future::ready);
        let input = futures::stream::once(futures::future::ready(first)).chain(rest);
        let replies = group.raft.stream_append(input);
        let replies = replies.map(|reply| reply.map(|result| wire::append_reply_out(&result)).map_err(stopped));
        Ok(Response::new(Box::pin(replies)))
    }

    async fn append_one(&self, request: Request<pb::AppendRequest>) -> Result<Response<pb::AppendReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        let request = wire::append_in(request).map_err(invalid)?;
        let (prev, last) = (request.prev_log_id, request.entries.last().map(|entry| entry.log_id).or(request.prev_log_id));
        let reply = group.raft.append_entries(request).await.map_err(stopped)?;
        Ok(Response::new(wire::append_reply_out(&reply.into_stream_result(prev, last))))
    }

    async fn vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        let reply = group.raft.vote(wire::vote_request_in(request).map_err(invalid)?).await.map_err(stopped)?;
        Ok(Response::new(wire::vote_reply_out(&reply)))
    }

    async fn pre_vote(&self, request: Request<pb::VoteRequest>) -> Result<Response<pb::VoteReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let group = self.group(request.group)?;
        let reply = group.raft.pre_vote(wire::vote_request_in(request).map_err(invalid)?).await.map_err(stopped)?;
        Ok(Response::new(wire::vote_reply_out(&reply)))
    }

    async fn transfer_leader(&self, request: Request<pb::TransferRequest>) -> Result<Response<pb::TransferReply>, Status> {
        self.check(&request)?;
        let request = request.into_inner();
        let from = request.from.map(wire::vote_in).ok_or_else(|| Status::invalid_argument("no vote"))?;
        let group = self.group(request.group)?;
        let transfer = TransferLeaderRequest::<Types>::new(from, request.to, request.last.map(wire::log_id_in));
        let accepted = group.raft.handle_transfer_leader(transfer).await.map_err(stopped)?.is_ok();
        Ok(Response::new(pb::TransferReply { accepted }))
    }

    type SnapshotStream = Replies<pb::SnapshotReply>;

    async fn snapshot(&self, request: Request<Streaming<pb::SnapshotChunk>>) -> Result<Response<Self::SnapshotStream>, Status> {
        self.check(&request)?;
        let mut chunks = request.into_inner();
        let Some(pb::SnapshotChunk { chunk: Some(pb::snapshot_chunk::Chunk::Header(header)) }) = chunks.message().await? else {
            return Err(Status::invalid_argument("a snapshot begins with its header"));
        };
        let manifest = header.manifest.ok_or_else(|| Status::invalid_argument("no manifest"))?;
        let vote = header.vote.map(wire::vote_in).ok_or_else(|| Status::invalid_argument("no vote"))?;
        let group = self.group(manifest.group)?.clone();
        let incoming = group.snapshots.incoming(&manifest);
        std::fs::create_dir_all(&incoming.path).map_err(stopped)?;
        let (replies, outgoing) = tokio::sync::mpsc::channel(2);
        tokio::spawn(async move {
            let reply = receive(&group, vote, incoming, chunks, &replies).await.map_err(stopped);
            // The sender may be gone; it will try again.
            let _ = replies.send(reply).await;
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(outgoing))))
    }

    async fn propose(&self, request: Request<pb::ProposeRequest>) -> Result<Response<pb::ProposeReply>, Status> {
        self.check(&request)?;
        Ok(Response::new(self.node.propose_forwarded(request.into_inner()).await.map_err(stopped)?))
    }

    type CosignStream = Replies<pb::CosignReply>;

    async fn cosign(&self, request: Request<Streaming<pb::CosignRequest>>) -> Result<Response<Self::CosignStream>, Status> {
        let caller = self.check(&request)?;
        let node = self.node.clone();
        let admitted = node.clone();
        let asked = request.into_inner().take_while(move |_| futures::future::ready(admitted.is_admitted(caller)));
        // Side by side: a replica that lags waits for many heads at once.
        let replies = asked.map(move |asked| {
            let node = node.clone();
            async move {
                match asked {
                    Ok(asked) => node.cosign(asked).await.map(Ok),
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
        let vote = self.group(request.into_inner().group)?.held_vote();
        Ok(Response::new(pb::HeldVoteReply { vote: vote.as_ref().map(wire::vote_out) }))
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
        let (id, member) = wire::member_in(me);
        if id != caller {
            return Err(Status::permission_denied("a node can ask for itself only"));
        }
        self.node.replacements.ask(id, member);
        Ok(Response::new(pb::Nothing {}))
    }

    async fn usage(&self, request: Request<pb::UsageReport>) -> Result<Response<pb::Nothing>, Status> {
        self.check(&request)?;
        self.node.hear_usage(request.into_inner());
        Ok(Response::new(pb::Nothing {}))
    }

    async fn read_index(&self, request: Request<pb::ReadIndexRequest>) -> Result<Response<pb::ReadIndexReply>, Status> {
        self.check(&request)?;
        let group = self.group(request.into_inner().group)?;
        let index = group.read_index().await.map_err(stopped)?;
        Ok(Response::new(pb::ReadIndexReply { index, leader: group.leader() }))
    }
}

/// Takes in the files that are lacking, checks them, and installs the snapshot.
async fn receive(
    group: &Group,
    vote: super::Vote,
    snapshot: SnapshotDir,
    mut chunks: Streaming<pb::SnapshotChunk>,
    replies: &tokio::sync::mpsc::Sender<Result<pb::SnapshotReply, Status>>,
) -> io::Result<pb::SnapshotReply> {
    use pb::snapshot_chunk::Chunk;
    let files = &snapshot.manifest.files;
    let lacking: Vec<u32> = (0..files.len()).filter(|n| !snapshot.has(&files[*n])).map(|n| n as u32).collect();
    let lacks = pb::snapshot_reply::Reply::Lacking(pb::Lacking { files: lacking });
    let gone = |_| io::Error::other("the sender of the snapshot is gone");
    replies.send(Ok(pb::SnapshotReply { reply: Some(lacks) })).await.map_err(gone)?;
    let mut open: Option<std::fs::File> = None;
    while let Some(message) = chunks.message().await.map_err(io::Error::other)? {
        match message.chunk {
            Some(Chunk::File(number)) => {
                let file = files.get(number as usize).ok_or_else(|| wire::malformed("snapshot chunk"))?;
                open.replace(snapshot.file(file, true)?).map_or(Ok(()), |done| done.sync_all())?;
            }
            Some(Chunk::Data(bytes)) => open.as_mut().ok_or_else(|| wire::malformed("snapshot chunk"))?.write_all(&bytes)?,
            Some(Chunk::Header(_)) | None => return Err(wire::malformed("snapshot chunk")),
        }
    }
    open.map_or(Ok(()), |done| done.sync_all())?;
    if let Some(bad) = files.iter().find(|file| !snapshot.has(file)) {
        let _ = std::fs::remove_file(snapshot.path.join(&bad.name));
        return Err(io::Error::other(format!("{} did not arrive whole", bad.name)));
    }
    snapshot.seal()?;
    let complete = openraft::Snapshot { meta: meta_of(&snapshot)?, snapshot };
    let response = group.raft.install_full_snapshot(vote, complete).await.map_err(io::Error::other)?;
    Ok(pb::SnapshotReply { reply: Some(pb::snapshot_reply::Reply::Installed(wire::vote_out(&response.vote))) })
}
