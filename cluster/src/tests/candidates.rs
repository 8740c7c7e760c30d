//! A pre-vote changes nothing on the node that answers it.

use std::time::{Duration, Instant};

use keyrack_proto::internal as pb;

use super::three_nodes::{Nodes, PATIENCE};

#[test]
fn a_pre_vote_does_not_change_the_stored_vote() {
    let mut nodes = Nodes::start();
    [1, 2].into_iter().for_each(|place| nodes.stop(place));
    let group = nodes.node(0).cluster.node.shards[1].group.clone();
    let held = group.replica().held_vote();
    let term = held.as_ref().map_or(0, |vote| vote.leader_id.term);
    let vote = Some(pb::Vote { term: term + 5, node: 2, committed: false });
    let last = Some(pb::LogId { term: term + 4, node: 2, index: 1_000 });
    let request = pb::VoteRequest { vote, last, ..Default::default() };
    let begin = Instant::now();
    // It refuses until its leader has been silent for the election timeout.
    loop {
        assert!(begin.elapsed() < PATIENCE, "the node grants no pre-vote");
        let reply = nodes.node(0).runtime.block_on(async { group.replica().pre_vote(2, request).await }).expect("Raft runs");
        assert_eq!(group.replica().held_vote(), held);
        if reply.granted {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(group);
    nodes.stop(0);
}
