//! Looking for damage on the disk.
//!
//! RocksDB checks every block it reads, so nothing damaged is served. What nobody reads would be found only when it is needed
//! most; so all of it is read now and then. A node that met damage stops and leaves word; at its next start it
//! verifies everything, puts aside what is damaged and asks the others to take it in anew.

use std::sync::Arc;
use std::time::Duration;

use crate::node::Node;

/// The first reading of all rows after a start, and the time between two.
const FIRST: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Reads all rows and the newest snapshots, a while after the start and then now and then.
pub async fn verify_rows(node: Arc<Node>) {
    let mut wait = FIRST;
    loop {
        tokio::time::sleep(wait).await;
        wait = EVERY;
        let reader = node.clone();
        let read = tokio::task::spawn_blocking(move || {
            reader.shards.iter().try_for_each(|shard| shard.group.verify_snapshot())?;
            reader.rows.verify()
        });
        match read.await {
            Ok(Err(damage)) => {
                tracing::error!(%damage, "the rows are damaged");
                node.halt.stop_damaged(&damage.to_string());
                return;
            }
            Ok(Ok(())) => tracing::debug!("all rows were read, and are good"),
            // The runtime ends.
            Err(cause) if cause.is_cancelled() => return,
            Err(cause) => std::panic::resume_unwind(cause.into_panic()),
        }
    }
}
