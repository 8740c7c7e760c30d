//! Removes the traces of erased guests from this node's disk: wrapped keys in old versions of rows, in the Raft log and in
//! snapshots. Each node does so on its own, `scrub_after_secs` after an erasure and for all erasures together.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::node::Node;
use crate::storage::{LogWrite, Slot};

/// How often a node looks for erasures; more often if `scrub_after_secs` is shorter.
const POLL_INTERVAL: Duration = Duration::from_secs(10);
/// How often a node looks whether Raft has finished a step in the background.
const POLL: Duration = Duration::from_millis(100);

/// Removes the traces of erasures in one shard.
pub async fn scrub(node: Arc<Node>, shard: u32) {
    let after = Duration::from_secs(node.config.scrub_after_secs);
    loop {
        tokio::time::sleep(after.clamp(POLL, POLL_INTERVAL)).await;
        let Ok(group) = node.group(shard) else { return };
        let erased = group.progress().last_erasure.load(Ordering::Relaxed);
        match scrubbed(&node, shard) {
            Ok(scrubbed) if scrubbed < erased => {
                // Later erasures are scrubbed together with this one. The wait is that of the first erasure.
                tokio::time::sleep(after).await;
                let erased = group.progress().last_erasure.load(Ordering::Relaxed);
                match scrub_up_to(&node, shard, erased).await {
                    Ok(()) => tracing::info!(
                        event = "scrubbed",
                        shard,
                        index = erased,
                        "removed erased guests from log, rows and snapshots"
                    ),
                    Err(cause) => {
                        tracing::warn!(event = "scrub_failed", shard, %cause, "cannot remove erased guests from the disk yet; will try again")
                    }
                }
            }
            Ok(_) => {}
            Err(cause) => {
                tracing::warn!(event = "scrub_unknown", shard, %cause, "cannot read up to which entry this node has removed erased guests")
            }
        }
    }
}

/// The log index up to which the shard was scrubbed.
fn scrubbed(node: &Node, shard: u32) -> io::Result<u64> {
    let bytes = node.log.slot(shard, Slot::Scrubbed)?;
    Ok(bytes.and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// Compacts the rows first, because a snapshot consists of their files.
async fn scrub_up_to(node: &Node, shard: u32, index: u64) -> io::Result<()> {
    let group = node.group(shard).map_err(io::Error::other)?.clone();
    let rows = node.rows.clone();
    blocking(move || rows.compact(shard)).await?;
    group.take_snapshot_now().await?;
    while group.status().snapshot_index < index {
        tokio::time::sleep(POLL).await;
    }
    group.forget_older_snapshots()?;
    group.purge(index).await?;
    while group.status().purged_index < index {
        tokio::time::sleep(POLL).await;
    }
    let log = node.log.clone();
    blocking(move || log.compact()).await?;
    let (done, written) = oneshot::channel();
    let keep = vec![LogWrite::PutSlot(Slot::Scrubbed, Bytes::copy_from_slice(&index.to_be_bytes()))];
    let tell = move |result| {
        // The receiver is only gone if this task was dropped.
        let _ = done.send(result);
    };
    node.log.write(shard, keep, true, Box::new(tell)).await?;
    written.await.map_err(io::Error::other)?
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
