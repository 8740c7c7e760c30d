//! The commands that a shard's leader proposes without a caller.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keyrack_inventory::{Command, Op, PropertyNumber};
use keyrack_proto::commands;
use tokio::time::Instant;

use crate::node::Node;

/// How often a node looks whether a tick or a seal is due.
const EVERY: Duration = Duration::from_millis(100);
/// How long a tick may take; the next one comes anyway.
const PATIENCE: Duration = Duration::from_secs(1);

/// Proposes a tick if a hold is due and no caller's command has expired it. Proposes a seal of the audit trail
/// `audit_seal_secs` after its first unsealed record.
pub async fn tick(node: Arc<Node>, shard: u32) {
    let mut every = tokio::time::interval(EVERY);
    let of_the_cluster = |op| commands::encode(&Command { property: PropertyNumber(0), request: None, by: None, op });
    let (tick, seal) = (of_the_cluster(Op::Tick), of_the_cluster(Op::SealAudit));
    let Ok(group) = node.group(shard).cloned() else { return };
    loop {
        every.tick().await;
        let due = group.progress().next_deadline_ms.load(Ordering::Relaxed);
        let now = group.now_ms();
        let unsealed = group.progress().audit_unsealed_since_ms.load(Ordering::Relaxed);
        let seal_is_due = unsealed != 0 && unsealed + node.config.audit_seal_secs * 1_000 <= now;
        let hold_is_due = due != 0 && due <= now;
        if group.leader() != Some(node.config.node) {
            continue;
        }
        for (is_due, command) in [(hold_is_due, &tick), (seal_is_due, &seal)] {
            if is_due && let Err(cause) = node.decide_as_leader(shard, command.clone(), Instant::now() + PATIENCE).await {
                tracing::debug!(shard, %cause, "a tick did not get through; the next will");
            }
        }
    }
}
