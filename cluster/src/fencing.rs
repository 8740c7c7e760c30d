//! A fenced node: its certificate is good, and nobody talks to it.

use std::collections::BTreeSet;

use crate::three_nodes::{Nodes, PATIENCE, book, hotel};

#[test]
fn a_fenced_node_gets_and_gives_nothing_until_it_is_let_in_again() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    let shard = place.shard as usize;
    let applied = |nodes: &Nodes, place: usize| nodes.node(place).cluster.status()[shard].applied_index;
    let caught_up = |nodes: &Nodes| wait_until(|| applied(nodes, 2) == applied(nodes, 0));
    assert!(caught_up(&nodes), "all three are level to begin with");
    let fence = |nodes: &Nodes, fenced: BTreeSet<u64>| {
        [0, 1].into_iter().for_each(|place| nodes.node(place).cluster.fence(fenced.clone()));
    };
    fence(&nodes, [3].into());
    // What was sent before may still arrive: the first booking is there to flush it, the second must not.
    book(&nodes, &place, 1);
    let then = applied(&nodes, 2);
    book(&nodes, &place, 2);
    assert!(applied(&nodes, 0) >= then + 1, "two nodes are a majority");
    assert!(!wait_briefly(|| applied(&nodes, 2) > then), "the fenced node hears nothing");
    fence(&nodes, BTreeSet::new());
    assert!(caught_up(&nodes), "let in again, it catches up");
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
