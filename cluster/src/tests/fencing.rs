//! Nodes whose certificate is good and who are refused all the same: one that is fenced, one that calls in another's name.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::three_nodes::{Nodes, PATIENCE, book, hotel};
use crate::peers::{Admission, Links};

#[test]
fn a_fenced_node_gets_and_gives_nothing_until_it_is_let_in_again() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    let shard = place.shard as usize;
    let applied = |nodes: &Nodes, place: usize| nodes.node(place).cluster.status()[shard].applied_index;
    let caught_up = |nodes: &Nodes| wait_until(|| applied(nodes, 2) == applied(nodes, 0));
    assert!(caught_up(&nodes), "all three are level to begin with");
    let fence = |nodes: &Nodes, fenced: BTreeSet<u64>| {
        [0, 1].into_iter().for_each(|place| nodes.node(place).cluster.shut_out(fenced.clone()));
    };
    fence(&nodes, [3].into());
    // What was sent before may still arrive: the first booking is there to flush it, the second must not.
    book(&nodes, &place, 1);
    let then = applied(&nodes, 2);
    book(&nodes, &place, 2);
    assert!(applied(&nodes, 0) > then, "two nodes are a majority");
    assert!(!wait_briefly(|| applied(&nodes, 2) > then), "the fenced node hears nothing");
    fence(&nodes, BTreeSet::new());
    assert!(caught_up(&nodes), "let in again, it catches up");
    (0..3).for_each(|place| nodes.stop(place));
}

#[test]
fn a_node_cannot_call_in_the_name_of_another() {
    let mut nodes = Nodes::start();
    let hello = |id: u64, place: usize| {
        let links = Links::new("three", id, nodes.tls(place), Arc::new(Admission::new([1, 2, 3])));
        nodes.node(place).runtime.block_on(async { links.hello(1, nodes.address(0)).await })
    };
    hello(2, 1).expect("node 2 with its own certificate");
    let refused = hello(3, 1).expect_err("node 3 with the certificate of node 2");
    assert_eq!(refused.code(), tonic::Code::PermissionDenied, "{refused}");
    nodes.node(0).cluster.shut_out([2].into());
    assert!(hello(2, 1).is_err(), "not even hello");
    (0..3).for_each(|place| nodes.stop(place));
}

fn wait_until(good: impl Fn() -> bool) -> bool {
    wait(PATIENCE, good)
}

/// Something that must not happen is given ten election timeouts to happen.
fn wait_briefly(bad: impl Fn() -> bool) -> bool {
    wait(std::time::Duration::from_secs(3), bad)
}

fn wait(at_most: std::time::Duration, good: impl Fn() -> bool) -> bool {
    let begin = std::time::Instant::now();
    while begin.elapsed() < at_most {
        if good() {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}
