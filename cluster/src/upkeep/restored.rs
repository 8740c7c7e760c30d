//! After all nodes were started from copies: remembers the restore until every node has decided (ADR 17).

use std::sync::Arc;
use std::time::Duration;

use crate::membership::{all_have_decided, folder_of};
use crate::node::Node;

const EVERY: Duration = Duration::from_secs(1);

/// Forgets the newest copy's ends when this node has them.
pub async fn forget_newest_ends(node: Arc<Node>) {
    while node.folder.newest_ends().is_ok_and(|ends| !ends.is_empty()) {
        tokio::time::sleep(EVERY).await;
        if node.shards.iter().any(|shard| shard.group.replica().is_behind_floor()) {
            continue;
        }
        if let Err(cause) = node.folder.forget_newest_ends() {
            tracing::warn!(event = "place_failed", %cause, "cannot remove NEWEST from the data folder");
        }
    }
}

/// Ends when the mark of the restore is removed, at once if there is none.
pub async fn forget_restored(node: Arc<Node>) {
    let config = &node.config;
    while let Ok(Some(copies)) = node.folder.restored() {
        tokio::time::sleep(EVERY).await;
        if !all_have_decided(config.node, &config.node_ids(), &copies, |id| folder_of(&node.links, config, id)).await {
            continue;
        }
        match node.folder.forget_restored() {
            Ok(()) => tracing::info!(event = "restore_complete", "all nodes run with their copies now"),
            Err(cause) => tracing::warn!(event = "place_failed", %cause, "cannot remove RESTORED from the data folder"),
        }
    }
}
