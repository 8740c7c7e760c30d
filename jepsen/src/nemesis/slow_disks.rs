//! Slow disks shortly before a node ends.

use std::time::Duration;

use super::context::FaultContext;
use crate::disk::SyncMode;

/// How long the disks are slow before the node ends.
const BACKLOG: Duration = Duration::from_millis(500);

/// Makes the disks of nodes that are about to end slow, half the time. Then more waits to be synced, and whatever was
/// acknowledged too early is lost for certain. Returns words for the fault's description.
pub(super) async fn maybe_slow_disks(context: &mut FaultContext, victims: &[u32]) -> anyhow::Result<String> {
    if context.rng.percent(50) {
        return Ok(String::new());
    }
    let slow_ms = context.rng.within(20, 100);
    for victim in victims {
        context.cluster.node(*victim).shim.set_sync_mode(SyncMode::Slow(Duration::from_millis(slow_ms)))?;
    }
    tokio::time::sleep(BACKLOG).await;
    Ok(format!(", their fsyncs took {slow_ms} ms longer"))
}
