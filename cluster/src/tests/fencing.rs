//! Nodes with a valid certificate that are refused: a fenced node, and a node that calls in another node's name.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::three_nodes::{Nodes, PATIENCE, book, hotel};
use crate::peers::{Admission, Links, Member};
use crate::tasks::Tasks;

#[test]
fn a_fenced_node_receives_nothing_until_it_is_admitted_again() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    let shard = place.shard as usize;
    let applied = |nodes: &Nodes, place: usize| nodes.node(place).cluster.status()[shard].applied_index;
    let caught_up = |nodes: &Nodes| wait_until(|| applied(nodes, 2) == applied(nodes, 0));
    assert!(caught_up(&nodes), "all three have applied the same before the test");
    let fence = |nodes: &Nodes, fenced: BTreeSet<u64>| {
        [0, 1].into_iter().for_each(|place| nodes.node(place).cluster.fence_on_this_node(fenced.clone()));
    };
    let me = nodes.node(2).cluster.node.me();
    let may_call = |nodes: &Nodes| {
        let node = nodes.node(0);
        node.runtime.block_on(async { node.cluster.node.links.client(3, &me).is_ok() })
    };
    assert!(may_call(&nodes));
    fence(&nodes, [3].into());
    assert!(!may_call(&nodes), "the channel is open already, and still refused");
    // Entries that were sent before may still arrive. The first booking flushes them; the second must not arrive.
    book(&nodes, &place, 1);
    let then = applied(&nodes, 2);
    book(&nodes, &place, 2);
    assert!(applied(&nodes, 0) > then, "two nodes are a majority");
    assert!(!wait_briefly(|| applied(&nodes, 2) > then), "the fenced node received an entry");
    fence(&nodes, BTreeSet::new());
    assert!(caught_up(&nodes), "admitted again, it catches up");
    (0..3).for_each(|place| nodes.stop(place));
}

#[test]
fn a_node_cannot_call_in_the_name_of_another() {
    let mut nodes = Nodes::start();
    let hello = |id: u64, place: usize| {
        let links = Links::new("three", id, nodes.tls(place), Arc::new(Admission::new([1, 2, 3])), Tasks::new("a caller"));
        nodes.node(place).runtime.block_on(async { links.hello(1, nodes.address(0)).await })
    };
    hello(2, 1).expect("node 2 with its own certificate");
    let refused = hello(3, 1).expect_err("node 3 with the certificate of node 2");
    assert_eq!(refused.code(), tonic::Code::PermissionDenied, "{refused}");
    nodes.node(0).cluster.fence_on_this_node([2].into());
    assert!(hello(2, 1).is_err(), "a fenced node may not even call hello");
    (0..3).for_each(|place| nodes.stop(place));
}

/// A request to rejoin that arrives after its node has recovered, or has got another incarnation.
#[test]
fn a_late_request_to_rejoin_removes_no_member() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    let me = nodes.node(2).cluster.node.me();
    let late = Member { incarnation: me.incarnation + 50, ..me.clone() };
    let links = Links::new("three", 3, nodes.tls(2), Arc::new(Admission::new([1, 2, 3])), Tasks::new("a caller"));
    for place in 0..3 {
        let asked = async { links.replace(place as u64 + 1, nodes.address(place), late.encoded(3)).await };
        let heard = nodes.node(2).runtime.block_on(asked);
        assert!(heard.is_ok() || place == 2, "{heard:?}");
    }
    let votes = || nodes.node(0).cluster.node.shards.iter().all(|shard| shard.group.votes(3, me.incarnation));
    assert!(!wait_briefly(|| !votes()), "it no longer votes in every group");
    drop(links);
    (0..3).for_each(|place| nodes.stop(place));
}

fn wait_until(good: impl Fn() -> bool) -> bool {
    wait(PATIENCE, good)
}

/// Waits ten election timeouts for something that must not happen.
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
