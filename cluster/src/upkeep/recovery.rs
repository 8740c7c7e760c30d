//! Saying when a restarted replica has caught up with its own past.

use crate::raft::Group;

/// Says when what was committed before a restart is applied again. Nothing waits for it: reads and writes each wait for a
/// majority themselves, and a node that is alone must still answer that it is alive.
pub async fn recover(shard: usize, group: Group) {
    while let Err(cause) = group.recovered().await {
        if group.status().stopped.is_some() {
            return;
        }
        tracing::warn!(shard, %cause, "still waiting for a majority; other members are down or cannot be reached");
    }
    tracing::debug!(shard, "what was committed before is applied again");
}
