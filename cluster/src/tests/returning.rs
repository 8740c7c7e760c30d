//! Nodes whose data are others than the cluster knows (ADR 11).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::three_nodes::{Nodes, PATIENCE, book, hotel};
use crate::{Cluster, StartError};

const VICTIM: usize = 2;
const ID: u64 = VICTIM as u64 + 1;

#[test]
fn a_node_without_its_data_does_not_take_part_as_the_one_it_was() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    nodes.stop(VICTIM);
    std::fs::remove_dir_all(nodes.data(VICTIM)).expect("removed");
    let refused = nodes.restart(VICTIM).expect_err("the others know other data");
    assert!(matches!(refused, StartError::Wiped { node: ID }), "{refused}");
    [0, 1].into_iter().for_each(|place| nodes.stop(place));
}

#[test]
fn a_node_that_put_its_data_aside_starts_once_it_votes_anew_in_every_group() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    let before = nodes.node(VICTIM).cluster.node.incarnation;
    nodes.stop(VICTIM);
    Cluster::set_aside(&nodes.data(VICTIM)).expect("put aside");
    nodes.restart(VICTIM).expect("taken in anew");
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

/// One group takes it in at once, the other only after a while: it has to wait for both.
#[test]
fn a_node_has_not_returned_while_one_group_lacks_it() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    nodes.stop(VICTIM);
    Cluster::set_aside(&nodes.data(VICTIM)).expect("put aside");
    (0..2).for_each(|place| lead(&nodes, place));
    let late = nodes.node(1).cluster.clone();
    late.shut_out([ID].into());
    let opening = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(3));
        late.shut_out(BTreeSet::new());
    });
    nodes.restart(VICTIM).expect("taken in anew");
    let node = &nodes.node(VICTIM).cluster.node;
    let votes: Vec<bool> = node.shards.iter().map(|shard| shard.group.votes(ID, node.incarnation)).collect();
    assert_eq!(votes, [true, true]);
    opening.join().expect("it ended");
    (0..3).for_each(|place| nodes.stop(place));
}

/// Waits until the first node leads the first group, the second one the second.
fn lead(nodes: &Nodes, place: usize) {
    let (node, shard, begin) = (nodes.node(place), place as u32, Instant::now());
    while !node.cluster.leads(shard) {
        assert!(begin.elapsed() < PATIENCE, "the leadership does not move");
        let _ = node.runtime.block_on(async { node.cluster.hand_over(shard, u64::from(shard) + 1).await });
        std::thread::sleep(Duration::from_millis(100));
    }
}
