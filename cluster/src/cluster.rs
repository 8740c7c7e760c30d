//! One node's part of the cluster, as the edge sees it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_inventory::{Command, Fault, Key, Op, Outcome, PropertyNumber, Read, ReplicaKeys, Row};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::admission::Admission;
use crate::batcher::{Batcher, Decided, Undecided};
use crate::config::ClusterConfig;
use crate::damage::Damage;
use crate::directory::{self, Directory, Placement};
use crate::divergence::Divergence;
use crate::error::ClusterError;
use crate::member::Member;
use crate::raft::{Group, Links, Status};
use crate::reads::ReadGate;
use crate::receipts::{Published, ReceiptLog, Signer, cosign};
use crate::replacements::Replacements;
use crate::storage::{LogDb, RowsDb, View};
use crate::usage::UsageBox;

/// How long a command that another node forwarded may take.
const FORWARDED: Duration = Duration::from_secs(10);
/// Pause before the shard is told again.
const RETRY: Duration = Duration::from_millis(10);

/// One node's part of the cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) inner: Arc<Inner>,
}

/// What the node's own service needs of it, too.
pub struct Inner {
    pub(crate) config: ClusterConfig,
    pub(crate) incarnation: u64,
    pub(crate) directory: Arc<Directory>,
    pub(crate) rows: Arc<RowsDb>,
    pub(crate) log: LogDb,
    pub(crate) shards: Vec<ShardHandle>,
    pub(crate) divergence: Arc<Divergence>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) links: Links,
    pub(crate) usage: UsageBox,
    pub(crate) replacements: Replacements,
    pub(crate) damage: Damage,
}

pub(crate) struct ShardHandle {
    pub group: Group,
    pub batcher: Batcher,
    pub gate: ReadGate,
    /// Data shards only.
    pub receipts: Option<Receipts>,
}

pub(crate) struct Receipts {
    pub log: ReceiptLog,
    pub signer: Signer,
    pub published: Arc<Published>,
}

/// A command's outcome and where in the log it is.
#[derive(Clone, Debug)]
pub struct Committed {
    /// What was decided.
    pub outcome: Outcome,
    /// Where.
    pub as_of: AsOf,
}

/// A position in a shard's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The shard.
    pub shard: u32,
    /// The index of the last entry that is reflected.
    pub index: u64,
}

/// How fresh a read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Everything acknowledged before the read began.
    Linearizable,
    /// Everything acknowledged this long before the read began; answered here without a round if possible.
    Bounded(Duration),
    /// Whatever this replica has applied: committed, but perhaps old.
    Local,
}

impl Cluster {
    /// Where a property lives. Asks the leader of the directory when this node does not know it.
    pub async fn locate(&self, id: &str, deadline: Instant) -> Result<Option<Placement>, ClusterError> {
        if let Some(placement) = self.inner.directory.find(id) {
            return Ok(Some(placement));
        }
        self.pass(directory::SHARD, Consistency::Linearizable, deadline).await?;
        Ok(self.inner.directory.find(id))
    }

    /// Where the property of an id lives, likewise.
    pub async fn locate_number(&self, number: PropertyNumber, deadline: Instant) -> Result<Option<Placement>, ClusterError> {
        if let Some(placement) = self.inner.directory.find_number(number) {
            return Ok(Some(placement));
        }
        // Numbers are given in order: one that is far beyond was never given, but only the directory knows.
        self.pass(directory::SHARD, Consistency::Linearizable, deadline).await?;
        Ok(self.inner.directory.find_number(number))
    }

    /// Gives a property its place; the one it has, if it has one.
    pub async fn register(&self, id: &str, home_region: &str, deadline: Instant) -> Result<Placement, ClusterError> {
        if let Some(placement) = self.inner.directory.find(id) {
            return Ok(placement);
        }
        let data_shards = self.inner.config.data_shards;
        let register = pb::RegisterProperty { id: id.into(), home_region: home_region.into(), data_shards };
        let command = pb::DirectoryCommand { op: Some(pb::directory_command::Op::RegisterProperty(register)) };
        match self.inner.decide(directory::SHARD, command.encode_to_vec().into(), deadline).await? {
            (_, Decided::Directory(pb::DirectoryReply { reply: Some(pb::directory_reply::Reply::Property(row)) })) => {
                Ok(directory::placement(&row))
            }
            _ => Err(ClusterError::Storage("the directory answered something else".into())),
        }
    }

    /// The shard of a property, as far as this node knows.
    pub fn known_shard(&self, number: PropertyNumber) -> Option<u32> {
        self.inner.directory.find_number(number).map(|placement| placement.shard)
    }

    /// The id of a property, as far as this node knows.
    pub fn known_property(&self, number: PropertyNumber) -> Option<String> {
        self.inner.directory.find_number(number).map(|placement| placement.id)
    }

    /// Up to `limit` properties after an id, as the directory has them now.
    pub async fn list_properties(
        &self,
        after: &str,
        limit: usize,
        deadline: Instant,
    ) -> Result<(Vec<Placement>, AsOf), ClusterError> {
        self.pass(directory::SHARD, Consistency::Linearizable, deadline).await?;
        let index = *self.inner.shards[directory::SHARD as usize].group.shared().applied.borrow();
        Ok((self.inner.directory.list(after, limit), AsOf { shard: directory::SHARD, index }))
    }

    /// Takes a command to the leader of `shard` and back. Tries again on a new leader until `deadline`,
    /// which is safe because the idempotency key goes with it.
    pub async fn propose(&self, shard: u32, command: &Command, deadline: Instant) -> Result<Committed, ClusterError> {
        match self.inner.decide(shard, commands::encode(command), deadline).await? {
            (index, Decided::Outcome(outcome)) => Ok(Committed { outcome, as_of: AsOf { shard, index } }),
            (_, Decided::Directory(_)) => Err(ClusterError::Storage("a data shard answered as the directory".into())),
        }
    }

    /// Calls `read` with a view of `shard` that is as fresh as asked.
    pub async fn read<T>(
        &self,
        shard: u32,
        consistency: Consistency,
        deadline: Instant,
        read: impl FnOnce(&mut View<'_>) -> Result<T, Fault>,
    ) -> Result<(T, AsOf), ClusterError> {
        self.pass(shard, consistency, deadline).await?;
        let storage = |cause: io::Error| ClusterError::Storage(cause.to_string());
        let viewed = self.inner.rows.view(shard, |view| {
            let value = read(view).map_err(|fault| ClusterError::Storage(fault.to_string()))?;
            let index =
                view.applied().map_err(storage)?.and_then(|bytes| bytes.first_chunk::<8>().map(|b| u64::from_be_bytes(*b)));
            Ok((value, AsOf { shard, index: index.unwrap_or(0) }))
        });
        viewed.map_err(storage)?
    }

    /// The applied index of a shard on this node, as it grows.
    pub fn watch_applied(&self, shard: u32) -> Option<watch::Receiver<u64>> {
        self.inner.shards.get(shard as usize).map(|handle| handle.group.shared().applied.subscribe())
    }

    /// The receipts' log of a data shard.
    pub fn receipts(&self, shard: u32) -> Option<&ReceiptLog> {
        self.inner.shards.get(shard as usize)?.receipts.as_ref().map(|receipts| &receipts.log)
    }

    /// Whether this replica of every shard has heard of a majority this long ago or later, and applied what that had.
    pub fn is_fresh(&self, age: Duration) -> bool {
        self.inner.shards.iter().all(|handle| handle.gate.is_within(age))
    }

    /// Whether this node leads a shard, as far as it knows.
    pub fn leads(&self, shard: u32) -> bool {
        self.inner.shards.get(shard as usize).is_some_and(|handle| handle.group.leader() == Some(self.inner.config.node))
    }

    /// How often this node saw replicas differ.
    pub fn divergences(&self) -> u64 {
        self.inner.divergence.count()
    }

    /// Begins to hand the leadership of a shard to another node, through whichever node leads it now.
    ///
    /// # Errors
    /// Why it was not begun, in a sentence: no such shard, no leader, the node is no voter or too far behind.
    pub async fn hand_over(&self, shard: u32, to: u64) -> Result<(), String> {
        let Some(handle) = self.inner.shards.get(shard as usize) else { return Err(format!("there is no shard {shard}")) };
        let Some(leader) = handle.group.leader() else { return Err(format!("shard {shard} has no leader")) };
        if leader == to {
            return Ok(());
        }
        if leader == self.inner.config.node {
            return handle.group.hand_over(to).await.map_err(|cause| cause.to_string());
        }
        let member = handle.group.members().into_iter().find(|(id, _)| *id == leader).map(|(_, member)| member);
        let unreachable = || format!("node {leader}, which leads shard {shard}, cannot be reached");
        let mut client = self.inner.links.client(leader, &member.ok_or_else(unreachable)?).map_err(|_| unreachable())?;
        let mut request = tonic::Request::new(pb::HandOverRequest { group: shard, to });
        request.set_timeout(Duration::from_secs(1));
        let refused = client.hand_over(request).await.map_err(|_| unreachable())?.into_inner().refused;
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }

    /// How many data shards there are; they are numbered from 1.
    pub fn data_shards(&self) -> u32 {
        self.inner.config.data_shards
    }

    /// This node's id.
    pub fn node(&self) -> u64 {
        self.inner.config.node
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.inner.config.cluster
    }

    /// The members and their addresses.
    pub fn members(&self) -> Vec<(u64, Member)> {
        self.inner.members()
    }

    /// Fences nodes on this one alone, without the directory.
    #[cfg(test)]
    pub(crate) fn shut_out(&self, nodes: std::collections::BTreeSet<u64>) {
        self.inner.admission.fence(nodes);
    }

    /// Every shard in numbers, from 0.
    pub fn status(&self) -> Vec<Status> {
        self.inner.shards.iter().map(|handle| handle.group.status()).collect()
    }

    /// Synced writes of the log since the start.
    pub fn log_syncs(&self) -> u64 {
        self.inner.log.syncs()
    }

    /// Waits until this node must not go on: its storage failed or Raft stopped. Returns why.
    pub async fn failed(&self) -> String {
        let stopped = self.inner.shards.iter().map(|handle| Box::pin(handle.group.stopped()));
        tokio::select! {
            (reason, _, _) = futures::future::select_all(stopped) => {
                // It may be the disk that is full or gone, or what is on it: the next start looks.
                self.inner.suspect(&reason);
                reason
            }
            reason = self.inner.divergence.stopped() => reason,
            reason = self.inner.damage.met() => reason,
        }
    }

    /// Stops taking part.
    pub async fn shutdown(&self) {
        for handle in &self.inner.shards {
            handle.group.shutdown().await;
        }
    }

    async fn pass(&self, shard: u32, consistency: Consistency, deadline: Instant) -> Result<(), ClusterError> {
        let gate = &self.inner.shards.get(shard as usize).ok_or(ClusterError::Unavailable { shard })?.gate;
        let fresh = match consistency {
            Consistency::Linearizable => false,
            Consistency::Bounded(age) => gate.is_within(age),
            Consistency::Local => true,
        };
        if fresh || gate.pass(deadline).await { Ok(()) } else { Err(ClusterError::Unavailable { shard }) }
    }
}

impl Inner {
    pub(crate) fn group(&self, shard: u32) -> Result<&Group, ClusterError> {
        self.shards.get(shard as usize).map(|handle| &handle.group).ok_or(ClusterError::Unavailable { shard })
    }

    pub(crate) fn members(&self) -> Vec<(u64, Member)> {
        self.shards.first().map(|handle| handle.group.members()).unwrap_or_default()
    }

    /// Whether a node may take part: a member of the directory's group, and not fenced.
    pub(crate) fn is_admitted(&self, node: u64) -> bool {
        self.admission.admits(node)
    }

    /// This node as a member.
    pub(crate) fn me(&self) -> Member {
        let mine = self.config.peers.iter().find(|peer| peer.id == self.config.node);
        mine.map_or_else(Member::default, |peer| Member {
            incarnation: self.incarnation,
            peer: peer.peer.clone(),
            http: peer.http.clone(),
            grpc: peer.grpc.clone(),
            region: peer.region.clone(),
        })
    }

    /// Commands that another node forwarded: proposed here or nowhere.
    pub(crate) async fn propose_forwarded(&self, request: pb::ProposeRequest) -> Result<pb::ProposeReply, ClusterError> {
        let shard = request.group;
        let handle = self.shards.get(shard as usize).ok_or(ClusterError::Unavailable { shard })?;
        let leader = handle.group.leader();
        if leader != Some(self.config.node) {
            return Ok(pb::ProposeReply { proposed: None, leader });
        }
        let answers = handle.batcher.decide_forwarded(request.commands, Instant::now() + FORWARDED).await;
        Ok(pb::ProposeReply { proposed: Some(pb::Proposed { answers }), leader })
    }

    /// Answers another replica's leader about the tree of a shard.
    pub(crate) async fn cosign(&self, request: pb::CosignRequest) -> Option<pb::CosignReply> {
        let receipts = self.shards.get(request.group as usize)?.receipts.as_ref()?;
        let means = (&receipts.signer, receipts.published.as_ref(), self.divergence.as_ref());
        cosign::answer(request.group, request.ask?, means).await
    }

    /// Sees to it that the shard's rows have this node's signing keys.
    pub(crate) async fn announce_keys(self: Arc<Self>, shard: u32, keys: ReplicaKeys) {
        let command = Command { property: PropertyNumber(0), request: None, by: None, op: Op::PutReplicaKeys(keys) };
        let known = || {
            let row = self.rows.view(
                shard,
                |view| matches!(view.get(&Key::ReplicaKeys(keys.node)), Ok(Some(Row::ReplicaKeys(row))) if *row == keys),
            );
            row.unwrap_or(false)
        };
        while !known() {
            let deadline = Instant::now() + Duration::from_secs(5);
            if let Err(cause) = self.decide(shard, commands::encode(&command), deadline).await {
                tracing::debug!(shard, %cause, "the shard does not know this node's signing keys yet");
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    pub(crate) async fn decide(&self, shard: u32, command: Bytes, deadline: Instant) -> Result<(u64, Decided), ClusterError> {
        let batcher = &self.shards.get(shard as usize).ok_or(ClusterError::Unavailable { shard })?.batcher;
        batcher.decide(command, deadline).await.map_err(|why| match why {
            Undecided::Overloaded => ClusterError::Overloaded { shard },
            Undecided::Unavailable => ClusterError::Unavailable { shard },
            Undecided::Unknown => ClusterError::UnknownOutcome { shard },
        })
    }

    /// Proposes a tick whenever a hold is due that nobody's command has expired, and seals the audit trail now and then;
    /// runs until dropped.
    pub(crate) async fn tick(self: Arc<Self>, shard: u32) {
        let mut every = tokio::time::interval(Duration::from_millis(100));
        let of_the_cluster = |op| commands::encode(&Command { property: PropertyNumber(0), request: None, by: None, op });
        let (tick, seal) = (of_the_cluster(Op::Tick), of_the_cluster(Op::SealAudit));
        loop {
            every.tick().await;
            let Ok(group) = self.group(shard) else { return };
            let due = group.shared().next_deadline_ms.load(std::sync::atomic::Ordering::Relaxed);
            let now = group.now_ms();
            let unsealed = group.shared().audit_unsealed_since_ms.load(std::sync::atomic::Ordering::Relaxed);
            let seal_is_due = unsealed != 0 && unsealed + self.config.audit_seal_secs * 1_000 <= now;
            let hold_is_due = due != 0 && due <= now;
            if group.leader() != Some(self.config.node) {
                continue;
            }
            for (is_due, command) in [(hold_is_due, &tick), (seal_is_due, &seal)] {
                let deadline = Instant::now() + Duration::from_secs(1);
                if is_due && let Err(cause) = self.decide(shard, command.clone(), deadline).await {
                    tracing::debug!(shard, %cause, "a tick did not get through; the next will");
                }
            }
        }
    }
}

/// This node's clock, ms since 1970.
pub(crate) fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
