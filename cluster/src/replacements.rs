//! Members that lost their data and ask to be taken in anew (ADR 11).
//!
//! A node whose log or rows are damaged puts them aside, begins an empty folder, which is another incarnation, and asks
//! every peer. Whoever leads a group then takes the old incarnation out of it, and the new one in: first as a learner,
//! and as a voter once it has what the others have. Both changes need a majority of the others, so nothing that was
//! acknowledged can be lost with the old data, and no vote of the old incarnation counts for the new one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::cluster::Inner;
use crate::error::StartError;
use crate::member::Member;
use crate::raft::member_out;

/// How often a node asks, and how often leaders take the next step.
const EVERY: Duration = Duration::from_millis(200);
/// Steps that wait for a majority are given up after this time, and begun again.
const STEP: Duration = Duration::from_secs(5);

/// Who asked, as they now are.
#[derive(Default)]
pub struct Replacements {
    asked: Mutex<BTreeMap<u64, Member>>,
}

impl Replacements {
    /// A member asks; what it asked before is void.
    pub fn ask(&self, id: u64, member: Member) {
        let before = self.asked.lock().insert(id, member.clone());
        if before.as_ref() != Some(&member) {
            tracing::warn!(node = id, incarnation = member.incarnation, "a member has lost its data and is taken in anew");
        }
    }
}

impl Inner {
    /// Takes in whoever asked, in the groups that this node leads; runs until dropped.
    pub(crate) async fn take_in(self: Arc<Self>) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            let asked = self.replacements.asked.lock().clone();
            for (id, member) in asked {
                if self.take_in_everywhere(id, &member).await {
                    self.replacements.asked.lock().retain(|other, now| *other != id || *now != member);
                }
            }
        }
    }

    /// One step in every group; says whether nothing is left to do in any.
    async fn take_in_everywhere(&self, id: u64, member: &Member) -> bool {
        let mut done = true;
        for (shard, handle) in self.shards.iter().enumerate() {
            if handle.group.votes(id, member.incarnation) {
                continue;
            }
            done = false;
            if handle.group.leader() != Some(self.config.node) || !self.is_the_one(id, member).await {
                continue;
            }
            match tokio::time::timeout(STEP, handle.group.replace(id, member)).await {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => tracing::debug!(shard, node = id, %cause, "the membership could not be changed yet"),
                Err(_) => tracing::debug!(shard, node = id, "no majority yet for a change of the membership"),
            }
        }
        done
    }

    /// Whether the node that answers at the member's address is the one that asked: an old request may come late.
    async fn is_the_one(&self, id: u64, member: &Member) -> bool {
        let reply = self.links.hello(id, &member.peer).await.ok();
        reply.and_then(|reply| reply.me).is_some_and(|me| me.id == id && me.incarnation == member.incarnation)
    }

    /// Asks all peers to take this node in anew, until it votes in every group.
    pub(crate) async fn return_to_the_cluster(&self) -> Result<(), StartError> {
        let (me, node) = (self.me(), self.config.node);
        tracing::warn!(node, incarnation = me.incarnation, "the data are new: asking the other members to be taken in");
        loop {
            for peer in self.config.peers.iter().filter(|peer| peer.id != node) {
                if let Err(cause) = self.links.replace(peer.id, &peer.peer, member_out(node, &me)).await {
                    tracing::debug!(peer = peer.id, %cause, "the peer did not hear");
                }
            }
            tokio::time::sleep(EVERY).await;
            if self.shards.iter().all(|handle| handle.group.votes(node, me.incarnation)) {
                tracing::warn!(node, "taken in: this node votes again in every group");
                return Ok(());
            }
        }
    }
}
