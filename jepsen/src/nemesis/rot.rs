//! Flips bits on the disk of a stopped node.

use std::time::{Duration, Instant};

use super::catalog::Nemesis;
use super::context::FaultContext;
use super::recovery::{RECOVERED_WITHIN, heal};
use crate::disk::rot::{self, Kind};

/// A node finds damage in this time: it reads all rows 5 s after its start.
const FOUND_WITHIN: Duration = Duration::from_secs(9);

/// Kills a node, flips one to three bits in its data, and starts it. The node must detect the flips, or answer correctly.
pub(super) async fn flip_bits(nemesis: Nemesis, context: &mut FaultContext) -> anyhow::Result<()> {
    let kind = match nemesis {
        Nemesis::RotWal => Kind::Wal,
        Nemesis::RotSst => Kind::Sst,
        _ => Kind::Snapshot,
    };
    let victim = context.random_node();
    context.begins(nemesis, format!("node {victim} is killed"), &[victim]);
    context.cluster.node(victim).kill();
    let files = rot::files(&context.cluster.data(victim), kind)?;
    let mut flipped = Vec::new();
    for _ in 0..context.rng.within(1, 3) {
        let Some(file) = context.rng.pick(&files) else { break };
        match rot::flip(file, &mut context.rng) {
            Ok(flip) => flipped.push(format!("{} byte {} bit {}", flip.path.display(), flip.offset, flip.bit)),
            // Nothing was written to this file.
            Err(cause) => flipped.push(format!("{}: {cause}", file.display())),
        }
    }
    let what = if flipped.is_empty() { "no bit flipped: it has no such file yet".to_owned() } else { flipped.join("; ") };
    let phase = if flipped.is_empty() { "not-done" } else { "end" };
    context.cluster.run(victim)?;
    context.recorder.fault(nemesis.name(), phase, format!("node {victim}: {what}"), &[victim]);
    // Keyrack does not promise to survive damage on two of three nodes at once. So the next round waits until the node has
    // read all its data, some seconds after its start, and found this damage.
    let end = Instant::now() + FOUND_WITHIN;
    while Instant::now() < end {
        heal(&context.cluster, &context.recorder, RECOVERED_WITHIN).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
