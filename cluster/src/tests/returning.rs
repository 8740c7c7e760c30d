//! Nodes that start with a new data folder (ADR 11).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::three_nodes::{Nodes, PATIENCE, book, hotel};
use crate::StartError;

const VICTIM: usize = 2;
const ID: u64 = VICTIM as u64 + 1;

#[test]
fn a_node_that_lost_its_data_does_not_start_as_its_old_incarnation() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    nodes.stop(VICTIM);
    std::fs::remove_dir_all(nodes.data(VICTIM)).expect("removed");
    let refused = nodes.restart(VICTIM).expect_err("the others record another incarnation");
    assert!(matches!(refused, StartError::NewDataFolder { node: ID }), "{refused}");
    [0, 1].into_iter().for_each(|place| nodes.stop(place));
}

#[test]
fn a_node_that_set_its_data_aside_has_started_when_it_votes_in_every_group() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    let before = nodes.node(VICTIM).cluster.node.incarnation;
    nodes.stop(VICTIM);
    nodes.set_aside(VICTIM);
    nodes.restart(VICTIM).expect("rejoined");
    let now = nodes.node(VICTIM).cluster.node.incarnation;
    assert_ne!(now, before);
    for (number, shard) in nodes.node(VICTIM).cluster.node.shards.iter().enumerate() {
        let me = shard.group.replica().member(ID).map(|me| me.incarnation);
        assert_eq!(me, Some(now), "shard {number}");
        assert!(shard.group.votes(ID, now) && !shard.group.votes(ID, before), "shard {number}");
    }
    book(&nodes, &place, 2);
    (0..3).for_each(|place| nodes.stop(place));
}

/// One group admits it at once, the other after 3 s: it has to wait for both.
#[test]
fn a_node_has_not_rejoined_while_it_is_missing_from_one_group() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    nodes.stop(VICTIM);
    nodes.set_aside(VICTIM);
    (0..2).for_each(|place| lead(&nodes, place));
    let late = nodes.node(1).cluster.clone();
    late.fence_on_this_node([ID].into());
    let opening = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(3));
        late.fence_on_this_node(BTreeSet::new());
    });
    nodes.restart(VICTIM).expect("rejoined");
    let node = &nodes.node(VICTIM).cluster.node;
    let votes: Vec<bool> = node.shards.iter().map(|shard| shard.group.votes(ID, node.incarnation)).collect();
    assert_eq!(votes, [true, true]);
    opening.join().expect("the thread ended");
    (0..3).for_each(|place| nodes.stop(place));
}

/// Waits until the node at `place` leads the shard with the same number.
fn lead(nodes: &Nodes, place: usize) {
    let (node, shard, begin) = (nodes.node(place), place as u32, Instant::now());
    while !node.cluster.leads(shard) {
        assert!(begin.elapsed() < PATIENCE, "the leadership does not move");
        let _ = node.runtime.block_on(async { node.cluster.hand_over(shard, u64::from(shard) + 1).await });
        std::thread::sleep(Duration::from_millis(100));
    }
}
