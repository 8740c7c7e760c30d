//! A leader hands over only to a node that, as far as it knows, has caught up.

use keyrack_inventory::{BookingId, Command, Op, RequestKey};
use tokio::time::Instant;

use super::three_nodes::{Nodes, PATIENCE, hotel, operator};
use crate::HandOverError;

#[test]
fn a_new_leader_does_not_hand_over_to_a_node_that_never_answered_it() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    // More entries than a new leader may lack.
    for number in 0..80 {
        let booking = BookingId::new(place.number, 1, u64::from(number));
        let request = Some(RequestKey { digest: [number + 150; 16], fingerprint: [1; 16] });
        let op = Op::Cancel { booking, expected_revision: None };
        nodes.propose(0, &Command { property: place.number, request, by: Some(operator()), op });
    }
    nodes.stop(2);
    let (begin, mut first) = (Instant::now(), None);
    // The first leader hands over to the other node, which never got an answer from node 3.
    let leader = loop {
        assert!(begin.elapsed() < PATIENCE, "the leadership does not move");
        let leader = (0..2).find(|place| nodes.node(*place).cluster.leads(1));
        match (leader, first) {
            (Some(leader), None) => first = Some(leader),
            (Some(leader), Some(first)) if leader != first => break leader,
            (Some(leader), Some(_)) => {
                let node = nodes.node(leader);
                let _ = node.runtime.block_on(async { node.cluster.hand_over(1, 2 - leader as u64).await });
            }
            (None, _) => {}
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    let node = nodes.node(leader);
    let refused = node.runtime.block_on(async { node.cluster.hand_over(1, 3).await });
    assert!(matches!(&refused, Err(HandOverError::Refused(why)) if why.contains("behind")), "{refused:?}");
    [0, 1].into_iter().for_each(|place| nodes.stop(place));
}

/// Any member can ask for a hand-over. A node that is down would not take over, and the shard would have no leader for an election.
#[test]
fn a_leader_does_not_hand_over_to_a_node_that_is_down() {
    let mut nodes = Nodes::start();
    hotel(&nodes);
    let begin = Instant::now();
    let mut stopped = None;
    loop {
        assert!(begin.elapsed() < PATIENCE, "the leader notices");
        let up = |place: &usize| Some(*place) != stopped;
        if let Some(leader) = (0..3).filter(up).find(|place| nodes.node(*place).cluster.leads(1)) {
            let down = *stopped.get_or_insert((leader + 1) % 3);
            if nodes.is_up(down) {
                nodes.stop(down);
            }
            let node = nodes.node(leader);
            let asked = node.runtime.block_on(async { node.cluster.hand_over(1, down as u64 + 1).await });
            if matches!(&asked, Err(HandOverError::Refused(why)) if why.contains("does not answer the leader")) {
                break;
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let up = (0..3).filter(|place| Some(*place) != stopped);
    up.for_each(|place| nodes.stop(place));
}
