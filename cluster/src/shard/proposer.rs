//! Makes Raft entries of queued commands, here or on the node that leads. **This is where a leader batches.**
//!
//! First it takes one of a few permits for a batch in flight, then all queued commands, up to a limit of commands and bytes. So a
//! single command is not delayed, and a busier shard has larger batches. Deferred commands (checkpoints) join the next batch, or are proposed
//! alone after a few milliseconds. They are not worth a separate entry while other commands arrive.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::Rules;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::limits::BatchLimits;
use super::pending::{Answer, Decided, Pending, answer_in};
use super::waiting::{CommandQueue, DeferredQueue};
use crate::peers::PeerCalls;
use crate::raft::{Machine, Replica, WriteError};
use crate::state::Applied;
use crate::storage::LogDisk;
use crate::tasks::Tasks;

/// How often a batcher without a leader checks for one.
const LEADER_POLL: Duration = Duration::from_millis(5);

/// Proposes batches in the log if this node leads, and forwards them to the leader otherwise.
struct Proposer<M: Machine, D, P> {
    replica: Replica<M, D, P>,
}

/// Makes batches of queued commands and proposes them. Runs until the queue is closed.
pub async fn propose_batches<M: Machine, D: LogDisk, P: PeerCalls>(
    replica: Replica<M, D, P>,
    mut queue: CommandQueue,
    mut deferred: DeferredQueue,
    limits: BatchLimits,
    tasks: Tasks,
) {
    let proposer = Arc::new(Proposer { replica });
    let permits = Arc::new(Semaphore::new(limits.batches_in_flight.max(1)));
    let limit = limits.batch_commands.max(1);
    loop {
        // Take the permit before the commands, so that commands that arrive during the wait join the batch.
        let Ok(permit) = permits.clone().acquire_owned().await else { return };
        tokio::select! {
            biased;
            is_open = queue.has_one() => if !is_open { return },
            () = deferred.due() => {}
        }
        let mut batch = queue.take(limit);
        deferred.join(&mut batch);
        let (batch, leader) = proposer.find_leader(batch).await;
        if batch.is_empty() {
            continue;
        }
        let bytes = batch.iter().map(|pending| pending.command.len()).sum();
        assert!(limits.is_within(batch.len()), "a batch of {} commands is larger than its limits allow", batch.len());
        assert!(BatchLimits::are_bytes_within(bytes), "a batch of {bytes} bytes is larger than its limits allow");
        let proposer = proposer.clone();
        tasks.spawn("batch", async move {
            match leader {
                Some(leader) if leader != proposer.replica.node => proposer.forward(leader, batch).await,
                _ => proposer.propose(batch).await,
            }
            drop(permit);
        });
    }
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Proposer<M, D, P> {
    /// Waits for a leader. Answers commands that expire, and commands that may not be forwarded again.
    async fn find_leader(&self, mut batch: Vec<Pending>) -> (Vec<Pending>, Option<u64>) {
        loop {
            let now = Instant::now();
            let expired = batch.extract_if(.., |pending| pending.deadline <= now || pending.answer.is_closed());
            expired.for_each(|pending| pending.answer(Answer::Expired));
            let leader = self.replica.leader();
            if leader != Some(self.replica.node) {
                batch.extract_if(.., |pending| pending.forwarded).for_each(|pending| pending.answer(Answer::NotLeader));
            }
            if batch.is_empty() || leader.is_some() {
                return (batch, leader);
            }
            tokio::time::sleep(LEADER_POLL).await;
        }
    }

    async fn propose(&self, batch: Vec<Pending>) {
        let at_ms = self.replica.now_ms();
        let commands = batch.iter().map(|pending| pending.command.clone()).collect();
        let encoded = pb::Batch { at_ms, commands, rules: Rules::PRESENT.0 }.encode_to_vec();
        match self.replica.write(encoded.into()).await {
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
            // openraft also returns this for entries that were in the log when leadership was lost.
            Err(WriteError::NotLeader) => batch.into_iter().for_each(|pending| pending.answer(Answer::Unknown)),
            Err(WriteError::Stopped(cause)) => {
                // A clean stop ends here too. After a fault the node stops, and that message has the cause.
                tracing::debug!(shard = self.replica.shard, %cause, "Raft of this shard has stopped");
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
        let member = self.replica.member(leader)?;
        let commands = batch.iter().map(|pending| pending.command.clone()).collect();
        let request = pb::ProposeRequest { group: self.replica.shard, commands };
        let deadline = batch.iter().map(|pending| pending.deadline).max()?;
        let reply = self.replica.peers.propose(leader, &member, request, deadline).await?;
        let Some(proposed) = reply.proposed else {
            return Some(vec![Answer::NotLeader; batch.len()]);
        };
        if proposed.answers.len() != batch.len() {
            return None;
        }
        let answers = proposed.answers.into_iter();
        Some(answers.map(|answer| answer_in(self.replica.shard, answer).unwrap_or(Answer::Unknown)).collect())
    }
}
