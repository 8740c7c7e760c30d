//! Combines many commands into few Raft entries, with one batcher per shard and node.
//!
//! The batcher does not wait for more commands. It makes one entry of the commands that have arrived (at most
//! [`BatchLimits::batch_commands`] and [`MAX_BATCH_BYTES`](super::limits::MAX_BATCH_BYTES)), and gathers the next while that entry is replicated. So a single command is not delayed,
//! and many commands share one fsync. If another node leads, the batches are forwarded to it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_proto::internal as pb;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use super::limits::{BatchLimits, MAX_COMMAND_BYTES, MAX_DEFERRED, MAX_WAITING_BYTES};
use super::pending::{Answer, Decided, Pending, answer_out};
use super::proposer::propose_batches;
use super::waiting::{CommandQueue, DeferredQueue};
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
    /// The bytes that may still wait.
    room: Arc<Semaphore>,
}

/// Why a command was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// Not proposed: too many commands are waiting.
    Overloaded,
    /// Not proposed: it is larger than [`MAX_COMMAND_BYTES`].
    TooLarge,
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
        let (queued, deferred_queue) = (CommandQueue::new(pending), DeferredQueue::new(waiting));
        tasks.spawn("batcher", propose_batches(replica, queued, deferred_queue, limits, tasks.clone()));
        Batcher { queue, deferred, room: Arc::new(Semaphore::new(MAX_WAITING_BYTES)) }
    }

    /// Queues a command, or answers `Overloaded` at once if too many commands or bytes wait.
    pub fn submit(&self, mut pending: Pending) {
        let bytes = u32::try_from(pending.command.len()).unwrap_or(u32::MAX);
        match self.room.clone().try_acquire_many_owned(bytes) {
            Ok(room) => {
                pending.room = Some(room);
                Batcher::queue(&self.queue, pending);
            }
            Err(_) => pending.answer(Answer::Overloaded),
        }
    }

    /// Queues a command that joins the next batch, or is proposed alone after a few milliseconds. It is not worth a separate
    /// entry while other commands arrive.
    pub fn submit_deferred(&self, pending: Pending) {
        Batcher::queue(&self.deferred, pending);
    }

    /// Sends a command to the leader and returns its outcome. Retries until `deadline`, also on a new leader. This is safe
    /// because the command carries its idempotency key.
    pub async fn decide(&self, command: Bytes, deadline: Instant) -> Result<(u64, Decided), Undecided> {
        if command.len() > MAX_COMMAND_BYTES {
            return Err(Undecided::TooLarge);
        }
        let mut possibly_proposed = false;
        loop {
            let (pending, wait) = Pending::new(command.clone(), deadline, false);
            self.submit(pending);
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

    /// Proposes a command that only the leader may propose. If another node leads, nothing is proposed.
    pub async fn decide_as_leader(&self, command: Bytes, deadline: Instant) -> Result<(u64, Decided), Undecided> {
        let (pending, wait) = Pending::new(command, deadline, true);
        self.submit(pending);
        match tokio::time::timeout_at(deadline + GRACE, wait).await {
            Ok(Ok(Answer::Applied(index, decided))) => Ok((index, decided)),
            Ok(Ok(Answer::Overloaded)) => Err(Undecided::Overloaded),
            Ok(Ok(Answer::NotLeader | Answer::Expired)) => Err(Undecided::Unavailable),
            Ok(Ok(Answer::Unknown) | Err(_)) | Err(_) => Err(Undecided::Unknown),
        }
    }

    /// Proposes commands that another node forwarded. They are not forwarded again.
    pub async fn decide_forwarded(&self, commands: Vec<Bytes>, deadline: Instant) -> Vec<pb::Answer> {
        let submit = |command| {
            let (pending, wait) = Pending::new(command, deadline, true);
            self.submit(pending);
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

    fn batcher(commands: usize) -> (Batcher, mpsc::Receiver<Pending>) {
        let ((queue, pending), (deferred, _)) = (mpsc::channel(commands), mpsc::channel(1));
        (Batcher { queue, deferred, room: Arc::new(Semaphore::new(MAX_WAITING_BYTES)) }, pending)
    }

    #[tokio::test]
    async fn the_bytes_that_wait_are_bounded_and_a_command_has_a_largest_size() {
        let (batcher, mut pending) = batcher(10_000);
        let largest = Bytes::from(vec![0; MAX_COMMAND_BYTES]);
        let submit = |command: &Bytes| {
            let (pending, wait) = Pending::new(command.clone(), Instant::now(), false);
            batcher.submit(pending);
            wait
        };
        let waiting: Vec<_> = (0..MAX_WAITING_BYTES / MAX_COMMAND_BYTES).map(|_| submit(&largest)).collect();
        let one = Bytes::from_static(b"1");
        assert!(matches!(submit(&one).await, Ok(Answer::Overloaded)));
        pending.recv().await.expect("queued").answer(Answer::NotLeader);
        let _fits = submit(&one);
        assert!(matches!(submit(&largest).await, Ok(Answer::Overloaded)));
        drop(waiting);
        let too_large = Bytes::from(vec![0; MAX_COMMAND_BYTES + 1]);
        assert_eq!(batcher.decide(too_large, Instant::now()).await.map(drop), Err(Undecided::TooLarge));
    }

    #[tokio::test]
    async fn a_command_that_may_have_been_proposed_is_never_reported_as_overload() {
        let (batcher, mut pending) = batcher(1);
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
