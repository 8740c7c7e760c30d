//! Combines many commands into few Raft entries, with one batcher per shard and node.
//!
//! The batcher does not wait for more commands. It makes one entry of the commands that have arrived (at most
//! [`BatchLimits::batch_commands`]), and gathers the next while that entry is replicated. So a single command is not delayed,
//! and many commands share one fsync. If another node leads, the batches are forwarded to it.

use std::time::Duration;

use bytes::Bytes;
use keyrack_proto::internal as pb;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::limits::{BatchLimits, MAX_DEFERRED};
use super::pending::{Answer, Decided, Pending, answer_out};
use super::proposer::{DeferredQueue, propose_batches};
use crate::peers::PeerCalls;
use crate::raft::{Machine, Replica};
use crate::storage::LogDisk;
use crate::tasks::Tasks;

/// How long after the deadline to wait for the batcher to report that nothing was proposed.
const GRACE: Duration = Duration::from_millis(100);
/// The pause before a command is retried, perhaps on another leader.
const RETRY: Duration = Duration::from_millis(10);

/// A handle to a shard's batcher. Cheap to clone.
#[derive(Clone)]
pub struct Batcher {
    queue: mpsc::Sender<Pending>,
    deferred: mpsc::Sender<Pending>,
}

/// Why a command was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// Not proposed: too many commands are waiting.
    Overloaded,
    /// Not proposed: there was no reachable leader.
    Unavailable,
    /// It may have been proposed, and may still take effect.
    Unknown,
}

impl Batcher {
    /// Starts the batcher of one shard.
    pub fn start<M: Machine, D: LogDisk, P: PeerCalls>(replica: Replica<M, D, P>, limits: BatchLimits, tasks: &Tasks) -> Batcher {
        let (queue, pending) = mpsc::channel(limits.queue_commands.max(1));
        let (deferred, waiting) = mpsc::channel(MAX_DEFERRED);
        let batches = propose_batches(replica, pending, DeferredQueue::new(waiting), limits, tasks.clone());
        tasks.spawn("batcher", batches);
        Batcher { queue, deferred }
    }

    /// Queues a command, or answers `Overloaded` at once if the queue is full.
    pub fn submit(&self, pending: Pending) {
        Batcher::queue(&self.queue, pending);
    }

    /// Queues a command that joins the next batch, or is proposed alone after a few milliseconds. It is not worth a separate
    /// entry while other commands arrive.
    pub fn submit_deferred(&self, pending: Pending) {
        Batcher::queue(&self.deferred, pending);
    }

    /// Sends a command to the leader and returns its outcome. Retries until `deadline`, also on a new leader. This is safe
    /// because the command carries its idempotency key.
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

    /// Proposes commands that another node forwarded. They are not forwarded again.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_may_have_been_proposed_is_never_reported_as_overload() {
        let ((queue, mut pending), (deferred, _waiting)) = (mpsc::channel::<Pending>(1), mpsc::channel(1));
        let batcher = Batcher { queue, deferred };
        let answering = async {
            pending.recv().await.expect("a try").answer(Answer::Unknown);
            while let Some(again) = pending.recv().await {
                again.answer(Answer::Overloaded);
            }
        };
        tokio::select! {
            decided = batcher.decide(Bytes::new(), Instant::now() + 5 * RETRY) => {
                assert_eq!(decided.map(drop), Err(Undecided::Unknown));
            }
            () = answering => unreachable!("the batcher keeps its queue open"),
        }
    }
}
