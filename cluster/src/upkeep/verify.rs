//! Looks for damage on the disk.
//!
//! RocksDB checks every block that it reads, so nothing damaged is served. This task also reads the rows that no caller reads,
//! so that damage is found before they are needed. A node that finds damage marks its data folder and stops. Its next start
//! verifies everything, sets damaged data aside and rejoins.

use std::sync::Arc;
use std::time::Duration;

use crate::node::Node;

/// How long after a start all rows are read first, and the pause between two readings.
const FIRST: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Reads all rows and the newest snapshots, 5 s after the start and then every six hours.
pub async fn verify_rows(node: Arc<Node>) {
    let mut wait = FIRST;
    loop {
        tokio::time::sleep(wait).await;
        wait = EVERY;
        let reader = node.clone();
        let read = tokio::task::spawn_blocking(move || {
            reader.shards.iter().try_for_each(|shard| shard.group.replace_damaged_snapshot())?;
            reader.rows.verify()
        });
        match read.await {
            Ok(Err(damage)) => {
                tracing::error!(event = "rows_damaged", cause = %damage, "the rows are damaged: this node stops");
                node.halt.stop_damaged(&damage.to_string());
                return;
            }
            Ok(Ok(())) => tracing::debug!("read all rows; none is damaged"),
            // The runtime is shutting down.
            Err(cause) if cause.is_cancelled() => return,
            Err(cause) => std::panic::resume_unwind(cause.into_panic()),
        }
    }
}
