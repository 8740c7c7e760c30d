//! Ends faults: processes, network, disks and clocks work normally again.

use std::time::Duration;

use crate::cluster::{Cluster, until};
use crate::workload::Recorder;

/// A run fails if a recovery takes longer than this.
pub const RECOVERED_WITHIN: Duration = Duration::from_secs(90);

/// Ends every fault, starts the nodes that are not running, and waits until all nodes are ready.
///
/// # Errors
/// If a node is not ready in time.
pub async fn heal(cluster: &Cluster, recorder: &Recorder, within: Duration) -> anyhow::Result<()> {
    if let Some(network) = cluster.place.network() {
        network.heal();
    }
    for node in &cluster.nodes {
        node.shim.heal()?;
        node.resume();
    }
    let begin = std::time::Instant::now();
    for number in cluster.numbers() {
        // A node that ended is started again, as a service manager does.
        until(format!("node {number} is ready after a fault"), within, async || {
            cluster.numbers().into_iter().try_for_each(|other| restart_if_ended(cluster, recorder, other))?;
            cluster.ready(number, Duration::from_millis(500)).await.ok()
        })
        .await?;
    }
    let took = begin.elapsed();
    recorder.fault("heal", "end", format!("all nodes are ready after {} ms", took.as_millis()), &[]);
    Ok(())
}

fn restart_if_ended(cluster: &Cluster, recorder: &Recorder, number: u32) -> Option<()> {
    let node = cluster.node(number);
    if let Some(status) = node.exited() {
        recorder.fault("supervisor", "begin", format!("node {number} had stopped without being asked to: {status}"), &[number]);
    }
    if !node.runs() {
        cluster.run(number).ok()?;
    }
    Some(())
}
