//! The answers of a node whose data folder is a copy, until it is decided what happens with it: only what the folder is.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use keyrack_proto::internal as pb;
use tonic::{Request, Response, Status, Streaming};

use super::caller::identified;
use crate::config::ClusterConfig;
use crate::peers::Admission;

/// Answers peers that ask for the folder's origin, and refuses all other calls.
pub struct CopyService {
    /// This node's settings.
    pub config: ClusterConfig,
    /// Which nodes may ask.
    pub admission: Arc<Admission>,
    /// What the folder is.
    pub origin: pb::FolderOrigin,
}

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Answer<T> = Result<Response<T>, Status>;

fn waits<T>() -> Answer<T> {
    Err(Status::unavailable("this node's data folder is a copy: it takes part in nothing until its peers have answered"))
}

#[tonic::async_trait]
impl pb::peer_server::Peer for CopyService {
    async fn hello(&self, request: Request<pb::HelloRequest>) -> Answer<pb::HelloReply> {
        let caller = identified(&self.config.cluster, request.extensions(), request.metadata().as_ref())?;
        if !self.admission.admits(caller) {
            return Err(Status::permission_denied(format!("node {caller} is not a member of this cluster")));
        }
        // Without the member itself: a first start must not count it.
        let settings = Some(self.config.shared_settings());
        Ok(Response::new(pb::HelloReply {
            me: None,
            members: Vec::new(),
            settings,
            origin: Some(self.origin.clone()),
            votes: vec![pb::Vote::default()],
        }))
    }

    type AppendStream = Replies<pb::AppendReply>;
    type SnapshotStream = Replies<pb::SnapshotReply>;
    type CosignStream = Replies<pb::CosignReply>;

    async fn append(&self, _: Request<Streaming<pb::AppendRequest>>) -> Answer<Self::AppendStream> {
        waits()
    }

    async fn append_one(&self, _: Request<pb::AppendRequest>) -> Answer<pb::AppendReply> {
        waits()
    }

    async fn append_in_parts(&self, _: Request<Streaming<pb::AppendPart>>) -> Answer<pb::AppendReply> {
        waits()
    }

    async fn vote(&self, _: Request<pb::VoteRequest>) -> Answer<pb::VoteReply> {
        waits()
    }

    async fn pre_vote(&self, _: Request<pb::VoteRequest>) -> Answer<pb::VoteReply> {
        waits()
    }

    async fn transfer_leader(&self, _: Request<pb::TransferRequest>) -> Answer<pb::TransferReply> {
        waits()
    }

    async fn snapshot(&self, _: Request<Streaming<pb::SnapshotChunk>>) -> Answer<Self::SnapshotStream> {
        waits()
    }

    async fn propose(&self, _: Request<pb::ProposeRequest>) -> Answer<pb::ProposeReply> {
        waits()
    }

    async fn cosign(&self, _: Request<Streaming<pb::CosignRequest>>) -> Answer<Self::CosignStream> {
        waits()
    }

    async fn applied(&self, _: Request<pb::AppliedRequest>) -> Answer<pb::AppliedReply> {
        waits()
    }

    async fn held_vote(&self, _: Request<pb::HeldVoteRequest>) -> Answer<pb::HeldVoteReply> {
        waits()
    }

    async fn hand_over(&self, _: Request<pb::HandOverRequest>) -> Answer<pb::HandOverReply> {
        waits()
    }

    async fn replace(&self, _: Request<pb::ReplaceRequest>) -> Answer<pb::Nothing> {
        waits()
    }

    async fn usage(&self, _: Request<pb::UsageReport>) -> Answer<pb::Nothing> {
        waits()
    }

    async fn read_index(&self, _: Request<pb::ReadIndexRequest>) -> Answer<pb::ReadIndexReply> {
        waits()
    }
}
