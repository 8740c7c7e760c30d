//! Makes disks slow shortly before a node is killed or loses power.

use std::time::Duration;

use super::context::FaultContext;
use crate::disk::SyncMode;

/// How long the disks are slow before that.
const BACKLOG: Duration = Duration::from_millis(500);

/// In half of the calls, makes the disks of the victims slow before they are killed. Then more data wait for a sync, and data
/// that were acknowledged too early are certainly lost. Returns a text for the fault's description.
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
