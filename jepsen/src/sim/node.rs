//! One node's process: Raft over its disk and the network, the batcher, the read gate and what it answers to others.

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
use openraft::raft::TransferLeaderRequest;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::batcher::{Answer, Batcher, answer_out};
use crate::disk::LogDb;
use crate::net::{self, Asked, Incoming, Method, Net, Opened, Peer};
use crate::raft::log_store::LogStore;
use crate::raft::{
    Group, GroupConfig, Links, Network, Raft, Rt, SHARD, Shared, StateMachine, Types, meta_and_rows, raft_config, spawn, wire,
};
use crate::reads::ReadGate;
use crate::world::{Ask, Running, World};

/// How long a node tries to get a client's command through.
const PATIENCE: Duration = Duration::from_millis(900);
/// And a read: longer than a leader is cut off and another is elected, as the daemon's requests wait.
pub const READ_PATIENCE: Duration = Duration::from_secs(3);

/// A node while it runs. Cheap to clone.
#[derive(Clone)]
pub struct Node {
    pub world: Arc<World>,
    pub id: u64,
    pub net: Arc<Net>,
    pub raft: Raft,
    shared: Arc<Shared>,
    group: Group,
    batcher: Batcher,
    gate: ReadGate,
}

/// What the batcher needs to know.
pub struct ClusterConfig {
    pub node: u64,
    pub queue_commands: usize,
    pub batch_commands: usize,
    pub batches_in_flight: usize,
}

/// The daemon's own times, and thresholds small enough for snapshots and purges to be many.
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

/// Runs until Raft stops by itself.
pub async fn run(world: Arc<World>, id: u64) -> turmoil::Result {
    let boot = world.node(id).boots.fetch_add(1, Ordering::Relaxed) + 1;
    let seed = world.seed ^ (id << 40) ^ (boot << 48);
    Ok(Rt::scope(seed, live(world, id, boot)).await?)
}

async fn live(world: Arc<World>, id: u64, boot: u64) -> io::Result<()> {
    let disk = world.disk(id);
    let incarnation = world.node(id).incarnation.load(Ordering::Relaxed);
    world.trace(id, format_args!("starts, incarnation {incarnation}, boot {boot}"));
    world.observe(|observer| observer.started(id, boot));
    let net = Net::open(world.clone(), Peer { id, incarnation }, boot << 40).await?;
    let log = LogStore::open(SHARD, LogDb::open(world.clone(), id, disk.clone()))?;
    let (machine, shared) = StateMachine::open(world.clone(), id, disk);
    let config = raft_config(SHARD, &settings()).validate().map_err(io::Error::other)?;
    let raft = Raft::new(id, Arc::new(config), Network(net.clone()), log.clone(), machine).await;
    let raft = raft.map_err(io::Error::other)?;
    let links = Links(net.clone());
    let group = Group::new(world.clone(), id, raft.clone(), log, links.clone(), shared.clone());
    let small = ClusterConfig { node: id, queue_commands: 1_024, batch_commands: 8, batches_in_flight: 4 };
    let batcher = Batcher::start(SHARD, &small, group.clone(), links.clone());
    let gate = ReadGate::start(SHARD, id, group.clone(), links);
    let node = Node { world: world.clone(), id, net, raft: raft.clone(), shared: shared.clone(), group, batcher, gate };
    let (asks, mut asked) = mpsc::unbounded_channel();
    *world.node(id).running.lock() = Some(Running { raft: raft.clone(), shared, asks });
    spawn(node.clone().accept());
    spawn(node.clone().tick());
    spawn(node.clone().take_snapshots());
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
            Ask::Transfer(to) => self.raft.trigger().transfer_leader(to).await.is_ok(),
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
        let input = futures::stream::unfold(opened.items, |mut items| async {
            let request = pb::AppendRequest::decode(items.next(|_| false).await?).ok()?;
            Some((wire::append_in(request).ok()?, items))
        });
        let mut replies = Box::pin(self.raft.stream_append(Box::pin(input)));
        let mut sequence = 0;
        while let Some(Ok(reply)) = replies.next().await {
            if let Ok(Some(last)) = &reply {
                self.world.observe(|observer| observer.accepted(self.id, last, &self.world.disk(self.id).lock()));
            }
            let item = wire::append_reply_out(&reply).encode_to_vec().into();
            self.net.reply_item(back, sequence, Some(item));
            sequence += 1;
        }
        self.net.reply_item(back, sequence, None);
    }

    async fn answer(&self, asked: &Asked) -> io::Result<Bytes> {
        let body = asked.body.clone();
        let reply = match asked.method {
            Method::AppendOne => {
                let request = wire::append_in(pb::AppendRequest::decode(body)?)?;
                let (prev, last) =
                    (request.prev_log_id, request.entries.last().map(|entry| entry.log_id).or(request.prev_log_id));
                let reply = self.raft.append_entries(request).await.map_err(io::Error::other)?.into_stream_result(prev, last);
                if let Ok(Some(last)) = &reply {
                    self.world.observe(|observer| observer.accepted(self.id, last, &self.world.disk(self.id).lock()));
                }
                wire::append_reply_out(&reply).encode_to_vec()
            }
            Method::Vote => {
                let request = wire::vote_request_in(pb::VoteRequest::decode(body)?)?;
                let vote = request.vote;
                let reply = self.raft.vote(request).await.map_err(io::Error::other)?;
                if reply.vote_granted {
                    self.world.observe(|observer| observer.voted(self.id, &vote, &self.world.disk(self.id).lock()));
                }
                wire::vote_reply_out(&reply).encode_to_vec()
            }
            Method::PreVote => {
                let request = wire::vote_request_in(pb::VoteRequest::decode(body)?)?;
                wire::vote_reply_out(&self.raft.pre_vote(request).await.map_err(io::Error::other)?).encode_to_vec()
            }
            Method::Transfer => {
                let request = pb::TransferRequest::decode(body)?;
                let from = request.from.map(wire::vote_in).ok_or_else(|| io::Error::other("no vote"))?;
                let transfer = TransferLeaderRequest::<Types>::new(from, request.to, request.last.map(wire::log_id_in));
                let accepted = self.raft.handle_transfer_leader(transfer).await.map_err(io::Error::other)?.is_ok();
                pb::TransferReply { accepted }.encode_to_vec()
            }
            Method::Snapshot => {
                let (vote, meta, snapshot) = meta_and_rows(body)?;
                let snapshot = openraft::Snapshot { meta, snapshot };
                let reply = self.raft.install_full_snapshot(vote, snapshot).await.map_err(io::Error::other)?;
                wire::vote_out(&reply.vote).encode_to_vec()
            }
            Method::Propose => self.propose_forwarded(pb::ProposeRequest::decode(body)?).await.encode_to_vec(),
            Method::ReadIndex => {
                let index = self.group.read_index().await?;
                pb::ReadIndexReply { index, leader: self.group.leader() }.encode_to_vec()
            }
            Method::HeldVote => pb::HeldVoteReply { vote: self.group.held_vote().as_ref().map(wire::vote_out) }.encode_to_vec(),
            Method::Write => {
                let decided = self.batcher.decide(body, Instant::now() + PATIENCE).await;
                let answer = decided.map_or(Answer::Unknown, |(index, decided)| Answer::Applied(index, decided));
                answer_out(answer).encode_to_vec()
            }
            Method::Read => self.read(&body).await.ok_or_else(|| io::Error::other("not in time"))?.encode_to_vec(),
            Method::Append => return Err(io::Error::other("a stream")),
        };
        Ok(reply.into())
    }

    /// Commands that another node forwarded: proposed here or nowhere.
    async fn propose_forwarded(&self, request: pb::ProposeRequest) -> pb::ProposeReply {
        let leader = self.group.leader();
        if leader != Some(self.id) {
            return pb::ProposeReply { proposed: None, leader };
        }
        let answers = self.batcher.decide_forwarded(request.commands, Instant::now() + PATIENCE).await;
        pb::ProposeReply { proposed: Some(pb::Proposed { answers }), leader }
    }

    /// What was answered under an idempotency key, and the digest of all rows: as of now, or as of so many ms ago.
    async fn read(&self, ask: &Bytes) -> Option<pb::Applied> {
        let (key, age) = ask.split_first_chunk::<16>()?;
        let age = Duration::from_millis(u64::from_be_bytes(age.try_into().ok()?));
        let is_fresh = !age.is_zero() && self.gate.is_within(age);
        if !is_fresh && !self.gate.pass(Instant::now() + READ_PATIENCE).await {
            return None;
        }
        let mut live = self.shared.live.lock();
        let digest = live.shelf.digest();
        let reply = crate::observer::recorded(&mut live.shelf.rows, *key);
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
            if due != 0 && due <= self.group.now_ms() && self.group.leader() == Some(self.id) {
                // The next one gets through where this does not.
                let _ = self.batcher.decide(tick.clone(), Instant::now() + Duration::from_secs(1)).await;
            }
        }
    }

    /// A snapshot whenever the log has grown enough.
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
