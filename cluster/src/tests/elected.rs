//! A member that was elected, and sends members or rows that no honest leader sends.

use std::collections::BTreeSet;
use std::time::Instant;

use keyrack_proto::internal as pb;
use tonic::Code;

use super::hostile::{Attack, HOSTILE, PLACE, lead, still_works};
use super::three_nodes::{Nodes, PATIENCE, book, book_through, bookings, hotel};
use crate::storage::put_leaf;

/// A membership from the victim's own: each set of voters, and a change of the nodes.
fn members(attack: &Attack<'_>, configs: &[&[u64]], change: impl FnOnce(&mut Vec<pb::MemberInfo>)) -> pb::Membership {
    let members = attack.nodes.node(attack.victim).cluster.node.shards[1].group.members();
    let mut nodes = members.iter().map(|(id, member)| member.encoded(*id)).collect();
    change(&mut nodes);
    let configs = configs.iter().map(|voters| pb::VoterSet { voters: voters.to_vec() }).collect();
    pb::Membership { configs, nodes }
}

/// A node that follows a later leader by now answers with that, and has taken nothing.
fn not_leading(reply: pb::AppendReply) -> Result<(), tonic::Status> {
    use pb::append_reply::Result::{ConflictAt, HigherVote};
    match reply.result {
        Some(HigherVote(_) | ConflictAt(_)) => Err(tonic::Status::failed_precondition("another leader")),
        _ => Ok(()),
    }
}

/// Memberships that no honest leader sends. `me` is the victim, and `other` the other honest node.
fn wrong_members(attack: &Attack<'_>, me: u64, other: u64) -> Vec<(&'static str, pb::Membership)> {
    let none = |_: &mut Vec<pb::MemberInfo>| {};
    let of = |id: u64| move |node: &&mut pb::MemberInfo| node.id == id;
    vec![
        ("nobody", members(attack, &[], none)),
        ("a third set", members(attack, &[&[1, 2, 3], &[1, 2, 3], &[1, 2, 3]], none)),
        ("only itself", members(attack, &[&[HOSTILE]], none)),
        ("itself and all", members(attack, &[&[1, 2, 3], &[HOSTILE]], none)),
        ("all and itself", members(attack, &[&[HOSTILE], &[1, 2, 3]], none)),
        ("without the victim", members(attack, &[&[other, HOSTILE]], none)),
        ("without another node", members(attack, &[&[me, HOSTILE]], none)),
        ("the first step to that", members(attack, &[&[1, 2, 3], &[me, HOSTILE]], none)),
        ("another node is gone", members(attack, &[&[me, HOSTILE]], |nodes| nodes.retain(|node| node.id != other))),
        ("other data of another node", {
            members(attack, &[&[1, 2, 3]], |nodes| nodes.iter_mut().find(of(other)).expect("a member").incarnation += 1)
        }),
        ("another address of another node", {
            members(attack, &[&[1, 2, 3]], |nodes| nodes.iter_mut().find(of(other)).expect("a member").peer = "x:1".into())
        }),
        ("a stranger", {
            let stranger = pb::MemberInfo { id: 4, incarnation: 4, ..Default::default() };
            members(attack, &[&[1, 2, 3]], |nodes| nodes.push(stranger))
        }),
    ]
}

/// openraft counts votes by a membership as soon as it is in the log: with the first of these no other node could ever be elected.
#[test]
fn an_elected_member_takes_the_vote_from_no_node_that_has_its_data() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, PLACE);
    for victim in [0, 1] {
        let attack = Attack { nodes: &nodes, victim };
        let (vote, other) = (attack.held(), if victim == 0 { 2 } else { 1 });
        let me = victim as u64 + 1;
        for (what, membership) in wrong_members(&attack, me, other) {
            let append = || {
                let last = attack.last();
                let id = Some(pb::LogId { term: vote.term, node: HOSTILE, index: last.index + 1 });
                let entries = vec![pb::LogEntry { id, batch: None, membership: Some(membership.clone()) }];
                pb::AppendRequest { group: 1, vote: Some(vote), prev: Some(last), committed: None, entries }
            };
            let not_taken = |sent: Result<(), tonic::Status>| {
                let status = sent.expect_err(what);
                assert!([Code::InvalidArgument, Code::FailedPrecondition].contains(&status.code()), "{what}: {status}");
            };
            not_taken(
                attack
                    .send(async |mut client| client.append_one(append()).await)
                    .map(|reply| reply.into_inner())
                    .and_then(not_leading),
            );
            not_taken(attack.send(async |mut client| {
                let request = append();
                let empty = pb::AppendRequest { entries: Vec::new(), ..request.clone() };
                let mut replies = client.append(futures::stream::iter([empty, request])).await?.into_inner();
                let mut last = pb::AppendReply::default();
                while let Some(reply) = replies.message().await? {
                    last = reply;
                }
                not_leading(last)
            }));
            // After an entry that the victim has, with another membership in it: nothing is compared with that.
            let before = pb::LogEntry { id: Some(attack.last()), batch: None, membership: Some(membership.clone()) };
            not_taken(attack.send(async |mut client| {
                let mut request = append();
                request.prev = None;
                request.entries.insert(0, before);
                let first = request.entries[0].id.expect("an id").index;
                request.prev = first.checked_sub(1).and_then(|index| attack.id_at(index));
                client.append_one(request).await.map(|reply| reply.into_inner()).and_then(not_leading)
            }));
            let manifest = manifest(vote, attack.last().index + 1_000, Some(membership));
            not_taken(
                attack.send(async |mut client| client.snapshot(futures::stream::iter([header(vote, manifest)])).await.map(drop)),
            );
        }
        let group = &nodes.node(victim).cluster.node.shards[1].group;
        assert_eq!(group.members().len(), 3);
        assert!((1..=3).all(|id| group.votes(id, nodes.node(id as usize - 1).cluster.node.incarnation)));
    }
    still_works(&mut nodes, &place, 1);
}

/// The rows of the other nodes follow from the log. A snapshot would replace them by whatever the leader invents.
#[test]
fn a_snapshot_of_an_elected_member_replaces_no_rows_while_the_log_is_enough() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    for victim in [0, 1] {
        let attack = Attack { nodes: &nodes, victim };
        // The victim asks for another leader, so the hostile node may have to be elected again.
        wait("the snapshot is not needed", || {
            lead(&nodes, PLACE);
            let vote = attack.held();
            let membership = members(&attack, &[&[1, 2, 3]], |_| {});
            let manifest = manifest(vote, attack.last().index + 1_000, Some(membership));
            let sent = attack.send(async |mut client| client.snapshot(futures::stream::iter([header(vote, manifest)])).await);
            let refused = sent.map(drop).expect_err("not needed");
            refused.code() == Code::FailedPrecondition && refused.message().contains("the log is enough")
        });
    }
    still_works(&mut nodes, &place, 1);
}

/// RocksDB and the file system would believe a manifest: such a file was removed, and such levels and numbers ended the process.
#[test]
fn a_snapshot_names_only_files_of_its_own_and_numbers_that_exist() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, PLACE);
    let outside = nodes.data(0).join("../outside.sst");
    std::fs::write(&outside, b"kept").expect("written");
    let attack = Attack { nodes: &nodes, victim: 0 };
    let vote = attack.held();
    let file = |name: &str| pb::SnapshotFile { name: name.into(), size: 1, ..Default::default() };
    let wrong = [
        file(outside.to_str().expect("a path")),
        file("../outside.sst"),
        file("MANIFEST.keyrack"),
        pb::SnapshotFile { level: -1, ..file("/000001.sst") },
        pb::SnapshotFile { largest_sequence: (1 << 56) - 2, ..file("/000001.sst") },
    ];
    for file in wrong {
        let what = format!("{file:?}");
        let membership = members(&attack, &[&[1, 2, 3]], |_| {});
        let manifest =
            pb::SnapshotManifest { files: vec![file], ..manifest(vote, attack.last().index + 1_000, Some(membership)) };
        attack.refused(&what, async |mut client| client.snapshot(futures::stream::iter([header(vote, manifest)])).await);
    }
    assert_eq!(std::fs::read(&outside).expect("read"), b"kept");
    still_works(&mut nodes, &place, 1);
}

/// openraft takes any entry before the sent ones that is not after its last committed one. A log whose terms fall cannot be opened.
#[test]
fn entries_follow_the_entry_that_a_node_has_applied() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, PLACE);
    for victim in [0, 1] {
        let attack = Attack { nodes: &nodes, victim };
        let (vote, last) = (attack.held(), attack.last());
        let group = nodes.node(victim).cluster.node.shards[1].group.clone();
        wait("the victim applies what it has", || group.status().applied_index >= last.index);
        for term in [0, 1, last.term - 1] {
            let prev = Some(pb::LogId { term, node: HOSTILE, index: last.index });
            let id = Some(pb::LogId { term, node: HOSTILE, index: last.index + 1 });
            let entries = vec![pb::LogEntry { id, batch: None, membership: None }];
            let request = pb::AppendRequest { group: 1, vote: Some(vote), prev, committed: None, entries };
            attack.refused(&format!("term {term}"), async |mut client| client.append_one(request).await);
        }
    }
    still_works(&mut nodes, &place, 1);
}

fn manifest(vote: pb::Vote, index: u64, membership: Option<pb::Membership>) -> pb::SnapshotManifest {
    let last = Some(pb::LogId { term: vote.term, node: HOSTILE, index });
    let meta = Some(pb::SnapshotMeta { last, membership_at: last, membership });
    let files = vec![pb::SnapshotFile { name: "/000001.sst".into(), size: 1, ..Default::default() }];
    pb::SnapshotManifest { group: 1, meta, files, comparator: "leveldb.BytewiseComparator".into() }
}

fn header(vote: pb::Vote, manifest: pb::SnapshotManifest) -> pb::SnapshotChunk {
    let header = pb::SnapshotHeader { vote: Some(vote), manifest: Some(manifest) };
    pb::SnapshotChunk { chunk: Some(pb::snapshot_chunk::Chunk::Header(header)) }
}

/// Node 1 was away until the log was purged, so it needs a snapshot. It has another leaf than node 1 has, whichever node leads.
#[test]
fn a_snapshot_continues_the_receipts_log_of_the_replica_that_takes_it() {
    let victim = 0;
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    let leaf = book(&nodes, &place, 1);
    nodes.stop(victim);
    book_through(&nodes, PLACE, &place, 2);
    lead_of_two(&nodes, PLACE);
    let honest = nodes.node(PLACE).cluster.node.rows.leaf(1, leaf).expect("read").expect("a leaf");
    for place in [1, PLACE] {
        write_leaf(&nodes, place, leaf, b"another leaf");
        purge(&nodes, place);
    }
    nodes.restart(victim).expect("its own folder");
    wait("the snapshot is refused", || nodes.node(victim).cluster.peer_refusals() > 0);
    let status = || nodes.node(victim).cluster.node.shards[1].group.status();
    assert_eq!(status().snapshots_installed, 0);
    assert_eq!(nodes.node(victim).cluster.node.rows.leaf(1, leaf).expect("read"), Some(honest.clone()));
    // The honest leaf's snapshot is taken.
    book_through(&nodes, PLACE, &place, 3);
    for place in [1, PLACE] {
        write_leaf(&nodes, place, leaf, &honest);
        purge(&nodes, place);
    }
    wait("the honest snapshot is installed", || status().snapshots_installed == 1);
    assert_eq!(nodes.node(victim).cluster.node.rows.leaf(1, leaf).expect("read"), Some(honest));
    wait("all bookings are there", || bookings(&nodes, victim) == 3);
    (0..3).for_each(|place| nodes.stop(place));
}

/// Replaces a leaf of the receipts log on one node.
fn write_leaf(nodes: &Nodes, place: usize, leaf: u64, bytes: &[u8]) {
    let rows = nodes.node(place).cluster.node.rows.clone();
    let applied = rows.applied(1).expect("read").expect("applied");
    rows.write(1, &applied, |set| put_leaf(set, leaf, bytes)).expect("written");
}

/// Takes a snapshot and purges the log up to it.
fn purge(nodes: &Nodes, place: usize) {
    let node = nodes.node(place);
    let group = node.cluster.node.shards[1].group.clone();
    let applied = group.status().applied_index;
    node.runtime.block_on(async {
        group.take_snapshot_now().await.expect("taken");
        let begin = Instant::now();
        while group.status().snapshot_index < applied {
            assert!(begin.elapsed() < PATIENCE, "the snapshot is built");
            tokio::task::yield_now().await;
        }
        group.purge(group.status().snapshot_index).await.expect("purged");
    });
    wait("the log is purged", || nodes.node(place).cluster.node.shards[1].group.status().purged_index >= applied);
}

/// Makes the node at a place the leader of the data shard, as far as it and its follower say.
fn lead_of_two(nodes: &Nodes, place: usize) {
    let running: BTreeSet<usize> = [1, PLACE].into();
    wait("the leadership moves", || {
        if nodes.node(place).cluster.leads(1) {
            return true;
        }
        if let Some(leader) = running.iter().find(|leader| nodes.node(**leader).cluster.leads(1)) {
            // It is refused while the other node is behind.
            let _ =
                nodes.node(*leader).runtime.block_on(async { nodes.node(*leader).cluster.hand_over(1, place as u64 + 1).await });
        }
        false
    });
}

fn wait(what: &str, mut is_done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
