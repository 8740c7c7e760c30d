//! One node's part of the cluster, as the edge sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keyrack_inventory::{Command, Fault, Outcome, PropertyNumber};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::directory::{self, Placement};
use crate::error::ClusterError;
use crate::membership::{self, HandOverError};
use crate::node::Node;
use crate::peers::{Member, UsageInbox};
use crate::raft::Status;
use crate::receipts::ReceiptLog;
use crate::shard::Decided;
use crate::storage::View;
use crate::tasks::Tasks;

/// One node's part of the cluster. Cheap to clone.
#[derive(Clone)]
pub struct ClusterNode {
    pub(crate) node: Arc<Node>,
    pub(crate) usage: Arc<UsageInbox>,
}

/// A command's outcome and where in the log it is.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The decision.
    pub outcome: Outcome,
    /// The position of its log entry.
    pub as_of: AsOf,
}

/// A position in a shard's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The shard.
    pub shard: u32,
    /// The index of the last entry that the answer reflects.
    pub index: u64,
}

/// How fresh a read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// The read sees everything acknowledged before it began.
    Linearizable,
    /// The read sees everything acknowledged this long before it began. This node answers without a round if it can.
    Bounded(Duration),
    /// The read sees what this replica has applied: committed, but perhaps old.
    Local,
}

impl ClusterNode {
    /// The number and shard of a property. Asks the leader of the directory when this node does not know the property.
    pub async fn locate(&self, id: &str, deadline: Instant) -> Result<Option<Placement>, ClusterError> {
        if let Some(placement) = self.node.directory.find(id) {
            return Ok(Some(placement));
        }
        self.pass(directory::SHARD, Consistency::Linearizable, deadline).await?;
        Ok(self.node.directory.find(id))
    }

    /// The same, by the property's number.
    pub async fn locate_number(&self, number: PropertyNumber, deadline: Instant) -> Result<Option<Placement>, ClusterError> {
        if let Some(placement) = self.node.directory.find_number(number) {
            return Ok(Some(placement));
        }
        // This replica of the directory may be behind: an unknown number may have been given since.
        self.pass(directory::SHARD, Consistency::Linearizable, deadline).await?;
        Ok(self.node.directory.find_number(number))
    }

    /// Gives a property a number and a shard. A property that has them keeps them.
    pub async fn register(&self, id: &str, home_region: &str, deadline: Instant) -> Result<Placement, ClusterError> {
        if let Some(placement) = self.node.directory.find(id) {
            return Ok(placement);
        }
        let data_shards = self.node.config.data_shards;
        let register = pb::RegisterProperty { id: id.into(), home_region: home_region.into(), data_shards };
        let command = pb::DirectoryCommand { op: Some(pb::directory_command::Op::RegisterProperty(register)) };
        match self.node.decide(directory::SHARD, command.encode_to_vec().into(), deadline).await? {
            (_, Decided::Directory(pb::DirectoryReply { reply: Some(pb::directory_reply::Reply::Property(row)) })) => {
                Ok(directory::placement(&row))
            }
            (_, Decided::Directory(pb::DirectoryReply { reply: Some(pb::directory_reply::Reply::Refused(refused)) }))
                if refused == pb::DirectoryRefusal::TooManyProperties as i32 =>
            {
                Err(ClusterError::TooManyProperties)
            }
            _ => Err(ClusterError::OtherReply { shard: directory::SHARD }),
        }
    }

    /// The shard of a property, as far as this node knows; `None` if the shard does not exist.
    pub fn known_shard(&self, number: PropertyNumber) -> Option<u32> {
        let shard = self.node.directory.find_number(number)?.shard;
        (shard <= self.node.config.data_shards).then_some(shard)
    }

    /// The id of a property, as far as this node knows.
    pub fn known_property(&self, number: PropertyNumber) -> Option<String> {
        self.node.directory.find_number(number).map(|placement| placement.id)
    }

    /// Up to `limit` properties after an id, from a linearizable read of the directory.
    pub async fn list_properties(
        &self,
        after: &str,
        limit: usize,
        deadline: Instant,
    ) -> Result<(Vec<Placement>, AsOf), ClusterError> {
        self.pass(directory::SHARD, Consistency::Linearizable, deadline).await?;
        let index = *self.node.group(directory::SHARD)?.progress().applied.borrow();
        Ok((self.node.directory.list(after, limit), AsOf { shard: directory::SHARD, index }))
    }

    /// Sends a command to the leader of `shard` and returns its outcome. Tries again on a new leader until `deadline`.
    /// A retry is safe because the command carries its idempotency key.
    pub async fn propose(&self, shard: u32, command: &Command, deadline: Instant) -> Result<Committed, ClusterError> {
        match self.node.decide(shard, commands::encode(command), deadline).await? {
            (index, Decided::Outcome(outcome)) => Ok(Committed { outcome, as_of: AsOf { shard, index } }),
            (_, Decided::Directory(_)) => Err(ClusterError::OtherReply { shard }),
        }
    }

    /// The same for a command of the cluster itself that only a shard's leader proposes. It is never forwarded.
    pub async fn propose_as_leader(&self, shard: u32, command: &Command, deadline: Instant) -> Result<(), ClusterError> {
        self.node.decide_as_leader(shard, commands::encode(command), deadline).await.map(drop)
    }

    /// Calls `read` with a view of `shard` that is as fresh as `consistency` requires.
    pub async fn read<T>(
        &self,
        shard: u32,
        consistency: Consistency,
        deadline: Instant,
        read: impl FnOnce(&mut View<'_>) -> Result<T, Fault>,
    ) -> Result<(T, AsOf), ClusterError> {
        self.pass(shard, consistency, deadline).await?;
        self.node.rows.view(shard, |view| {
            let value = read(view)?;
            let index = view.applied()?.and_then(|bytes| bytes.first_chunk::<8>().map(|b| u64::from_be_bytes(*b)));
            Ok((value, AsOf { shard, index: index.unwrap_or(0) }))
        })?
    }

    /// Waits until this node's copy of the directory is at most `age` old.
    ///
    /// # Errors
    /// It is older at `deadline`.
    pub async fn refresh_directory(&self, age: Duration, deadline: Instant) -> Result<(), ClusterError> {
        self.pass(directory::SHARD, Consistency::Bounded(age), deadline).await
    }

    /// The applied index of a shard on this node, as it grows.
    pub fn watch_applied(&self, shard: u32) -> Option<watch::Receiver<u64>> {
        self.node.group(shard).ok().map(|group| group.progress().applied.subscribe())
    }

    /// The receipts log of a data shard.
    pub fn receipts(&self, shard: u32) -> Option<&ReceiptLog> {
        self.node.shard(shard).ok()?.receipts.as_ref().map(|receipts| &receipts.log)
    }

    /// Whether every shard's replica here has applied all that was acknowledged `age` ago, by this node's own clock.
    pub fn is_fresh(&self, age: Duration) -> bool {
        self.node.shards.iter().all(|handle| handle.gate.is_within(age))
    }

    /// The peers that did not answer the last call of this node.
    pub fn lost_peers(&self) -> Vec<u64> {
        self.node.links.lost_peers()
    }

    /// Whether this node leads a shard, as far as it knows.
    pub fn leads(&self, shard: u32) -> bool {
        self.node.leads(shard)
    }

    /// How often this node saw replicas differ.
    pub fn divergences(&self) -> u64 {
        self.node.halt.differences()
    }

    /// Asks the leader of a shard to hand the leadership to another node.
    ///
    /// # Errors
    /// [`HandOverError`] if the hand-over did not begin.
    pub async fn hand_over(&self, shard: u32, to: u64) -> Result<(), HandOverError> {
        membership::hand_over(&self.node, shard, to).await
    }

    /// How many data shards there are; they are numbered from 1.
    pub fn data_shards(&self) -> u32 {
        self.node.config.data_shards
    }

    /// This node's id.
    pub fn node(&self) -> u64 {
        self.node.config.node
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.node.config.cluster
    }

    /// The members and their addresses.
    pub fn members(&self) -> Vec<(u64, Member)> {
        self.node.members()
    }

    /// Fences nodes on this node only, without the directory.
    #[cfg(test)]
    pub(crate) fn fence_on_this_node(&self, nodes: std::collections::BTreeSet<u64>) {
        self.node.admission.fence(nodes);
    }

    /// The status of every shard, ordered by number from 0.
    pub fn status(&self) -> Vec<Status> {
        self.node.shards.iter().map(|handle| handle.group.status()).collect()
    }

    /// The number of synced log writes since the start.
    pub fn log_syncs(&self) -> u64 {
        self.node.log.syncs()
    }

    /// How many messages of other nodes were refused since the start because no honest node sends them.
    pub fn peer_refusals(&self) -> u64 {
        self.node.peer_refusals.load(Ordering::Relaxed)
    }

    /// Waits until this node must stop: its storage failed, Raft stopped or one of its tasks panicked. Returns the reason.
    pub async fn failed(&self) -> String {
        let stopped = self.node.shards.iter().map(|handle| Box::pin(handle.group.stopped()));
        tokio::select! {
            (reason, _, _) = futures::future::select_all(stopped) => {
                // The cause may be a full or lost disk, or damaged data: the next start verifies everything.
                self.node.halt.suspect(&reason);
                reason
            }
            reason = self.node.halt.reason() => reason,
            reason = self.node.tasks.failed() => reason,
        }
    }

    /// The owner of this node's background tasks.
    pub fn tasks(&self) -> &Tasks {
        &self.node.tasks
    }

    /// Stops this node: first Raft in all groups, so that other nodes can lead them; then the background tasks.
    /// Open connections of other nodes end with the process.
    pub async fn shutdown(&self) {
        futures::future::join_all(self.node.shards.iter().map(|shard| shard.group.shutdown())).await;
        self.node.tasks.stop().await;
        if let Err(cause) = self.node.folder.mark_as_own() {
            tracing::warn!(event = "place_failed", %cause, "cannot write PLACE into the data folder");
        }
    }

    async fn pass(&self, shard: u32, consistency: Consistency, deadline: Instant) -> Result<(), ClusterError> {
        let gate = &self.node.shard(shard)?.gate;
        let fresh = match consistency {
            Consistency::Linearizable => false,
            Consistency::Bounded(age) => gate.is_within(age),
            Consistency::Local => true,
        };
        if fresh || gate.pass(deadline).await { Ok(()) } else { Err(ClusterError::Unavailable { shard }) }
    }
}
