//! Members that lost their data and ask to rejoin (ADR 11).
//!
//! A node whose log or rows are damaged sets them aside, begins an empty folder with a new incarnation, and asks every peer.
//! The leader of each group then removes the old incarnation and adds the new one: first as a learner, then as a voter when
//! it has caught up. Both changes need a majority of the others. So nothing that was acknowledged is lost with the old data,
//! and no vote of the old incarnation counts for the new one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::node::Node;
use crate::peers::Member;
use crate::seldom::Seldom;

/// How often a node asks, and how often leaders take the next step.
const EVERY: Duration = Duration::from_millis(200);
/// A step that still waits for a majority after this time stops and begins again.
const STEP: Duration = Duration::from_secs(5);

/// The members that asked to rejoin, with their new incarnations.
#[derive(Default)]
pub struct RejoinRequests {
    asked: Mutex<BTreeMap<u64, Member>>,
    logged: Seldom,
}

impl RejoinRequests {
    /// Records a member's request. It replaces the member's earlier request.
    pub fn ask(&self, id: u64, member: Member) {
        let before = self.asked.lock().insert(id, member.clone());
        if before.as_ref() != Some(&member) && self.logged.is_due(id) {
            tracing::warn!(
                event = "member_rejoining",
                node = id,
                incarnation = member.incarnation,
                "a member with a new data folder rejoins"
            );
        }
    }

    /// Removes the request of a member that is a voter in every group. A newer request of the same node stays.
    fn forget(&self, id: u64, member: &Member) {
        self.asked.lock().retain(|other, now| *other != id || now != member);
    }
}

/// Adds the members that asked to rejoin to the groups that this node leads.
pub async fn readmit_members(node: Arc<Node>, replacements: Arc<RejoinRequests>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let asked = replacements.asked.lock().clone();
        for (id, member) in asked {
            if readmit_in_all_shards(&node, id, &member).await {
                replacements.forget(id, &member);
            }
        }
    }
}

/// Takes one step in every group. Returns whether the member is a voter in all of them.
async fn readmit_in_all_shards(node: &Node, id: u64, member: &Member) -> bool {
    let mut done = true;
    for (shard, handle) in node.shards.iter().enumerate() {
        if handle.group.votes(id, member.incarnation) {
            continue;
        }
        done = false;
        if handle.group.leader() != Some(node.config.node) || !has_incarnation(node, id, member).await {
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

/// Whether the node at the member's address still has this incarnation: an old request may arrive late.
async fn has_incarnation(node: &Node, id: u64, member: &Member) -> bool {
    let reply = node.links.hello(id, &member.peer).await.ok();
    reply.and_then(|reply| reply.me).is_some_and(|me| me.id == id && me.incarnation == member.incarnation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_request_is_not_forgotten() {
        let replacements = RejoinRequests::default();
        let [first, second] = [1, 2].map(|incarnation| Member { incarnation, ..Member::default() });
        replacements.ask(3, first.clone());
        replacements.ask(3, second.clone());
        replacements.forget(3, &first);
        assert_eq!(*replacements.asked.lock(), BTreeMap::from([(3, second.clone())]));
        replacements.forget(3, &second);
        assert!(replacements.asked.lock().is_empty());
    }
}
