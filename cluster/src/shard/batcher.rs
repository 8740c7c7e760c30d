//! From many commands to few Raft entries: one batcher per shard and node.
//!
//! It waits for nothing: it takes what has arrived (at most [`BatchLimits::batch_commands`]), makes it one
//! entry, and while that is under way gathers the next. So a lone command pays no delay and a crowd
//! shares the disk. When another node leads, the same batches are forwarded to it instead.

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

/// After a deadline, the batcher's word that nothing was proposed is waited for this long.
const GRACE: Duration = Duration::from_millis(100);
/// Pause before a command is tried again on another leader.
const RETRY: Duration = Duration::from_millis(10);

/// The entrance to a shard's batcher. Cheap to clone.
#[derive(Clone)]
pub struct Batcher {
    queue: mpsc::Sender<Pending>,
    deferred: mpsc::Sender<Pending>,
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

impl Batcher {
    /// Starts the batcher of one shard.
    pub fn start<M: Machine, D: LogDisk, P: PeerCalls>(replica: Replica<M, D, P>, limits: BatchLimits, tasks: &Tasks) -> Batcher {
        let (queue, pending) = mpsc::channel(limits.queue_commands.max(1));
        let (deferred, waiting) = mpsc::channel(MAX_DEFERRED);
        let batches = propose_batches(replica, pending, DeferredQueue::new(waiting), limits, tasks.clone());
        tasks.spawn("batcher", batches);
        Batcher { queue, deferred }
    }

    /// Queues a command, or answers at once that there is no room.
    pub fn submit(&self, pending: Pending) {
        Batcher::queue(&self.queue, pending);
    }

    /// Queues a command that goes along with the next batch, or alone after a moment: an entry of its own costs more
    /// than it is worth while there are others.
    pub fn submit_deferred(&self, pending: Pending) {
        Batcher::queue(&self.deferred, pending);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_may_have_been_proposed_is_never_called_overload() {
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
            () = answering => unreachable!("the batcher keeps its queue"),
        }
    }
}
