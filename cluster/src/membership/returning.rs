//! Coming back with other data: this node asks to be taken in anew (ADR 11).

use std::time::Duration;

use crate::node::Node;

/// How often a node asks.
const EVERY: Duration = Duration::from_millis(200);

/// Asks all peers to take this node in anew, until it votes in every group.
pub async fn return_to_the_cluster(node: &Node) {
    let (me, id) = (node.me(), node.config.node);
    tracing::warn!(node = id, incarnation = me.incarnation, "the data are new: asking the other members to be taken in");
    loop {
        for peer in node.config.peers.iter().filter(|peer| peer.id != id) {
            if let Err(cause) = node.links.replace(peer.id, &peer.peer, me.encoded(id)).await {
                tracing::debug!(peer = peer.id, %cause, "the peer did not hear");
            }
        }
        tokio::time::sleep(EVERY).await;
        if node.shards.iter().all(|shard| shard.group.votes(id, me.incarnation)) {
            tracing::warn!(node = id, "taken in: this node votes again in every group");
            return;
        }
    }
}
