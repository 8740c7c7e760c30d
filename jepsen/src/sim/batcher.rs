//! From many commands to few Raft entries, as `cluster/src/batcher.rs` does it: what has arrived is one entry, stamped with
//! the leader's clock; where another node leads it is forwarded there, once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use crate::net::Method;
use crate::node::Node;
use crate::raft::{Applied, Payload, SHARD, spawn};

const LEADER_POLL: Duration = Duration::from_millis(5);
const BATCH_COMMANDS: usize = 8;
const IN_FLIGHT: usize = 4;

/// A command on its way.
pub struct Pending {
    pub command: Bytes,
    /// After this it is not proposed any more.
    pub deadline: Instant,
    /// Whether it came from another node: then it is not forwarded again.
    pub forwarded: bool,
    pub answer: oneshot::Sender<pb::Answer>,
}

/// The entrance. Cheap to clone.
#[derive(Clone)]
pub struct Batcher(mpsc::Sender<Pending>);

impl Batcher {
    pub fn new() -> (Batcher, mpsc::Receiver<Pending>) {
        let (queue, pending) = mpsc::channel(1_024);
        (Batcher(queue), pending)
    }

    pub fn submit(&self, pending: Pending) {
        // Dropped when there is no room: the caller does not know then.
        let _ = self.0.try_send(pending);
    }
}

/// An answer as it is sent.
pub fn answer(kind: pb::answer::Answer) -> pb::Answer {
    pb::Answer { answer: Some(kind) }
}

fn unknown() -> pb::Answer {
    answer(pb::answer::Answer::Unknown(pb::Nothing {}))
}

fn not_leader() -> pb::Answer {
    answer(pb::answer::Answer::NotLeader(pb::Nothing {}))
}

impl Pending {
    fn answer(self, answer: pb::Answer) {
        // The caller may have given up.
        let _ = self.answer.send(answer);
    }
}

/// Batches what is queued.
pub async fn run(node: Node, mut queue: mpsc::Receiver<Pending>) {
    let permits = Arc::new(Semaphore::new(IN_FLIGHT));
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else { return };
        let mut batch = Vec::new();
        if queue.recv_many(&mut batch, BATCH_COMMANDS).await == 0 {
            return;
        }
        let (batch, leader) = find_leader(&node, batch).await;
        if batch.is_empty() {
            continue;
        }
        let node = node.clone();
        spawn(async move {
            match leader {
                Some(leader) if leader != node.id => forward(&node, leader, batch).await,
                _ => propose(&node, batch).await,
            }
            drop(permit);
        });
    }
}

async fn find_leader(node: &Node, mut batch: Vec<Pending>) -> (Vec<Pending>, Option<u64>) {
    loop {
        let now = Instant::now();
        let expired = batch.extract_if(.., |pending| pending.deadline <= now || pending.answer.is_closed());
        expired.for_each(|pending| pending.answer(not_leader()));
        let leader = node.leader();
        if leader != Some(node.id) {
            batch.extract_if(.., |pending| pending.forwarded).for_each(|pending| pending.answer(not_leader()));
        }
        if batch.is_empty() || leader.is_some() {
            return (batch, leader);
        }
        tokio::time::sleep(LEADER_POLL).await;
    }
}

async fn propose(node: &Node, batch: Vec<Pending>) {
    let commands = batch.iter().map(|pending| pending.command.clone()).collect();
    let encoded = pb::Batch { at_ms: node.world.clock_ms(node.id), commands }.encode_to_vec();
    match node.raft.client_write(Payload(encoded.into())).await {
        Ok(written) => match written.data {
            Applied::Outcomes(outcomes) if outcomes.len() == batch.len() => {
                for (pending, outcome) in batch.into_iter().zip(outcomes) {
                    let reply = pb::Reply::from(&outcome.reply).encode_to_vec().into();
                    let (index, replayed) = (written.log_id.index, outcome.replayed);
                    let guest_key = outcome.guest_key.map(Into::into);
                    pending.answer(answer(pb::answer::Answer::Applied(pb::Applied { index, replayed, reply, guest_key })));
                }
            }
            _ => batch.into_iter().for_each(|pending| pending.answer(unknown())),
        },
        // openraft says so too of entries that were in the log when leadership was lost.
        Err(_) => batch.into_iter().for_each(|pending| pending.answer(unknown())),
    }
}

async fn forward(node: &Node, leader: u64, batch: Vec<Pending>) {
    let answers = call(node, leader, &batch).await.unwrap_or_else(|| vec![unknown(); batch.len()]);
    for (pending, answer) in batch.into_iter().zip(answers) {
        pending.answer(answer);
    }
}

async fn call(node: &Node, leader: u64, batch: &[Pending]) -> Option<Vec<pb::Answer>> {
    let commands = batch.iter().map(|pending| pending.command.clone()).collect();
    let request = pb::ProposeRequest { group: SHARD, commands }.encode_to_vec().into();
    let deadline = batch.iter().map(|pending| pending.deadline).max()?;
    let patience = deadline.saturating_duration_since(Instant::now());
    let reply = node.net.call(node.peer(leader)?, Method::Propose, request, patience).await?;
    match pb::ProposeReply::decode(reply).ok()?.proposed {
        None => Some(vec![not_leader(); batch.len()]),
        Some(proposed) => (proposed.answers.len() == batch.len()).then_some(proposed.answers),
    }
}
