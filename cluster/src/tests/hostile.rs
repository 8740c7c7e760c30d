//! A member with a valid certificate that sends what no honest node sends. Nothing of it is stored, every honest node continues, and
//! each message is counted.

use std::time::Duration;

use bytes::Bytes;
use keyrack_inventory::{Actor, BookingId, Command, Grant, Op, PropertyNumber, ReplicaKeys, Role};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::three_nodes::{Nodes, PATIENCE, book, book_through, bookings, hotel, operator};
use crate::peers::{Call, Client};
use crate::shard::MAX_COMMAND_BYTES;

/// The node that sends everything, and its place.
pub const HOSTILE: u64 = 3;
pub const PLACE: usize = 2;

pub struct Attack<'a> {
    pub nodes: &'a Nodes,
    /// The place of the node that is attacked.
    pub victim: usize,
}

impl Attack<'_> {
    /// Sends a call with the hostile node's certificate. It must be refused and counted.
    pub fn refused<T: std::fmt::Debug>(&self, what: &str, call: impl AsyncFnOnce(Client) -> Result<T, Status>) {
        let counted = || self.nodes.node(self.victim).cluster.peer_refusals();
        let before = counted();
        let status = self.send(call).map_or_else(|status| status, |answer| panic!("{what}: answered with {answer:?}"));
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status}");
        assert_eq!(counted(), before + 1, "{what} is counted: {status}");
    }

    pub fn send<T>(&self, call: impl AsyncFnOnce(Client) -> Result<T, Status>) -> Result<T, Status> {
        let hostile = &self.nodes.node(PLACE);
        let victim = self.nodes.node(self.victim).cluster.node.me();
        hostile.runtime.block_on(async {
            let client = hostile.cluster.node.links.client(self.victim as u64 + 1, &victim).expect("a channel");
            call(client).await
        })
    }

    /// The vote that the victim holds in the data shard.
    pub fn held(&self) -> pb::Vote {
        let group = &self.nodes.node(self.victim).cluster.node.shards[1].group;
        group.replica().answer_held_vote().vote.expect("there was an election")
    }

    /// The id of an entry in the victim's log.
    pub fn id_at(&self, index: u64) -> Option<pb::LogId> {
        let group = &self.nodes.node(self.victim).cluster.node.shards[1].group;
        let id = group.replica().log.id_at(index).expect("read");
        id.map(|id| pb::LogId { term: id.leader_id.term, node: id.leader_id.node_id, index: id.index })
    }

    pub fn last(&self) -> pb::LogId {
        self.nodes.node(self.victim).cluster.node.shards[1].group.replica().newest_end()
    }
}

/// Makes the node at a place the leader of the data shard, and waits until all nodes follow it.
pub fn lead(nodes: &Nodes, place: usize) {
    let wanted = place as u64 + 1;
    let begin = std::time::Instant::now();
    let led_by = |through: usize| nodes.node(through).cluster.node.shards[1].group.replica().answer_held_vote().vote;
    while !(0..3).all(|through| led_by(through).is_some_and(|vote| vote.node == wanted && vote.committed)) {
        assert!(begin.elapsed() < super::three_nodes::PATIENCE, "node {wanted} leads");
        if let Some(leader) = (0..3).find(|leader| *leader != place && nodes.node(*leader).cluster.leads(1)) {
            // It is refused while the other node is behind.
            let _ = nodes.node(leader).runtime.block_on(async { nodes.node(leader).cluster.hand_over(1, wanted).await });
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn other(node: u64) -> u64 {
    if node == 1 { 2 } else { 1 }
}

#[test]
fn a_member_speaks_for_itself_only_and_in_possible_terms() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    for victim in [0, 1] {
        let attack = Attack { nodes: &nodes, victim };
        let (held, last) = (attack.held(), Some(attack.last()));
        let next = held.term + 1;
        let honest = other(victim as u64 + 1);
        let votes = [
            ("a vote in another node's name", pb::Vote { term: next, node: honest, committed: false }),
            ("a vote that says it was elected", pb::Vote { term: next, node: HOSTILE, committed: true }),
            ("the last term", pb::Vote { term: u64::MAX, node: HOSTILE, committed: false }),
            ("a term after thousands of elections", pb::Vote { term: held.term + (1 << 13), node: HOSTILE, committed: false }),
        ];
        for (what, vote) in votes {
            for leader_transfer in [false, true] {
                let request = pb::VoteRequest { group: 1, vote: Some(vote), last, leader_transfer };
                attack.refused(what, async |mut client| client.vote(request).await);
                if vote.committed || vote.node != HOSTILE {
                    attack.refused(what, async |mut client| client.pre_vote(request).await);
                }
            }
        }
        attack.refused("no vote", async |mut client| client.vote(pb::VoteRequest { group: 1, ..Default::default() }).await);
        let leaders = [
            ("an append in another node's name", pb::Vote { term: held.term, node: honest, committed: true }),
            ("an append of a later term in another node's name", pb::Vote { term: next, node: honest, committed: true }),
            ("an append without an election", pb::Vote { term: next, node: HOSTILE, committed: false }),
            ("an append of a leader that nobody elected", pb::Vote { term: next, node: HOSTILE, committed: true }),
            ("an append in the last term", pb::Vote { term: u64::MAX, node: HOSTILE, committed: true }),
        ];
        for (what, vote) in leaders {
            let append = || pb::AppendRequest { group: 1, vote: Some(vote), committed: last, prev: last, entries: Vec::new() };
            attack.refused(what, async |mut client| client.append_one(append()).await);
            attack.refused(what, async |mut client| client.append(futures::stream::iter([append()])).await);
            let one_entry = pb::AppendRequest { entries: vec![pb::LogEntry::default()], ..append() };
            let head = pb::AppendPart { part: Some(pb::append_part::Part::Head(one_entry)) };
            attack.refused(what, async |mut client| client.append_in_parts(futures::stream::iter([head])).await);
            let transfer = pb::TransferRequest { group: 1, from: Some(vote), to: HOSTILE, last };
            attack.refused(what, async |mut client| client.transfer_leader(transfer).await);
            let manifest = pb::SnapshotManifest { group: 1, ..Default::default() };
            let header = pb::SnapshotHeader { vote: Some(vote), manifest: Some(manifest) };
            let header = pb::SnapshotChunk { chunk: Some(pb::snapshot_chunk::Chunk::Header(header)) };
            attack.refused(what, async |mut client| client.snapshot(futures::stream::iter([header])).await);
        }
        assert_eq!(attack.held(), held, "the victim's vote is what it was");
    }
    still_works(&mut nodes, &place, 1);
}

#[test]
fn entries_that_cannot_be_applied_are_never_stored() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    // It was elected, so its vote is right.
    lead(&nodes, PLACE);
    let attack = Attack { nodes: &nodes, victim: 0 };
    let (vote, last) = (attack.held(), attack.last());
    assert_eq!(vote, pb::Vote { term: vote.term, node: HOSTILE, committed: true });
    let id = |term, index| Some(pb::LogId { term, node: HOSTILE, index });
    let batch = |commands: Vec<Bytes>| Some(Bytes::from(pb::Batch { at_ms: 1, commands, rules: 0 }.encode_to_vec()));
    let entry = |id, batch| pb::LogEntry { id, batch, membership: None };
    let next = last.index + 1;
    let wrong = [
        ("no id", entry(None, batch(Vec::new()))),
        ("a gap", entry(id(vote.term, next + 1), batch(Vec::new()))),
        ("the last index", entry(id(vote.term, u64::MAX), batch(Vec::new()))),
        ("a term after the leader's", entry(id(vote.term + 1, next), batch(Vec::new()))),
        ("a term before the entry before", entry(id(last.term - 1, next), batch(Vec::new()))),
        ("no batch", entry(id(vote.term, next), Some(Bytes::from_static(b"\xff")))),
        ("no command", entry(id(vote.term, next), batch(vec![Bytes::from_static(b"\xff")]))),
        ("a command of no kind", entry(id(vote.term, next), batch(vec![Bytes::new()]))),
        (
            "two payloads",
            pb::LogEntry { membership: Some(pb::Membership::default()), ..entry(id(vote.term, next), batch(Vec::new())) },
        ),
    ];
    for (what, entry) in wrong {
        let request = pb::AppendRequest { group: 1, vote: Some(vote), prev: Some(last), committed: None, entries: vec![entry] };
        attack.refused(what, async |mut client| client.append_one(request.clone()).await);
        attack.refused(what, async |mut client| client.append(futures::stream::iter([request])).await);
    }
    // The cluster continues, so its leader may have appended entries.
    assert_eq!((attack.held(), attack.last().term), (vote, last.term));
    still_works(&mut nodes, &place, 1);
}

/// The stream begins as an honest leader's does. Its second message is refused, which ends the stream with the reason.
#[test]
fn a_wrong_message_in_the_middle_of_a_stream_is_counted() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, PLACE);
    let attack = Attack { nodes: &nodes, victim: 0 };
    let vote = attack.held();
    let heartbeat = pb::AppendRequest { group: 1, vote: Some(vote), prev: None, committed: None, entries: Vec::new() };
    let later = pb::Vote { term: vote.term + 1, ..vote };
    let wrong = [
        ("an entry without an id", pb::AppendRequest { entries: vec![pb::LogEntry::default()], ..heartbeat.clone() }),
        ("a term without an election", pb::AppendRequest { vote: Some(later), ..heartbeat.clone() }),
    ];
    for (what, wrong) in wrong {
        let heartbeat = heartbeat.clone();
        attack.refused(what, async |mut client| {
            let mut replies = client.append(futures::stream::iter([heartbeat, wrong])).await?.into_inner();
            let first = replies.message().await?;
            assert!(matches!(first, Some(pb::AppendReply { result: Some(_) })), "{first:?}");
            replies.message().await
        });
    }
    assert_eq!(attack.held(), vote);
    still_works(&mut nodes, &place, 1);
}

#[test]
fn a_leader_proposes_for_another_node_only_what_that_node_may_say() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    lead(&nodes, 0);
    let attack = Attack { nodes: &nodes, victim: 0 };
    let encoded = |by: Option<Actor>, op: Op| commands::encode(&Command { property: PropertyNumber(0), request: None, by, op });
    let booking = BookingId::new(place.number, 1, 1);
    let keys = ReplicaKeys { node: 1, log: [7; 32], cosigner: [8; 32] };
    let wrong = [
        ("no command", Bytes::from_static(b"\xff")),
        ("a command of no kind", Bytes::new()),
        ("a large command", Bytes::from(vec![0; MAX_COMMAND_BYTES + 1])),
        ("an erasure without a caller", encoded(None, Op::EraseGuest { booking })),
        ("a cancellation without a caller", encoded(None, Op::Cancel { booking, expected_revision: None })),
        ("a checkpoint", encoded(None, Op::PutCheckpoint { size: u64::MAX, note: "no note".into() })),
        ("a checkpoint of a caller", encoded(Some(operator()), Op::PutCheckpoint { size: 1, note: String::new() })),
        ("a new wrapped key", encoded(None, Op::RewrapGuest { booking, from: Vec::new(), to: vec![1], lookups: Vec::new() })),
        ("a tick", encoded(None, Op::Tick)),
        ("a seal", encoded(None, Op::SealAudit)),
        ("keys of another node", encoded(None, Op::PutReplicaKeys(keys))),
        ("its own keys with a caller", encoded(Some(operator()), Op::PutReplicaKeys(ReplicaKeys { node: HOSTILE, ..keys }))),
    ];
    for (what, command) in wrong {
        let request = pb::ProposeRequest { group: 1, commands: vec![command] };
        attack.refused(what, async |mut client| client.propose(request).await);
    }
    let grant = Grant {
        revision: u64::MAX,
        role: Role::Operator,
        revoked: false,
        properties: Vec::new(),
        regions: Vec::new(),
        own_only: false,
        hold_room_minutes: 0,
        credentials: Vec::new(),
    };
    let request = pb::ProposeRequest { group: 1, commands: vec![encoded(None, Op::PutGrant { number: 7, grant })] };
    let reply = attack.send(async |mut client| client.propose(request).await).expect("answered").into_inner();
    assert_eq!(reply.proposed, None, "a grant that the directory does not have");
    let directory = [
        ("no directory command", Bytes::from_static(b"\xff")),
        ("a directory command of no kind", Bytes::new()),
        ("the removal of a property whose shard exists", {
            let remove = pb::RemoveProperty { id: "inn".into(), data_shards: 0 };
            pb::DirectoryCommand { op: Some(pb::directory_command::Op::RemoveProperty(remove)) }.encode_to_vec().into()
        }),
        ("a property for a billion shards", {
            let register = pb::RegisterProperty { id: "x".into(), home_region: String::new(), data_shards: 1 << 30 };
            pb::DirectoryCommand { op: Some(pb::directory_command::Op::RegisterProperty(register)) }.encode_to_vec().into()
        }),
    ];
    let leader = (0..3).find(|place| nodes.node(*place).cluster.leads(0)).expect("a leader of the directory");
    if leader != PLACE {
        let attack = Attack { nodes: &nodes, victim: leader };
        for (what, command) in directory {
            let request = pb::ProposeRequest { group: 0, commands: vec![command] };
            attack.refused(what, async |mut client| client.propose(request).await);
        }
    }
    still_works(&mut nodes, &place, 1);
}

/// An open stream keeps its place until it ends.
#[test]
fn streams_above_the_bound_wait_until_another_one_ends() {
    let mut nodes = Nodes::start();
    let attack = Attack { nodes: &nodes, victim: 0 };
    let most = Call::Cosign.rule().at_once * nodes.node(0).cluster.node.shards.len();
    let checked = attack.send(async |client| {
        let open = async || {
            let (asks, asked) = mpsc::channel::<pb::CosignRequest>(1);
            let answers = client.clone().cosign(ReceiverStream::new(asked)).await?;
            Ok::<_, Status>((asks, answers))
        };
        let mut opened = Vec::new();
        let waiting = loop {
            // The node's own streams have places too.
            assert!(opened.len() <= most, "{} streams are open", opened.len());
            let mut next = Box::pin(open());
            match timeout(Duration::from_secs(1), &mut next).await {
                Ok(stream) => opened.push(stream?),
                Err(_) => break next,
            }
        };
        assert!(!opened.is_empty());
        opened.pop();
        timeout(PATIENCE, waiting).await.expect("a place is free").map(drop)
    });
    checked.expect("answered");
    (0..3).for_each(|place| nodes.stop(place));
}

/// All nodes run, also after a restart, and take bookings.
pub fn still_works(nodes: &mut Nodes, place: &crate::Placement, before: usize) {
    book_through(nodes, 0, place, 50);
    (0..3).for_each(|place| nodes.stop(place));
    nodes.restart_together(&[0, 1, 2]);
    book_through(nodes, 1, place, 51);
    for through in 0..3 {
        assert_eq!(bookings(nodes, through), before + 2, "through node {}", through + 1);
    }
    (0..3).for_each(|place| nodes.stop(place));
}
