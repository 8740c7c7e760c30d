//! A follower's requests to its leader on behalf of its callers. The test plays the leader.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::three_nodes::{Nodes, PATIENCE, book, hotel};
use crate::BatchLimits;
use crate::peers::{Member, PeerCalls};
use crate::raft::{Machine, Replica};
use crate::shard::{Answer, Batcher, Pending, ReadGate};
use crate::storage::LogDisk;
use crate::tasks::Tasks;

/// How long the leader takes to answer with a read index.
const SLOW: Duration = Duration::from_secs(1);

/// A slow leader that was just deposed. It records the number of commands in each batch, and the batch's deadline.
#[derive(Clone, Default)]
struct Leader {
    asked: Arc<Mutex<Vec<(usize, Instant)>>>,
}

impl PeerCalls for Leader {
    async fn propose(&self, _: u64, _: &Member, asked: pb::ProposeRequest, deadline: Instant) -> Option<pb::ProposeReply> {
        self.asked.lock().push((asked.commands.len(), deadline));
        Some(pb::ProposeReply::default())
    }

    async fn read_index(&self, _: u64, _: &Member, _: pb::ReadIndexRequest) -> Option<pb::ReadIndexReply> {
        tokio::time::sleep(SLOW).await;
        Some(pb::ReadIndexReply { index: Some(1), ..Default::default() })
    }

    async fn held_vote(&self, _: u64, _: &Member, _: pb::HeldVoteRequest) -> Option<pb::HeldVoteReply> {
        None
    }

    async fn who_is(&self, _: u64, _: &str) -> Option<pb::HelloReply> {
        None
    }

    async fn hand_over(&self, _: u64, _: &Member, _: pb::HandOverRequest) {}

    fn announced(&self, _: u64) -> Option<u64> {
        None
    }

    fn may_call(&self, _: u64) -> bool {
        true
    }
}

fn behind<M: Machine, D: LogDisk, P: PeerCalls>(replica: &Replica<M, D, P>, peers: Leader) -> Replica<M, D, Leader> {
    let Replica { shard, node, raft, log, applied, stamp, .. } = replica.clone();
    Replica {
        shard,
        node,
        raft,
        log,
        peers,
        applied,
        floor: None,
        doubts: Default::default(),
        transfers: Default::default(),
        stamp,
    }
}

#[test]
fn a_follower_forwards_once_with_the_last_deadline_and_is_as_fresh_as_the_start_of_its_round() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    let group = |place: usize| nodes.node(place).cluster.node.shards[1].group.clone();
    let follower = (0..3).find(|place| group(*place).leader().is_some_and(|leader| leader != *place as u64 + 1));
    let group = group(follower.expect("a follower that knows the leader"));
    let (leader, tasks) = (Leader::default(), Tasks::new("test"));
    let replica = behind(group.replica(), leader.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let limits = BatchLimits { queue_commands: 16, batch_commands: 16, batches_in_flight: 1 };
        let batcher = Batcher::start(replica.clone(), limits, &tasks);
        let (soon, later) = (Instant::now() + PATIENCE, Instant::now() + 2 * PATIENCE);
        let submit = |deadline| {
            let (pending, wait) = Pending::new(Bytes::new(), deadline, false);
            batcher.submit(pending);
            wait
        };
        for answer in [submit(soon), submit(later)] {
            assert!(matches!(answer.await, Ok(Answer::NotLeader)));
        }
        assert_eq!(*leader.asked.lock(), [(2, later)], "one batch, with the later deadline");
        let refused = batcher.decide_forwarded(vec![Bytes::new()], later).await;
        assert_eq!(refused, [pb::Answer { answer: Some(pb::answer::Answer::NotLeader(pb::Nothing {})) }]);
        assert_eq!(leader.asked.lock().len(), 1, "a forwarded command is not forwarded again");

        let gate = ReadGate::start(replica, &tasks);
        assert!(gate.pass(later).await);
        assert!(!gate.is_within(SLOW / 2), "freshness counts from the start of the round, not from its answer");
        assert!(gate.is_within(PATIENCE));
        tasks.stop().await;
    });
    drop(group);
    (0..3).for_each(|place| nodes.stop(place));
}
