//! Marks the data folder as this node's own while it acknowledges, so that every earlier copy of it is recognised (ADR 17).

use std::sync::Arc;
use std::time::Duration;

use crate::node::Node;

/// The longest time between an acknowledgement and the next mark. A copy that is younger may pass for the node's own data, but only
/// if it is copied over the same files after a crash within this time.
const EVERY: Duration = Duration::from_secs(10);

/// Marks the folder whenever entries were applied since the last mark. Runs until dropped.
pub async fn mark_place(node: Arc<Node>) {
    let mut every = tokio::time::interval(EVERY);
    let mut marked = Vec::new();
    loop {
        every.tick().await;
        let applied: Vec<u64> = node.shards.iter().map(|shard| *shard.group.replica().applied.borrow()).collect();
        if applied == marked {
            continue;
        }
        match node.folder.mark_as_own() {
            Ok(()) => marked = applied,
            Err(cause) => tracing::warn!(event = "place_failed", %cause, "cannot write PLACE into the data folder"),
        }
    }
}
