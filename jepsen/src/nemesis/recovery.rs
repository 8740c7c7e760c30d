//! Everything back as it was: processes, network, disks, clocks.

use std::time::Duration;

use crate::cluster::{Cluster, until};
use crate::workload::Recorder;

/// A recovery that takes longer is a failure of the run.
pub const RECOVERED_WITHIN: Duration = Duration::from_secs(90);

/// Ends every fault, starts what does not run, and waits until all nodes are ready.
///
/// # Errors
/// When they are not in time.
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
        // As a service manager does: a node that ends by itself is started again.
        until(format!("node {number} is ready after a fault"), within, async || {
            cluster.numbers().into_iter().try_for_each(|other| restart_if_ended(cluster, recorder, other))?;
            cluster.ready(number, Duration::from_millis(500)).await.ok()
        })
        .await?;
    }
    let took = begin.elapsed();
    recorder.fault("heal", "end", format!("all nodes ready after {} ms", took.as_millis()), &[]);
    Ok(())
}

fn restart_if_ended(cluster: &Cluster, recorder: &Recorder, number: u32) -> Option<()> {
    let node = cluster.node(number);
    if let Some(status) = node.exited() {
        recorder.fault("supervisor", "begin", format!("node {number} had ended by itself: {status}"), &[number]);
    }
    if !node.runs() {
        cluster.run(number).ok()?;
    }
    Some(())
}
