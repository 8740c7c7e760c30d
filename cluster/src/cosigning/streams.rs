//! The leader's streams to the other replicas of one shard. Each has a task that opens the stream for the first request and
//! opens it again when it breaks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_proto::internal as pb;
use pb::cosign_request::Ask;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::peers::{Links, Member};
use crate::receipts::Published;
use crate::tasks::Tasks;

/// The most requests that may wait for a peer. Further requests are dropped, and the next head asks again.
const QUEUE: usize = 64;
/// The first and the longest pause before a broken stream is opened again.
const RETRY: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A peer's answer.
pub struct Answered {
    /// The peer.
    pub node: u64,
    /// Its answer.
    pub reply: pb::CosignReply,
}

/// Streams to the other replicas.
pub struct Streams {
    shard: u32,
    links: Links,
    published: Arc<Published>,
    replies: mpsc::Sender<Answered>,
    tasks: Tasks,
    open: BTreeMap<(u64, u64), mpsc::Sender<Ask>>,
}

impl Streams {
    /// Without streams. Answers go to `replies`.
    pub fn new(shard: u32, links: Links, published: Arc<Published>, replies: mpsc::Sender<Answered>, tasks: Tasks) -> Streams {
        Streams { shard, links, published, replies, tasks, open: BTreeMap::new() }
    }

    /// Sends a request to all other members, and closes the streams to nodes that are no longer members.
    pub fn send_all(&mut self, members: &[(u64, Member)], ask: &Ask) {
        self.open.retain(|(id, incarnation), _| members.iter().any(|(known, m)| known == id && m.incarnation == *incarnation));
        self.send_to(members, ask);
    }

    /// Sends a request to some members.
    pub fn send_to(&mut self, members: &[(u64, Member)], ask: &Ask) {
        for (id, member) in members {
            let tasks = self.tasks.clone();
            let stream = self.open.entry((*id, member.incarnation)).or_insert_with(|| {
                let (asks, queue) = mpsc::channel(QUEUE);
                let peer = Peer {
                    shard: self.shard,
                    id: *id,
                    member: member.clone(),
                    links: self.links.clone(),
                    published: self.published.clone(),
                    replies: self.replies.clone(),
                };
                tasks.spawn("cosigning stream", peer.run(queue));
                asks
            });
            // A peer whose queue is full misses this request and gets a later head.
            let _ = stream.try_send(ask.clone());
        }
    }

    /// Ends all streams: another node leads.
    pub fn close(&mut self) {
        self.open.clear();
    }
}

struct Peer {
    shard: u32,
    id: u64,
    member: Member,
    links: Links,
    published: Arc<Published>,
    replies: mpsc::Sender<Answered>,
}

impl Peer {
    async fn run(self, mut queue: mpsc::Receiver<Ask>) {
        let mut pause = RETRY;
        while let Some(mut ask) = queue.recv().await {
            while let Err(cause) = self.talk(&mut ask, &mut queue, &mut pause).await {
                tracing::debug!(shard = self.shard, peer = self.id, %cause, "no signatures from this replica for now");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                // The newest request covers all that waited.
                while let Ok(newer) = queue.try_recv() {
                    ask = newer;
                }
                if queue.is_closed() {
                    return;
                }
            }
        }
    }

    /// Sends requests until the stream or the queue ends. `ask` is the newest request.
    async fn talk(&self, ask: &mut Ask, queue: &mut mpsc::Receiver<Ask>, pause: &mut Duration) -> Result<(), tonic::Status> {
        let unreachable = |cause: std::io::Error| tonic::Status::unavailable(cause.to_string());
        let mut client = self.links.client(self.id, &self.member).map_err(unreachable)?;
        let (asks, outgoing) = mpsc::channel(QUEUE);
        let request = |ask| pb::CosignRequest { group: self.shard, ask: Some(ask) };
        for ask in self.missed().into_iter().chain([ask.clone()]) {
            let _ = asks.try_send(request(ask));
        }
        let mut answers = client.cosign(ReceiverStream::new(outgoing)).await?.into_inner();
        *pause = RETRY;
        loop {
            tokio::select! {
                next = queue.recv() => {
                    let Some(next) = next else { return Ok(()) };
                    *ask = next.clone();
                    if asks.send(request(next)).await.is_err() {
                        return Err(tonic::Status::unavailable("the stream has ended"));
                    }
                }
                answer = answers.message() => {
                    let Some(reply) = answer? else { return Err(tonic::Status::unavailable("the stream has ended")) };
                    if self.replies.send(Answered { node: self.id, reply }).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The newest published head and the newest witnessed checkpoint. A new stream begins with them: the replica may have
    /// missed the checkpoint, and its rows may have changed while it was away.
    fn missed(&self) -> Vec<Ask> {
        let mut missed = Vec::new();
        if let Some(newest) = self.published.newest() {
            let root = Bytes::copy_from_slice(&newest.root);
            missed.push(Ask::Sign(pb::TreeHead { size: newest.size, root }));
        }
        missed.extend(self.published.newest_witnessed().map(|checkpoint| Ask::Witnessed(checkpoint.note.to_string())));
        missed
    }
}
