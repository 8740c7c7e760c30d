//! From many commands to few Raft entries: one batcher per shard and node.
//!
//! It waits for nothing: it takes what has arrived (at most [`Batcher::limit`] commands), makes it one
//! entry, and while that is under way gathers the next. So a lone command pays no delay and a crowd
//! shares the disk. When another node leads, the same batches are forwarded to it instead.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_inventory::{Outcome, Reply};
use keyrack_proto::Malformed;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use crate::ClusterConfig;
use crate::directory::SHARD as DIRECTORY;
use crate::raft::{Applied, Group, Links, WriteError};

/// Commands that may wait for company.
const PATIENT: usize = 256;
/// How long the first of them waits.
const COMPANY: Duration = Duration::from_millis(2);
/// How often a batcher without a leader looks again.
const LEADER_POLL: Duration = Duration::from_millis(5);
/// After a deadline, the batcher's word that nothing was proposed is waited for this long.
const GRACE: Duration = Duration::from_millis(100);
/// Pause before a command is tried again on another leader.
const RETRY: Duration = Duration::from_millis(10);

/// The entrance to a shard's batcher. Cheap to clone.
#[derive(Clone)]
pub struct Batcher {
    queue: mpsc::Sender<Pending>,
    patient: mpsc::Sender<Pending>,
}

/// A command on its way.
pub struct Pending {
    /// The encoded command.
    pub command: Bytes,
    /// After this it is not proposed any more.
    pub deadline: Instant,
    /// Whether it came from another node: then it is not forwarded again.
    pub forwarded: bool,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Applied at this index.
    Applied(u64, Decided),
    /// Not proposed: this node does not lead.
    NotLeader,
    /// Not proposed: its deadline passed.
    Expired,
    /// Not proposed: the queue is full.
    Overloaded,
    /// Possibly proposed; no answer.
    Unknown,
}

/// Why a command was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// Not proposed: too many wait.
    Overloaded,
    /// Not proposed: there was no leader, or none that could be reached.
    Unavailable,
    /// It may have been proposed, and may be decided still.
    Unknown,
}

/// The state machine's answer to one command.
#[derive(Clone, Debug)]
pub enum Decided {
    /// By a data shard.
    Outcome(Outcome),
    /// By the directory.
    Directory(pb::DirectoryReply),
}

impl Batcher {
    /// Starts the batcher of one shard.
    pub fn start(shard: u32, config: &ClusterConfig, group: Group, links: Links) -> Batcher {
        let (queue, pending) = mpsc::channel(config.queue_commands.max(1));
        let sink = Sink { shard, node: config.node, group, links };
        let (patient, along) = mpsc::channel(PATIENT);
        let permits = Arc::new(Semaphore::new(config.batches_in_flight.max(1)));
        tokio::spawn(run(sink, pending, Along { queue: along, waits: None }, permits, config.batch_commands.max(1)));
        Batcher { queue, patient }
    }

    /// Queues a command, or answers at once that there is no room.
    pub fn submit(&self, pending: Pending) {
        Batcher::queue(&self.queue, pending);
    }

    /// Queues a command that goes along with the next batch, or alone after a moment: an entry of its own costs more
    /// than it is worth while there are others.
    pub fn submit_patiently(&self, pending: Pending) {
        Batcher::queue(&self.patient, pending);
    }

    /// Takes a command to the leader and back. Tries again on a new leader until `deadline`, which is safe because the
    /// idempotency key goes with it.
    pub async fn decide(&self, command: Bytes, deadline: Instant) -> Result<(u64, Decided), Undecided> {
        let mut possibly_proposed = false;
        loop {
            let (answer, wait) = oneshot::channel();
            self.submit(Pending { command: command.clone(), deadline, forwarded: false, answer });
            match tokio::time::timeout_at(deadline + GRACE, wait).await {
                Ok(Ok(Answer::Applied(index, decided))) => return Ok((index, decided)),
                Ok(Ok(Answer::Overloaded)) if !possibly_proposed => return Err(Undecided::Overloaded),
                Ok(Ok(Answer::NotLeader | Answer::Overloaded | Answer::Expired)) => {}
                Ok(Ok(Answer::Unknown) | Err(_)) | Err(_) => possibly_proposed = true,
            }
            if Instant::now() + RETRY >= deadline {
                return Err(if possibly_proposed { Undecided::Unknown } else { Undecided::Unavailable });
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Commands that another node forwarded: proposed here or nowhere.
    pub async fn decide_forwarded(&self, commands: Vec<Bytes>, deadline: Instant) -> Vec<pb::Answer> {
        let submit = |command| {
            let (answer, wait) = oneshot::channel();
            self.submit(Pending { command, deadline, forwarded: true, answer });
            async move { answer_out(wait.await.unwrap_or(Answer::Unknown)) }
        };
        futures::future::join_all(commands.into_iter().map(submit)).await
    }

    fn queue(queue: &mpsc::Sender<Pending>, pending: Pending) {
        if let Err(refused) = queue.try_send(pending) {
            let answer = match &refused {
                mpsc::error::TrySendError::Full(_) => Answer::Overloaded,
                mpsc::error::TrySendError::Closed(_) => Answer::NotLeader,
            };
            refused.into_inner().answer(answer);
        }
    }
}

impl Pending {
    fn answer(self, answer: Answer) {
        // The caller may have given up; its command stands all the same.
        let _ = self.answer.send(answer);
    }
}

#[derive(Clone)]
struct Sink {
    shard: u32,
    node: u64,
    group: Group,
    links: Links,
}

/// Commands that go along with others.
struct Along {
    queue: mpsc::Receiver<Pending>,
    /// The first of them, and until when it waits for company.
    waits: Option<(Pending, Instant)>,
}

impl Along {
    /// Returns when the first has waited long enough.
    async fn due(&mut self) {
        if self.waits.is_none() {
            match self.queue.recv().await {
                Some(first) => self.waits = Some((first, Instant::now() + COMPANY)),
                None => std::future::pending().await,
            }
        }
        if let Some((_, until)) = &self.waits {
            tokio::time::sleep_until(*until).await;
        }
    }

    fn join(&mut self, batch: &mut Vec<Pending>) {
        batch.extend(self.waits.take().map(|(first, _)| first));
        while let Ok(next) = self.queue.try_recv() {
            batch.push(next);
        }
    }
}

async fn run(sink: Sink, mut queue: mpsc::Receiver<Pending>, mut along: Along, permits: Arc<Semaphore>, limit: usize) {
    loop {
        // First the right to propose, then the commands: so a batch is as large as the wait was long.
        let Ok(permit) = permits.clone().acquire_owned().await else { return };
        let mut batch = Vec::new();
        tokio::select! {
            biased;
            taken = queue.recv_many(&mut batch, limit) => if taken == 0 { return },
            () = along.due() => {}
        }
        along.join(&mut batch);
        let (batch, leader) = sink.find_leader(batch).await;
        if batch.is_empty() {
            continue;
        }
        let sink = sink.clone();
        tokio::spawn(async move {
            match leader {
                Some(leader) if leader != sink.node => sink.forward(leader, batch).await,
                _ => sink.propose(batch).await,
            }
            drop(permit);
        });
    }
}

impl Sink {
    /// Waits for a leader; answers those whose time runs out, and those that may not be forwarded again.
    async fn find_leader(&self, mut batch: Vec<Pending>) -> (Vec<Pending>, Option<u64>) {
        loop {
            let now = Instant::now();
            let expired = batch.extract_if(.., |pending| pending.deadline <= now || pending.answer.is_closed());
            expired.for_each(|pending| pending.answer(Answer::Expired));
            let leader = self.group.leader();
            if leader != Some(self.node) {
                batch.extract_if(.., |pending| pending.forwarded).for_each(|pending| pending.answer(Answer::NotLeader));
            }
            if batch.is_empty() || leader.is_some() {
                return (batch, leader);
            }
            tokio::time::sleep(LEADER_POLL).await;
        }
    }

    async fn propose(&self, batch: Vec<Pending>) {
        let at_ms = self.group.now_ms();
        let commands = batch.iter().map(|pending| pending.command.clone()).collect();
        let encoded = pb::Batch { at_ms, commands }.encode_to_vec();
        match self.group.write(encoded.into()).await {
            Ok((index, Applied::Outcomes(outcomes))) if outcomes.len() == batch.len() => {
                for (pending, outcome) in batch.into_iter().zip(outcomes) {
                    pending.answer(Answer::Applied(index, Decided::Outcome(outcome)));
                }
            }
            Ok((index, Applied::Directory(replies))) if replies.len() == batch.len() => {
                for (pending, reply) in batch.into_iter().zip(replies) {
                    pending.answer(Answer::Applied(index, Decided::Directory(reply)));
                }
            }
            Ok(_) => batch.into_iter().for_each(|pending| pending.answer(Answer::Unknown)),
            // openraft says so too of entries that were in the log when leadership was lost.
            Err(WriteError::NotLeader) => batch.into_iter().for_each(|pending| pending.answer(Answer::Unknown)),
            Err(WriteError::Stopped(cause)) => {
                tracing::error!(shard = self.shard, %cause, "the shard has stopped");
                batch.into_iter().for_each(|pending| pending.answer(Answer::Unknown));
            }
        }
    }

    async fn forward(&self, leader: u64, batch: Vec<Pending>) {
        match self.call(leader, &batch).await {
            Some(answers) => {
                for (pending, answer) in batch.into_iter().zip(answers) {
                    pending.answer(answer);
                }
            }
            None => batch.into_iter().for_each(|pending| pending.answer(Answer::Unknown)),
        }
    }

    async fn call(&self, leader: u64, batch: &[Pending]) -> Option<Vec<Answer>> {
        let (_, member) = self.group.members().into_iter().find(|(id, _)| *id == leader)?;
        let commands = batch.iter().map(|pending| pending.command.clone()).collect();
        let request = pb::ProposeRequest { group: self.shard, commands };
        let deadline = batch.iter().map(|pending| pending.deadline).max()?;
        let reply = self.links.propose(leader, &member, request, deadline).await?;
        let Some(proposed) = reply.proposed else {
            return Some(vec![Answer::NotLeader; batch.len()]);
        };
        if proposed.answers.len() != batch.len() {
            return None;
        }
        Some(proposed.answers.into_iter().map(|answer| answer_in(self.shard, answer).unwrap_or(Answer::Unknown)).collect())
    }
}

/// An answer on its way to the node that forwarded.
pub fn answer_out(answer: Answer) -> pb::Answer {
    use pb::answer::Answer as Kind;
    let kind = match answer {
        Answer::Applied(index, Decided::Outcome(outcome)) => {
            let reply = pb::Reply::from(&outcome.reply).encode_to_vec().into();
            Kind::Applied(pb::Applied { index, replayed: outcome.replayed, reply, guest_key: outcome.guest_key.map(Into::into) })
        }
        Answer::Applied(index, Decided::Directory(reply)) => {
            Kind::Applied(pb::Applied { index, replayed: false, reply: reply.encode_to_vec().into(), guest_key: None })
        }
        Answer::NotLeader | Answer::Expired => Kind::NotLeader(pb::Nothing {}),
        Answer::Overloaded => Kind::Overloaded(pb::Nothing {}),
        Answer::Unknown => Kind::Unknown(pb::Nothing {}),
    };
    pb::Answer { answer: Some(kind) }
}

fn answer_in(shard: u32, answer: pb::Answer) -> Result<Answer, Malformed> {
    use pb::answer::Answer as Kind;
    Ok(match answer.answer.ok_or(Malformed("answer"))? {
        Kind::Applied(applied) if shard == DIRECTORY => {
            Answer::Applied(applied.index, Decided::Directory(pb::DirectoryReply::decode(applied.reply)?))
        }
        Kind::Applied(applied) => {
            let reply: Reply = pb::Reply::decode(applied.reply)?.try_into()?;
            let guest_key = applied.guest_key.map(|key| key.to_vec());
            Answer::Applied(applied.index, Decided::Outcome(Outcome { reply, replayed: applied.replayed, guest_key }))
        }
        Kind::Overloaded(_) => Answer::Overloaded,
        Kind::Unknown(_) => Answer::Unknown,
        Kind::NotLeader(_) => Answer::NotLeader,
    })
}
