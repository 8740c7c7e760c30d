//! Sends principals' grants to the data shards.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::{Actor, Command, Key, Op, PropertyNumber, Read, Row};
use keyrack_proto::commands;
use tokio::time::Instant;

use crate::directory::{self, Principal};
use crate::error::ClusterError;
use crate::node::Node;

/// How often the directory's leader looks for missing grants.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long one grant to one shard may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sends a principal's grant to one shard.
pub async fn grant(
    node: &Node,
    shard: u32,
    principal: &Principal,
    by: Option<Actor>,
    deadline: Instant,
) -> Result<(), ClusterError> {
    let op = Op::PutGrant { number: principal.number, grant: principal.grant() };
    let command = Command { property: PropertyNumber(0), request: None, by, op };
    node.decide(shard, commands::encode(&command), deadline).await.map(drop)
}

/// Sends the shards their missing grants: a node may crash between the directory's decision and the grants.
pub async fn spread_grants(node: Arc<Node>) {
    let mut spread = 0;
    let mut every = tokio::time::interval(POLL_INTERVAL);
    loop {
        every.tick().await;
        let changes = node.directory.principals().changes();
        if changes == spread || !node.leads(directory::SHARD) {
            continue;
        }
        let principals = node.directory.principals().list("", usize::MAX);
        let mut complete = true;
        for shard in node.data_shards() {
            for principal in lacking(&node, shard, &principals) {
                let deadline = Instant::now() + PATIENCE;
                if let Err(cause) = grant(&node, shard, &principal, None, deadline).await {
                    tracing::debug!(shard, %cause, "a grant did not get through; it will");
                    complete = false;
                }
            }
        }
        if complete {
            spread = changes;
        }
    }
}

/// The principals whose newest grant a shard lacks, as this node has applied the shard.
fn lacking(node: &Node, shard: u32, principals: &[Arc<Principal>]) -> Vec<Arc<Principal>> {
    let lacks = node.rows.view(shard, |view| {
        let mut lacks = |principal: &&Arc<Principal>| match view.get(&Key::Grant(principal.number)) {
            Ok(Some(Row::Grant(grant))) => grant.revision < principal.revision,
            _ => true,
        };
        principals.iter().filter(|principal| lacks(principal)).cloned().collect()
    });
    // Other code stops the node if its storage cannot be read.
    lacks.unwrap_or_default()
}
