//! Telling the data shards what a principal may do.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::{Actor, Command, Key, Op, PropertyNumber, Read, Row};
use keyrack_proto::commands;
use tokio::time::Instant;

use crate::directory::{self, Principal};
use crate::error::ClusterError;
use crate::node::Node;

/// How often the directory's leader looks for grants that a shard lacks.
const LOOK: Duration = Duration::from_millis(500);
/// How long one shard may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells one shard what a principal may do.
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

/// Tells the shards what they lack: after a crash between the directory's decision and theirs.
pub async fn spread_grants(node: Arc<Node>) {
    let mut spread = 0;
    let mut every = tokio::time::interval(LOOK);
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

/// Principals of which a shard, as this node has applied it, knows an older grant or none.
fn lacking(node: &Node, shard: u32, principals: &[Arc<Principal>]) -> Vec<Arc<Principal>> {
    let lacks = node.rows.view(shard, |view| {
        let mut lacks = |principal: &&Arc<Principal>| match view.get(&Key::Grant(principal.number)) {
            Ok(Some(Row::Grant(grant))) => grant.revision < principal.revision,
            _ => true,
        };
        principals.iter().filter(|principal| lacks(principal)).cloned().collect()
    });
    // A storage that cannot be read stops the node elsewhere.
    lacks.unwrap_or_default()
}
