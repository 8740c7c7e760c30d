//! What is left of an erased guest on this node's disk: the wrapped key in old versions of rows, in the Raft
//! log, in snapshots. Each node removes it by itself, some time after the erasure and all of it at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::node::Node;
use crate::storage::{LogWrite, Slot};

/// How often a node looks for erasures; or as often as it has to scrub, if that is more often.
const LOOK: Duration = Duration::from_secs(10);
/// How often a step that Raft does in the background is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Removes the traces of erasures in one shard.
pub async fn scrub(node: Arc<Node>, shard: u32) {
    let after = Duration::from_secs(node.config.scrub_after_secs);
    loop {
        tokio::time::sleep(after.clamp(POLL, LOOK)).await;
        let Ok(group) = node.group(shard) else { return };
        let erased = group.progress().last_erasure.load(Ordering::Relaxed);
        match scrubbed(&node, shard) {
            Ok(scrubbed) if scrubbed < erased => {
                // Later erasures come along; this one waits no longer than it was told to.
                tokio::time::sleep(after).await;
                let erased = group.progress().last_erasure.load(Ordering::Relaxed);
                match scrub_up_to(&node, shard, erased).await {
                    Ok(()) => tracing::info!(shard, index = erased, "what was erased is gone from log, rows and snapshots"),
                    Err(cause) => tracing::warn!(shard, %cause, "traces of an erasure are still there; will try again"),
                }
            }
            Ok(_) => {}
            Err(cause) => tracing::warn!(shard, %cause, "cannot tell what was scrubbed"),
        }
    }
}

fn scrubbed(node: &Node, shard: u32) -> io::Result<u64> {
    let bytes = node.log.kept(shard, Slot::Scrubbed)?;
    Ok(bytes.and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// Rows first: a snapshot is made of their files.
async fn scrub_up_to(node: &Node, shard: u32, index: u64) -> io::Result<()> {
    let group = node.group(shard).map_err(io::Error::other)?.clone();
    let rows = node.rows.clone();
    blocking(move || rows.compact(shard)).await?;
    group.snapshot_anew().await?;
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
    let keep = vec![LogWrite::Keep(Slot::Scrubbed, Bytes::copy_from_slice(&index.to_be_bytes()))];
    let tell = move |result| {
        // Nobody waits only if this task is gone.
        let _ = done.send(result);
    };
    node.log.write(shard, keep, true, Box::new(tell)).await?;
    written.await.map_err(io::Error::other)?
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
