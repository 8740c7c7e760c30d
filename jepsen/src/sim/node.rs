//! One node's process: Raft over its disk and the network, the batcher, the read gate, and answers to other nodes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use keyrack_inventory::{Command, Op, PropertyNumber};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use openraft::ChangeMembers;
use openraft::async_runtime::WatchReceiver;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::Instant;

use keyrack_cluster::simulated::{
    Answer, BatchLimits, Batcher, Call, Doubts, LogStore, ReadGate, Replica, Runtime, answer_out, raft_config, wire,
};
use keyrack_cluster::{GroupConfig, Tasks};

use crate::copied;
use crate::log_disk::LogDb;
use crate::net::{self, Asked, Incoming, Method, Net, Opened, Peer};
use crate::raft::{Links, Network, Raft, Shared, StateMachine, meta_and_rows};
use crate::running::{Ask, Running, RunningNodes};
use crate::saved::SHARD;
use crate::spawn::spawn;
use crate::world::World;

/// How long a node tries to commit a client's command.
const PATIENCE: Duration = Duration::from_millis(900);
/// How long a node tries to answer a read. As in the daemon, this is longer than the election of another leader takes.
pub const READ_PATIENCE: Duration = Duration::from_secs(3);

/// A running node. Cheap to clone.
#[derive(Clone)]
pub struct Node {
    pub world: Arc<World>,
    pub id: u64,
    pub net: Arc<Net>,
    pub raft: Raft,
    shared: Arc<Shared>,
    replica: Replica<StateMachine, LogDb, Links>,
    batcher: Batcher,
    gate: ReadGate,
}

/// The daemon's timeouts, with thresholds so small that there are many snapshots and purges.
pub fn settings() -> GroupConfig {
    GroupConfig {
        election_timeout_ms: 300,
        heartbeat_ms: 60,
        keep_log_entries: 8,
        snapshot_log_entries: 20,
        snapshot_log_bytes: 1 << 20,
        snapshot_interval_secs: 5,
    }
}

/// Runs a node until its Raft stops.
pub async fn run(world: Arc<World>, nodes: Arc<RunningNodes>, id: u64) -> turmoil::Result {
    let boot = world.node(id).boots.fetch_add(1, Ordering::Relaxed) + 1;
    let seed = world.seed ^ (id << 40) ^ (boot << 48);
    Ok(Runtime::seeded(seed, live(world, nodes, id, boot)).await?)
}

async fn live(world: Arc<World>, nodes: Arc<RunningNodes>, id: u64, boot: u64) -> io::Result<()> {
    if let Err(cause) = copied::decide(&world, id, boot).await {
        world.trace(id, format_args!("cannot decide on its copy: {cause}"));
        return Ok(());
    }
    let disk = world.disk(id);
    let incarnation = world.node(id).incarnation.load(Ordering::Relaxed);
    world.trace(id, format_args!("starts, incarnation {incarnation}, boot {boot}"));
    world.observe(|observer| observer.started(id, boot));
    let net = Net::open(world.clone(), Peer { id, incarnation }, boot << 40).await?;
    let log = LogStore::open(SHARD, LogDb::open(world.clone(), id, disk.clone()))?;
    let floor = disk.lock().floor;
    let (machine, shared) = StateMachine::open(world.clone(), id, disk);
    let config = openraft::Config { enable_elect: log.last() >= floor, ..raft_config(SHARD, &settings()) };
    let config = config.validate().map_err(io::Error::other)?;
    let raft = Raft::new(id, Arc::new(config), Network(net.clone()), log.clone(), machine).await;
    let raft = raft.map_err(io::Error::other)?;
    let (applied, peers) = (shared.applied.subscribe(), Links(net.clone()));
    let (time, clock) = (shared.clone(), world.clone());
    let stamp = Arc::new(move || time.clock.now_ms(clock.clock_ms(id)));
    let replica = Replica {
        shard: SHARD,
        node: id,
        raft: raft.clone(),
        log,
        peers,
        applied,
        floor,
        // The simulated operator removes nodes that have their data, this one too: see `Links::announced`.
        doubts: Doubts { incarnation: 0, keep_log_entries: settings().keep_log_entries, ..Doubts::default() },
        transfers: Default::default(),
        stamp,
    };
    let tasks = Tasks::new("simulated node");
    let small = BatchLimits { queue_commands: 1_024, batch_commands: 8, batches_in_flight: 4 };
    let batcher = Batcher::start(replica.clone(), small, &tasks);
    let gate = ReadGate::start(replica.clone(), &tasks);
    let node = Node { world: world.clone(), id, net, raft: raft.clone(), shared: shared.clone(), replica, batcher, gate };
    let (asks, mut asked) = mpsc::unbounded_channel();
    *nodes.on(id) = Some(Running { raft: raft.clone(), shared, asks });
    spawn(node.clone().accept());
    spawn(node.clone().tick());
    spawn(node.replica.clone().reach_floor());
    spawn(node.clone().take_snapshots());
    spawn(copied::forget_restored(world.clone(), id, node.net.clone()));
    if (id, incarnation) == (1, 1) && !raft.is_initialized().await.map_err(io::Error::other)? {
        let members = (1..=world.voters).map(|id| (id, world.member(id)));
        let members: std::collections::BTreeMap<_, _> = members.collect();
        raft.initialize(members).await.map_err(io::Error::other)?;
    }
    let mut metrics = raft.metrics();
    loop {
        tokio::select! {
            biased;
            changed = metrics.changed() => {
                let running = metrics.borrow_watched().running_state.clone();
                if changed.is_err() || running.is_err() {
                    world.trace(id, format_args!("Raft has stopped: {running:?}"));
                    return Ok(());
                }
            }
            // A node stops when a task of its cluster panics.
            why = tasks.failed() => panic!("{why}"),
            ask = asked.recv() => {
                let Some(ask) = ask else { return Ok(()) };
                let node = node.clone();
                spawn(async move { node.obey(ask).await });
            }
        }
    }
}

impl Node {
    async fn obey(&self, ask: Ask) {
        let done = match ask.clone() {
            Ask::Snapshot => self.raft.trigger().snapshot().await.is_ok(),
            Ask::Transfer(to) => self.replica.begin_transfer(to).await.is_ok(),
            Ask::AddLearner(id, member) => self.raft.add_learner(id, member, false).await.is_ok(),
            Ask::Remove(id) => self.raft.change_membership(ChangeMembers::RemoveNodes([id].into()), false).await.is_ok(),
            Ask::Voters(ids) => {
                let voters: std::collections::BTreeSet<u64> = ids.into_iter().collect();
                self.raft.change_membership(voters, false).await.is_ok()
            }
        };
        self.world.trace(self.id, format_args!("{ask:?}: {done}"));
    }

    async fn accept(self) {
        let mut buffer = net::buffer();
        while let Ok(incoming) = self.net.accept(&mut buffer).await {
            let node = self.clone();
            match incoming {
                Incoming::Call(asked) => spawn(async move {
                    let answer = node.answer(&asked).await.ok();
                    node.net.reply(&asked, answer);
                }),
                Incoming::Stream(opened) => spawn(node.append(opened)),
            }
        }
    }

    async fn append(self, opened: Opened) {
        let back = opened.back();
        let next = |mut items: net::Ordered| async {
            let request = pb::AppendRequest::decode(items.next(|_| false).await?).ok()?;
            Some((request, items))
        };
        let Some((first, rest)) = next(opened.items).await else { return self.net.reply_item(back, 0, None) };
        let replies = self.replica.append_stream(opened.from.id, first, futures::stream::unfold(rest, next));
        let Ok(mut replies) = replies.await else { return self.net.reply_item(back, 0, None) };
        let mut sequence = 0;
        while let Some(Ok(reply)) = replies.next().await {
            self.observe_append(&reply);
            self.net.reply_item(back, sequence, Some(reply.encode_to_vec().into()));
            sequence += 1;
        }
        self.net.reply_item(back, sequence, None);
    }

    /// Reports the entries that this node accepted to the observer: they must be on its disk.
    fn observe_append(&self, reply: &pb::AppendReply) {
        if let Ok(Ok(Some(last))) = wire::append_reply_in(reply.clone()) {
            self.world.observe(|observer| observer.accepted(self.id, &last, &self.world.disk(self.id).lock()));
        }
    }

    async fn answer(&self, asked: &Asked) -> io::Result<Bytes> {
        let (from, body) = (asked.from.id, asked.body.clone());
        let reply = match asked.method {
            Method::AppendOne => {
                let reply = self.replica.append_one(from, pb::AppendRequest::decode(body)?).await?;
                self.observe_append(&reply);
                reply.encode_to_vec()
            }
            Method::Vote => {
                let request = pb::VoteRequest::decode(body)?;
                let vote = request.vote.map(wire::vote_in);
                let reply = self.replica.vote(from, request).await?;
                if let Some(vote) = vote.filter(|_| reply.granted) {
                    self.world.observe(|observer| observer.voted(self.id, &vote, &self.world.disk(self.id).lock()));
                }
                reply.encode_to_vec()
            }
            Method::PreVote => self.replica.pre_vote(from, pb::VoteRequest::decode(body)?).await?.encode_to_vec(),
            Method::Transfer => self.replica.transfer(from, pb::TransferRequest::decode(body)?).await?.encode_to_vec(),
            Method::Snapshot => {
                let (vote, meta, snapshot) = meta_and_rows(body)?;
                self.replica.check_leader(Call::Snapshot, from, Some(wire::vote_out(&vote))).await?;
                self.replica.check_needs_snapshot(from).await?;
                let snapshot = openraft::Snapshot { meta, snapshot };
                let reply = self.raft.install_full_snapshot(vote, snapshot).await.map_err(io::Error::other)?;
                wire::vote_out(&reply.vote).encode_to_vec()
            }
            Method::Propose => self.propose_forwarded(pb::ProposeRequest::decode(body)?).await.encode_to_vec(),
            Method::ReadIndex => self.replica.answer_read_index().await?.encode_to_vec(),
            Method::HeldVote => self.replica.answer_held_vote().encode_to_vec(),
            Method::Write => {
                let decided = self.batcher.decide(body, Instant::now() + PATIENCE).await;
                let answer = decided.map_or(Answer::Unknown, |(index, decided)| Answer::Applied(index, decided));
                answer_out(answer).encode_to_vec()
            }
            Method::Read => self.read(&body).await.ok_or_else(|| io::Error::other("the read timed out"))?.encode_to_vec(),
            Method::Hello => self.world.disk(self.id).lock().folder_origin().encode_to_vec(),
            Method::HandOver => {
                self.replica.begin_transfer(pb::HandOverRequest::decode(body)?.to).await?;
                Vec::new()
            }
            Method::Append => return Err(io::Error::other("append is a stream, not a call")),
        };
        Ok(reply.into())
    }

    /// Proposes commands that another node forwarded, if this node is the leader. It never forwards them again.
    async fn propose_forwarded(&self, request: pb::ProposeRequest) -> pb::ProposeReply {
        let leader = self.replica.leader();
        if leader != Some(self.id) {
            return pb::ProposeReply { proposed: None, leader };
        }
        let answers = self.batcher.decide_forwarded(request.commands, Instant::now() + PATIENCE).await;
        pb::ProposeReply { proposed: Some(pb::Proposed { answers }), leader }
    }

    /// Reads the answer that is recorded under an idempotency key, and the digest of all rows. `ask` is the key and the age in
    /// ms that the answer may have; 0 is a linearizable read.
    async fn read(&self, ask: &Bytes) -> Option<pb::Applied> {
        let (key, age) = ask.split_first_chunk::<16>()?;
        let age = Duration::from_millis(u64::from_be_bytes(age.try_into().ok()?));
        let is_fresh = !age.is_zero() && self.gate.is_within(age);
        if !is_fresh && !self.gate.pass(Instant::now() + READ_PATIENCE).await {
            return None;
        }
        let mut live = self.shared.live.lock();
        let digest = live.rows.digest();
        let reply = crate::observer::recorded(&mut live.rows.rows, *key);
        Some(pb::Applied {
            index: live.position.last_log_id.map_or(0, |id| id.index),
            replayed: reply.is_some(),
            reply: reply.map(|reply| pb::Reply::from(&reply).encode_to_vec().into()).unwrap_or_default(),
            guest_key: Some(digest.to_be_bytes().to_vec().into()),
        })
    }

    /// Proposes a tick whenever a hold is due.
    async fn tick(self) {
        let tick = commands::encode(&Command { property: PropertyNumber(0), request: None, by: None, op: Op::Tick });
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let due = self.shared.next_deadline_ms.load(Ordering::Relaxed);
            if due != 0 && due <= self.replica.now_ms() && self.replica.leader() == Some(self.id) {
                // If this tick fails, the next one is tried.
                let _ = self.batcher.decide(tick.clone(), Instant::now() + Duration::from_secs(1)).await;
            }
        }
    }

    /// Builds a snapshot whenever the log has grown enough.
    async fn take_snapshots(self) {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let metrics = self.raft.metrics().borrow_watched().clone();
            let applied = metrics.last_applied.map_or(0, |id| id.index);
            let grown = applied.saturating_sub(metrics.snapshot.map_or(0, |id| id.index));
            if grown >= settings().snapshot_log_entries {
                self.obey(Ask::Snapshot).await;
            }
        }
    }
}
