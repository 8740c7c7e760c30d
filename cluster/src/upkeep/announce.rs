//! Records this node's public signing keys in the shards.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::{Command, Key, Op, PropertyNumber, ProvenKeys, Read, Row};
use keyrack_proto::commands;
use tokio::time::Instant;

use crate::node::Node;

/// Pause between two proposals.
const RETRY: Duration = Duration::from_millis(10);
/// How long one proposal may take.
const TRY: Duration = Duration::from_secs(5);

/// Proposes this node's signing keys until the shard's rows have them.
pub async fn announce_keys(node: Arc<Node>, shard: u32, proven: ProvenKeys) {
    let keys = proven.keys;
    let command = Command { property: PropertyNumber(0), request: None, by: None, op: Op::PutProvenKeys(proven) };
    let known = || {
        let row = node.rows.view(
            shard,
            |view| matches!(view.get(&Key::ReplicaKeys(keys.node)), Ok(Some(Row::ReplicaKeys(row))) if *row == keys),
        );
        row.unwrap_or(false)
    };
    while !known() {
        if let Err(cause) = node.decide(shard, commands::encode(&command), Instant::now() + TRY).await {
            tracing::debug!(shard, %cause, "the shard does not know this node's signing keys yet");
        }
        tokio::time::sleep(RETRY).await;
    }
}
