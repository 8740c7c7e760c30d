//! A node that is asked whether it would vote has promised nothing.

use std::time::{Duration, Instant};

use keyrack_proto::internal as pb;

use super::three_nodes::{Nodes, PATIENCE};

#[test]
fn a_node_that_would_vote_has_not_voted() {
    let mut nodes = Nodes::start();
    [1, 2].into_iter().for_each(|place| nodes.stop(place));
    let group = nodes.node(0).cluster.node.shards[1].group.clone();
    let held = group.replica().held_vote();
    let term = held.as_ref().map_or(0, |vote| vote.leader_id.term);
    let vote = Some(pb::Vote { term: term + 5, node: 2, committed: false });
    let last = Some(pb::LogId { term: term + 4, node: 2, index: 1_000 });
    let request = pb::VoteRequest { vote, last, ..Default::default() };
    let begin = Instant::now();
    // It says no until it has not heard of a leader for long enough.
    loop {
        assert!(begin.elapsed() < PATIENCE, "it would vote for nobody");
        let reply = nodes.node(0).runtime.block_on(async { group.replica().pre_vote(request).await }).expect("Raft runs");
        assert_eq!(group.replica().held_vote(), held);
        if reply.granted {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(group);
    nodes.stop(0);
}
