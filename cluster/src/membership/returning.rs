//! Rejoining with new data (ADR 11).

use std::time::Duration;

use crate::node::Node;

/// How often a node asks.
const EVERY: Duration = Duration::from_millis(200);

/// Asks all peers to let this node rejoin, until it votes in every group.
pub async fn rejoin(node: &Node) {
    let (me, id) = (node.me(), node.config.node);
    tracing::warn!(
        event = "rejoin_started",
        node = id,
        incarnation = me.incarnation,
        "the data folder is new: asking the other members to let this node rejoin"
    );
    loop {
        for peer in node.config.peers.iter().filter(|peer| peer.id != id) {
            if let Err(cause) = node.links.replace(peer.id, &peer.peer, me.encoded(id)).await {
                tracing::debug!(peer = peer.id, %cause, "the peer did not answer the request to rejoin");
            }
        }
        tokio::time::sleep(EVERY).await;
        if node.shards.iter().all(|shard| shard.group.votes(id, me.incarnation)) {
            tracing::info!(event = "rejoined", node = id, "rejoined: this node votes again in every shard");
            return;
        }
    }
}
