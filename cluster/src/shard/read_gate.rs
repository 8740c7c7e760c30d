//! Linearizable reads: one ReadIndex round answers all reads that were waiting when it began.

use std::time::Duration;

use keyrack_proto::internal as pb;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::freshness::Freshness;
use crate::peers::PeerCalls;
use crate::raft::{Machine, Replica};
use crate::storage::LogDisk;
use crate::tasks::Tasks;

/// How long a round without a leader waits before it tries again.
const RETRY: Duration = Duration::from_millis(5);
/// The longest time between two rounds when there are no reads.
const REFRESH: Duration = Duration::from_secs(1);
/// How long a round may take.
const ROUND: Duration = Duration::from_secs(5);
/// The most reads that may wait for a round. More are refused at once.
const WAITING: usize = 16_384;
/// The most reads that one round answers.
const ROUND_WAITERS: usize = 4_096;

/// The gate for linearizable reads of one shard on this node. Cheap to clone.
#[derive(Clone)]
pub struct ReadGate {
    waiting: mpsc::Sender<oneshot::Sender<()>>,
    fresh: Freshness,
}

impl ReadGate {
    /// Starts the gate of one shard.
    pub fn start<M: Machine, D: LogDisk, P: PeerCalls>(replica: Replica<M, D, P>, tasks: &Tasks) -> ReadGate {
        let (waiting, queue) = mpsc::channel(WAITING);
        let fresh = Freshness::default();
        tasks.spawn("read gate", run(Round { replica }, queue, fresh.clone()));
        ReadGate { waiting, fresh }
    }

    /// Waits until this replica has applied every change that was acknowledged before the call. Returns `false` if that is not
    /// so by `deadline`, or if too many reads wait.
    pub async fn pass(&self, deadline: Instant) -> bool {
        let (answer, wait) = oneshot::channel();
        if self.waiting.try_send(answer).is_err() {
            return false;
        }
        matches!(tokio::time::timeout_at(deadline, wait).await, Ok(Ok(())))
    }

    /// Whether this replica has applied every change that was acknowledged `age` ago, by its own clock.
    pub fn is_within(&self, age: Duration) -> bool {
        self.fresh.is_within(age)
    }

    /// How fresh the replica is.
    pub fn freshness(&self) -> Freshness {
        self.fresh.clone()
    }
}

struct Round<M: Machine, D, P> {
    replica: Replica<M, D, P>,
}

async fn run<M: Machine, D: LogDisk, P: PeerCalls>(
    round: Round<M, D, P>,
    mut queue: mpsc::Receiver<oneshot::Sender<()>>,
    fresh: Freshness,
) {
    let mut waiters = Vec::new();
    // The first round starts at once: a node is ready after its first round.
    let mut idle = Duration::ZERO;
    loop {
        // Without reads there is still a round every second, so that bounded reads can be answered for a while after the
        // majority is lost.
        if let Ok(0) = tokio::time::timeout(idle, queue.recv_many(&mut waiters, ROUND_WAITERS)).await {
            return;
        }
        idle = REFRESH;
        let began = Instant::now();
        if tokio::time::timeout(ROUND, round.complete()).await.is_ok() {
            fresh.set(began);
            for waiter in waiters.drain(..) {
                // The read may have stopped waiting.
                let _ = waiter.send(());
            }
        } else {
            // Dropping the senders tells the reads that the round failed.
            waiters.clear();
        }
    }
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Round<M, D, P> {
    async fn complete(&self) {
        let index = loop {
            match self.index().await {
                Some(index) => break index,
                None => tokio::time::sleep(RETRY).await,
            }
        };
        let mut applied = self.replica.applied.clone();
        // The sender lives as long as the group. Without it nothing is applied any more.
        if applied.wait_for(|applied| *applied >= index).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn index(&self) -> Option<u64> {
        let leader = self.replica.leader()?;
        if leader == self.replica.node {
            return self.replica.read_index().await.ok().flatten();
        }
        let member = self.replica.member(leader)?;
        self.replica.peers.read_index(leader, &member, pb::ReadIndexRequest { group: self.replica.shard }).await?.index
    }
}
