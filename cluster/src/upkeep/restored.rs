//! After all nodes were started from copies: remembers the restore until every node has decided (ADR 17).

use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal::folder_origin::Kind;

use crate::node::Node;

const EVERY: Duration = Duration::from_secs(1);

/// Ends when the mark of the restore is removed, at once if there is none.
pub async fn forget_restored(node: Arc<Node>) {
    while matches!(node.folder.restored(), Ok(Some(_))) {
        tokio::time::sleep(EVERY).await;
        if !all_have_decided(&node).await {
            continue;
        }
        match node.folder.forget_restored() {
            Ok(()) => tracing::info!(event = "restore_complete", "all nodes run with their copies now"),
            Err(cause) => tracing::warn!(event = "place_failed", %cause, "cannot remove RESTORED from the data folder"),
        }
    }
}

async fn all_have_decided(node: &Node) -> bool {
    for peer in node.config.peers.iter().filter(|peer| peer.id != node.config.node) {
        let Ok(reply) = node.links.hello(peer.id, &peer.peer).await else { return false };
        if reply.origin.is_some_and(|origin| origin.kind() == Kind::Copied) {
            return false;
        }
    }
    true
}
