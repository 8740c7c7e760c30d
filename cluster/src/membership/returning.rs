//! Rejoining with new data (ADR 11).

use std::time::Duration;

use tokio::time::Instant;

use crate::error::StartError;
use crate::node::Node;
use crate::peers::innermost;
use crate::shared_settings::compare_settings;

/// How often a node asks.
const EVERY: Duration = Duration::from_millis(200);
/// How long a node waits before it logs why it has not rejoined yet, and how long between two such lines.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// Asks all peers to let this node rejoin, until it votes in every group.
///
/// # Errors
/// A setting differs from that of a peer.
pub async fn rejoin(node: &Node) -> Result<(), StartError> {
    let (me, id) = (node.me(), node.config.node);
    tracing::warn!(
        event = "rejoin_started",
        node = id,
        incarnation = me.incarnation,
        "the data folder is new: asking the other members to let this node rejoin"
    );
    let mut complain_at = Instant::now() + PATIENCE.0;
    loop {
        let mut causes = Vec::new();
        for peer in node.config.peers.iter().filter(|peer| peer.id != id) {
            if let Ok(reply) = node.links.hello(peer.id, &peer.peer).await {
                compare_settings(node.config.shared_settings(), peer.id, reply.settings.as_ref(), true)
                    .map_err(StartError::SettingDiffers)?;
            }
            if let Err(cause) = node.links.replace(peer.id, &peer.peer, me.encoded(id)).await {
                causes.push(format!("node {}: {}", peer.id, innermost(&cause)));
            }
        }
        tokio::time::sleep(EVERY).await;
        if node.shards.iter().all(|shard| shard.group.votes(id, me.incarnation)) {
            tracing::info!(event = "rejoined", node = id, "rejoined: this node votes again in every shard");
            return Ok(());
        }
        if Instant::now() >= complain_at {
            complain_at = Instant::now() + PATIENCE.1;
            let cause =
                if causes.is_empty() { "the other nodes have no majority that answers".to_owned() } else { causes.join("; ") };
            tracing::warn!(event = "rejoin_waits", node = id, cause, "this node has not rejoined yet: a majority must answer");
        }
    }
}
