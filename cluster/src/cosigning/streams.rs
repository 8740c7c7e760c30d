//! The leader's streams to the other replicas of one shard: a task for each, which opens its stream when there
//! is something to say and opens it again when it breaks.

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

/// Questions that may wait for a peer; beyond that they are dropped, and the next head asks again.
const QUEUE: usize = 64;
/// Pause before a stream that broke is opened again: at first, and at most.
const RETRY: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a peer answered.
pub struct Answered {
    /// Who.
    pub node: u64,
    /// What.
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
    /// No stream yet; answers go to `replies`.
    pub fn new(shard: u32, links: Links, published: Arc<Published>, replies: mpsc::Sender<Answered>, tasks: Tasks) -> Streams {
        Streams { shard, links, published, replies, tasks, open: BTreeMap::new() }
    }

    /// Says the same to all of `members`, who are all there are.
    pub fn say(&mut self, members: &[(u64, Member)], ask: &Ask) {
        // Who is no member any more needs no stream.
        self.open.retain(|(id, incarnation), _| members.iter().any(|(known, m)| known == id && m.incarnation == *incarnation));
        self.say_to(members, ask);
    }

    /// Says the same to some.
    pub fn say_to(&mut self, members: &[(u64, Member)], ask: &Ask) {
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
            // A peer that does not keep up is asked about a later head.
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
                // Of what waited, the newest says all.
                while let Ok(newer) = queue.try_recv() {
                    ask = newer;
                }
                if queue.is_closed() {
                    return;
                }
            }
        }
    }

    /// Asks until the stream or the queue ends; `ask` is the newest that was asked.
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

    /// What a replica that was away is compared by, for it may have come back with other rows; and what it lacks.
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
