//! Linearizable reads: one ReadIndex round answers everyone who waited when it began.

use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::raft::{Group, Links};

/// How long a round without a leader waits before it tries again, and how long it may take in all.
const RETRY: Duration = Duration::from_millis(5);
/// How long a replica goes without a round when nobody reads.
const REFRESH: Duration = Duration::from_secs(1);
const ROUND: Duration = Duration::from_secs(5);

/// The gate that reads of one shard pass on this node. Cheap to clone.
#[derive(Clone)]
pub struct ReadGate {
    waiting: mpsc::Sender<oneshot::Sender<()>>,
    fresh: Freshness,
}

/// How fresh one shard's replica is. Cheap to clone.
#[derive(Clone, Default)]
pub struct Freshness {
    /// When the last round that succeeded began: everything acknowledged before is applied here.
    since: Arc<Mutex<Option<Instant>>>,
}

impl Freshness {
    /// Whether this replica has applied all that was acknowledged `age` ago, by its own clock.
    pub fn is_within(&self, age: Duration) -> bool {
        self.since.lock().is_some_and(|began| began.elapsed() <= age)
    }

    /// Whether this replica has applied all that was acknowledged before the node started: whatever it served before
    /// that, it has again. What is committed need not be on a follower's own disk, so only a round can tell.
    pub fn has_caught_up(&self) -> bool {
        self.since.lock().is_some()
    }

    /// All that was acknowledged before `began` is applied here.
    pub fn set(&self, began: Instant) {
        *self.since.lock() = Some(began);
    }
}

impl ReadGate {
    /// Starts the gate of one shard.
    pub fn start(shard: u32, node: u64, group: Group, links: Links) -> ReadGate {
        let (waiting, queue) = mpsc::channel(16_384);
        let fresh = Freshness::default();
        tokio::spawn(run(Round { shard, node, group, links }, queue, fresh.clone()));
        ReadGate { waiting, fresh }
    }

    /// Returns once this replica has applied all that was acknowledged before the call; `false` when that
    /// cannot be had by `deadline`.
    pub async fn pass(&self, deadline: Instant) -> bool {
        let (answer, wait) = oneshot::channel();
        if self.waiting.try_send(answer).is_err() {
            return false;
        }
        matches!(tokio::time::timeout_at(deadline, wait).await, Ok(Ok(())))
    }

    /// Whether this replica has applied all that was acknowledged `age` ago, by its own clock.
    pub fn is_within(&self, age: Duration) -> bool {
        self.fresh.is_within(age)
    }

    /// How fresh the replica is.
    pub fn freshness(&self) -> Freshness {
        self.fresh.clone()
    }
}

struct Round {
    shard: u32,
    node: u64,
    group: Group,
    links: Links,
}

async fn run(round: Round, mut queue: mpsc::Receiver<oneshot::Sender<()>>, fresh: Freshness) {
    let mut waiters = Vec::new();
    // The first at once: a node is ready when it has heard a majority.
    let mut idle = Duration::ZERO;
    loop {
        // Without readers too, a round now and then: a bounded read that comes later can still be answered when
        // the majority is gone by then.
        if let Ok(0) = tokio::time::timeout(idle, queue.recv_many(&mut waiters, 4_096)).await {
            return;
        }
        idle = REFRESH;
        let began = Instant::now();
        if tokio::time::timeout(ROUND, round.complete()).await.is_ok() {
            fresh.set(began);
            for waiter in waiters.drain(..) {
                // Whoever gave up is gone.
                let _ = waiter.send(());
            }
        } else {
            // Dropping the waiters tells them that it did not come about.
            waiters.clear();
        }
    }
}

impl Round {
    async fn complete(&self) {
        let index = loop {
            match self.index().await {
                Some(index) => break index,
                None => tokio::time::sleep(RETRY).await,
            }
        };
        let mut applied = self.group.shared().applied.subscribe();
        // The sender lives as long as the group; without it nothing is ever applied again.
        if applied.wait_for(|applied| *applied >= index).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn index(&self) -> Option<u64> {
        let leader = self.group.leader()?;
        if leader == self.node {
            return self.group.read_index().await.ok().flatten();
        }
        let (_, member) = self.group.members().into_iter().find(|(id, _)| *id == leader)?;
        self.links.read_index(leader, &member, pb::ReadIndexRequest { group: self.shard }).await?.index
    }
}
