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

use crate::node::Node;
use crate::peers::Member;

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

    /// The member is in every group. A newer request, with other data, stays.
    fn forget(&self, id: u64, member: &Member) {
        self.asked.lock().retain(|other, now| *other != id || now != member);
    }
}

/// Takes in whoever asked, in the groups that this node leads.
pub async fn take_in(node: Arc<Node>, replacements: Arc<Replacements>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let asked = replacements.asked.lock().clone();
        for (id, member) in asked {
            if take_in_everywhere(&node, id, &member).await {
                replacements.forget(id, &member);
            }
        }
    }
}

/// One step in every group; says whether nothing is left to do in any.
async fn take_in_everywhere(node: &Node, id: u64, member: &Member) -> bool {
    let mut done = true;
    for (shard, handle) in node.shards.iter().enumerate() {
        if handle.group.votes(id, member.incarnation) {
            continue;
        }
        done = false;
        if handle.group.leader() != Some(node.config.node) || !is_the_one(node, id, member).await {
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
async fn is_the_one(node: &Node, id: u64, member: &Member) -> bool {
    let reply = node.links.hello(id, &member.peer).await.ok();
    reply.and_then(|reply| reply.me).is_some_and(|me| me.id == id && me.incarnation == member.incarnation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_request_is_not_forgotten() {
        let replacements = Replacements::default();
        let [first, second] = [1, 2].map(|incarnation| Member { incarnation, ..Member::default() });
        replacements.ask(3, first.clone());
        replacements.ask(3, second.clone());
        replacements.forget(3, &first);
        assert_eq!(*replacements.asked.lock(), BTreeMap::from([(3, second.clone())]));
        replacements.forget(3, &second);
        assert!(replacements.asked.lock().is_empty());
    }
}
