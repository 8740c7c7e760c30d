//! A leader that the others may have replaced gets no read index, even if they still answer its appends (ADR 14).

use openraft::storage::RaftLogStorage;
use openraft::vote::RaftLeaderId;
use tokio::time::Instant;

use super::three_nodes::{Nodes, PATIENCE, book, hotel};
use crate::raft::{Group, Vote};

const SHARD: usize = 1;

fn group(nodes: &Nodes, place: usize) -> Group {
    nodes.node(place).cluster.node.shards[SHARD].group.clone()
}

fn read_index(nodes: &Nodes, place: usize) -> Option<u64> {
    let group = group(nodes, place);
    nodes.node(place).runtime.block_on(async move { group.replica().read_index().await }).expect("Raft runs")
}

#[test]
fn a_leader_whose_followers_have_voted_for_another_gets_no_read_index() {
    let nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    let begin = Instant::now();
    let leader = loop {
        if let Some(leader) = (0..3).find(|place| read_index(&nodes, *place).is_some()) {
            break leader;
        }
        assert!(begin.elapsed() < PATIENCE, "no node leads");
    };
    // Changes the vote on the disk only: openraft's state in memory stays, so the followers still answer appends.
    for follower in (0..3).filter(|place| *place != leader) {
        let mut log = group(&nodes, follower).replica().log.clone();
        let held = log.vote().expect("it has voted");
        let later = Vote { leader_id: RaftLeaderId::new(held.leader_id.term + 1, follower as u64 + 1), committed: false };
        nodes.node(follower).runtime.block_on(async { log.save_vote(&later).await }).expect("written");
    }
    assert_eq!(read_index(&nodes, leader), None);
}
