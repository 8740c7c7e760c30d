//! Logs when a restarted replica has applied again all entries that were committed before.

use crate::raft::Group;

/// Logs when all entries committed before a restart are applied again. Nothing waits for this: reads and writes each wait for
/// a majority, and a node without a majority must still answer health checks.
pub async fn recover(shard: usize, group: Group) {
    while let Err(cause) = group.recovered().await {
        if group.status().stopped.is_some() {
            return;
        }
        tracing::debug!(shard, %cause, "still waiting for a majority");
    }
    tracing::debug!(shard, "applied again all entries that were committed before the start");
}
