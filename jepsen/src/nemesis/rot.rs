//! Bits that flip on the disk of a stopped node.

use std::time::{Duration, Instant};

use super::catalog::Nemesis;
use super::context::FaultContext;
use super::recovery::{RECOVERED_WITHIN, heal};
use crate::disk::rot::{self, Kind};

/// A node reads all rows 5 s after its start.
const FOUND_WITHIN: Duration = Duration::from_secs(9);

/// Stops a node, flips one to three bits, starts it. It must notice, or not be harmed.
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
            // Nothing was ever written to it.
            Err(cause) => flipped.push(format!("{}: {cause}", file.display())),
        }
    }
    let what = if flipped.is_empty() { "there is no such file yet: nothing was flipped".to_owned() } else { flipped.join("; ") };
    let phase = if flipped.is_empty() { "not-done" } else { "end" };
    context.cluster.run(victim)?;
    context.recorder.fault(nemesis.name(), phase, format!("node {victim}: {what}"), &[victim]);
    // Damage that is on two of three nodes at once is more than was promised to survive: this one is to be found first. A node
    // reads everything some seconds after its start.
    let end = Instant::now() + FOUND_WITHIN;
    while Instant::now() < end {
        heal(&context.cluster, &context.recorder, RECOVERED_WITHIN).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
