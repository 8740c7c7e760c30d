//! Bits that flip on the disk of a stopped node.

use std::time::{Duration, Instant};

use super::{Nemesis, RECOVERED_WITHIN, Scene, heal};
use crate::disk::rot::{self, Kind};

/// A node reads all rows 5 s after its start.
const FOUND_WITHIN: Duration = Duration::from_secs(9);

/// Stops a node, flips one to three bits, starts it. It must notice, or not be harmed.
pub(super) async fn flip(nemesis: Nemesis, scene: &mut Scene) -> anyhow::Result<()> {
    let kind = match nemesis {
        Nemesis::RotWal => Kind::Wal,
        Nemesis::RotSst => Kind::Sst,
        _ => Kind::Snapshot,
    };
    let victim = scene.any_node();
    scene.begins(nemesis, format!("node {victim} is killed"), &[victim]);
    scene.cluster.node(victim).kill();
    let files = rot::files(&scene.cluster.data(victim), kind)?;
    let mut flipped = Vec::new();
    for _ in 0..scene.dice.within(1, 3) {
        let Some(file) = scene.dice.pick(&files) else { break };
        match rot::flip(file, &mut scene.dice) {
            Ok(flip) => flipped.push(format!("{} byte {} bit {}", flip.path.display(), flip.offset, flip.bit)),
            // Nothing was ever written to it.
            Err(cause) => flipped.push(format!("{}: {cause}", file.display())),
        }
    }
    let what = if flipped.is_empty() { "there is no such file yet: nothing was flipped".to_owned() } else { flipped.join("; ") };
    let phase = if flipped.is_empty() { "not-done" } else { "end" };
    scene.cluster.run(victim)?;
    scene.recorder.fault(nemesis.name(), phase, format!("node {victim}: {what}"), &[victim]);
    // Damage that is on two of three nodes at once is more than was promised to survive: this one is to be found first. A node
    // reads everything some seconds after its start.
    let end = Instant::now() + FOUND_WITHIN;
    while Instant::now() < end {
        heal(&scene.cluster, &scene.recorder, RECOVERED_WITHIN).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
