//! Large commands and entries. One of them must not keep a shard from working: a message between nodes has a largest size.

use futures::future::join_all;
use keyrack_inventory::{Command, Currency, Op, PropertyDetails, RequestKey};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::time::Instant;

use super::three_nodes::{NIGHT, Nodes, PATIENCE, book_through, bookings, hotel, operator};
use crate::peers::PEER_MESSAGE_BYTES;
use crate::{ClusterError, Placement};

/// A change of the hotel that has nearly as many bytes as a command may have.
fn large(place: &Placement, number: usize) -> Command {
    let name = "x".repeat(1_000_000);
    let currency = Currency::new("EUR").expect("a currency");
    let details = PropertyDetails { name, currency, ..Default::default() };
    let mut digest = [0xee; 16];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    Command {
        property: place.number,
        request: Some(RequestKey { digest, fingerprint: [1; 16] }),
        by: Some(operator()),
        op: Op::PutProperty { id: "inn".into(), details, business_date: NIGHT, expected_revision: None },
    }
}

fn leader(nodes: &Nodes) -> usize {
    let begin = std::time::Instant::now();
    loop {
        assert!(begin.elapsed() < PATIENCE, "the shard has a leader");
        if let Some(leader) = (0..3).find(|place| nodes.node(*place).cluster.leads(1)) {
            return leader;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A version without bounds of bytes made such an entry. No follower took it, and the shard could write nothing more, also after
/// restarts.
#[test]
fn an_entry_that_is_larger_than_a_message_is_sent_in_parts() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book_through(&nodes, 0, &place, 1);
    let away = (leader(&nodes) + 1) % 3;
    nodes.stop(away);
    let leader = leader(&nodes);
    let encoded = (0..20).map(|number| commands::encode(&large(&place, number))).collect();
    let batch = pb::Batch { at_ms: 1, commands: encoded, rules: 0 }.encode_to_vec();
    assert!(batch.len() > PEER_MESSAGE_BYTES);
    let node = nodes.node(leader);
    let replica = node.cluster.node.shards[1].group.replica().clone();
    let write = async { tokio::time::timeout(PATIENCE, replica.write(batch.into())).await };
    node.runtime.block_on(write).expect("in time").expect("committed");
    drop(replica);
    nodes.restart(away).expect("its own folder");
    for through in 0..3 {
        book_through(&nodes, through, &place, 2 + through as u64);
    }
    (0..3).for_each(|place| nodes.stop(place));
    nodes.restart_together(&[0, 1, 2]);
    assert_eq!(bookings(&nodes, away), 4);
    (0..3).for_each(|place| nodes.stop(place));
}

#[test]
fn many_large_commands_are_decided_or_refused_and_a_follower_that_was_away_catches_up() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    let leader = leader(&nodes);
    let away = (leader + 1) % 3;
    nodes.stop(away);
    // Half of them through the follower, which forwards them.
    let (mut decided, mut overloaded) = (0, 0);
    for (round, through) in [leader, (leader + 2) % 3].into_iter().enumerate() {
        let node = nodes.node(through);
        let all = (0..100).map(|number| {
            let command = large(&place, 100 * round + number);
            let cluster = node.cluster.clone();
            node.runtime.spawn(async move { cluster.propose(1, &command, Instant::now() + PATIENCE).await.map(drop) })
        });
        for answer in node.runtime.block_on(join_all(all.collect::<Vec<_>>())) {
            match answer.expect("no panic") {
                Ok(()) => decided += 1,
                Err(ClusterError::Overloaded { .. }) => overloaded += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    println!("{decided} decided, {overloaded} refused");
    assert!(decided >= 64 && decided + overloaded == 200, "as many as may wait");
    nodes.restart(away).expect("its own folder");
    let begin = std::time::Instant::now();
    let applied = |nodes: &Nodes, place: usize| nodes.node(place).cluster.status()[1].applied_index;
    while applied(&nodes, away) < applied(&nodes, leader) {
        assert!(begin.elapsed() < PATIENCE, "the follower catches up");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let too_large = {
        let mut command = large(&place, 999);
        if let Op::PutProperty { details, .. } = &mut command.op {
            details.name = "x".repeat(1 << 20);
        }
        let node = nodes.node(0);
        node.runtime.block_on(async { node.cluster.propose(1, &command, Instant::now() + PATIENCE).await })
    };
    assert!(matches!(too_large, Err(ClusterError::CommandTooLarge { .. })), "{too_large:?}");
    book_through(&nodes, away, &place, 1);
    (0..3).for_each(|place| nodes.stop(place));
}
