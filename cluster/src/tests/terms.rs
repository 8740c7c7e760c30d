//! Terms that a member raises: they part no node from the others.

use std::sync::Arc;

use keyrack_proto::internal as pb;

use super::hostile::lead;
use super::three_nodes::{Nodes, book, book_through, bookings, hotel};
use crate::directory::Directory;
use crate::peers::Call;
use crate::raft::{Doubts, Group, GroupData, UNCONFIRMED};
use crate::storage::{LogDb, RowsDb};

/// Whatever made one node's term so high, the others catch up with it. The second term is more than one answer can teach.
#[test]
fn a_node_whose_term_is_far_ahead_takes_part_again() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    for (round, far) in [1 << 21, 1 << 33].into_iter().enumerate() {
        nodes.stop(0);
        let log = LogDb::open(&nodes.data(0).join("log")).expect("the log");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(Group::begin_after(&[far, far], 1, &log)).expect("written");
        drop(log);
        nodes.restart(0).expect("its own folder");
        let booked = 2 + round as u64;
        book_through(&nodes, 0, &place, booked);
        lead(&nodes, 0);
        for through in 0..3 {
            assert_eq!(bookings(&nodes, through), booked as usize, "through node {}", through + 1);
        }
    }
    (0..3).for_each(|place| nodes.stop(place));
}

/// A voter keeps to the leader that it hears from. Only that leader can say that another node succeeds it.
#[test]
fn a_candidate_cannot_say_of_itself_that_the_leader_hands_over_to_it() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, 0);
    let group = |place: usize| nodes.node(place).cluster.node.shards[1].group.clone();
    let held = group(0).replica().answer_held_vote().vote.expect("there was an election");
    for victim in [0, 1] {
        let last = Some(group(victim).replica().newest_end());
        let vote = Some(pb::Vote { term: held.term + 1, node: 3, committed: false });
        let request = pb::VoteRequest { group: 1, vote, last, leader_transfer: true };
        let member = nodes.node(victim).cluster.node.me();
        let reply = nodes.node(2).runtime.block_on(async {
            let mut client = nodes.node(2).cluster.node.links.client(victim as u64 + 1, &member).expect("a channel");
            client.vote(request).await.expect("answered").into_inner()
        });
        assert!(!reply.granted);
        assert_eq!(group(victim).replica().answer_held_vote().vote, Some(held), "node {} keeps its leader", victim + 1);
    }
    (0..3).for_each(|place| nodes.stop(place));
}

/// A leader that was replaced may still have hand-overs on their way.
#[test]
fn an_older_leader_hands_nothing_over() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, 2);
    let group = |place: usize| nodes.node(place).cluster.node.shards[1].group.clone();
    let older = group(1).replica().answer_held_vote().vote.expect("there was an election");
    lead(&nodes, 0);
    let held = group(1).replica().answer_held_vote().vote.expect("there was an election");
    let last = Some(group(1).replica().newest_end());
    let member = nodes.node(1).cluster.node.me();
    let refused = nodes.node(2).runtime.block_on(async {
        let mut client = nodes.node(2).cluster.node.links.client(2, &member).expect("a channel");
        let transfer = pb::TransferRequest { group: 1, from: Some(older), to: 3, last };
        client.transfer_leader(transfer).await.expect_err("node 2 follows a later leader")
    });
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition, "{refused}");
    assert!(!group(1).replica().transfers.is_open_to(3));
    assert_eq!(group(1).replica().answer_held_vote().vote, Some(held));
    (0..3).for_each(|place| nodes.stop(place));
}

/// It would follow a member that calls itself the leader, in a term that no other node reaches.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_node_asks_the_first_members_who_leads() {
    let nodes = tokio::task::spawn_blocking(|| {
        let nodes = Nodes::start();
        let place = hotel(&nodes);
        book(&nodes, &place, 1);
        lead(&nodes, 1);
        nodes
    });
    let mut nodes = nodes.await.expect("started");
    let node = &nodes.node(0).cluster.node;
    let folder = tempfile::tempdir().expect("a folder");
    let data = GroupData {
        log: LogDb::open(&folder.path().join("log")).expect("a log"),
        rows: Arc::new(RowsDb::open(&folder.path().join("rows"), 2).expect("rows")),
        snapshots: folder.path().join("snapshots"),
        newest: None,
        doubts: Doubts {
            first: node.config.peers.iter().map(|peer| (peer.id, peer.peer.clone())).collect(),
            ..Doubts::default()
        },
    };
    let directory = Arc::new(Directory::new(node.admission.clone()));
    let new = Group::open(1, 1, &node.config.group, node.links.clone(), data, directory).await.expect("opened");
    let elected = node.shards[1].group.replica().answer_held_vote().vote.expect("there was an election");
    for term in [elected.term + 1, u64::MAX] {
        let vote = Some(pb::Vote { term, node: 3, committed: true });
        let refused = new.replica().check_leader(Call::Append, 3, vote).await.expect_err("nobody voted for it");
        assert!(refused.kind() != UNCONFIRMED && refused.to_string().contains("a majority did not vote for it"), "{refused}");
    }
    new.replica().check_leader(Call::Append, 2, Some(elected)).await.expect("node 3 voted for it");
    new.shutdown().await;
    tokio::task::spawn_blocking(move || (0..3).for_each(|place| nodes.stop(place))).await.expect("stopped");
}
