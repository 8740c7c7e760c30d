//! Bits that flip on the disk of a stopped node.

use super::{Nemesis, Scene};
use crate::disk::rot::{self, Kind};
use crate::net::Dice;

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
        match rot::flip(file, &mut Dice::new(scene.dice.draw())) {
            Ok(flip) => flipped.push(format!("{} byte {} bit {}", flip.path.display(), flip.offset, flip.bit)),
            // Nothing was ever written to it.
            Err(cause) => flipped.push(format!("{}: {cause}", file.display())),
        }
    }
    let what = if flipped.is_empty() { "there is no such file yet: nothing was flipped".to_owned() } else { flipped.join("; ") };
    let phase = if flipped.is_empty() { "not-done" } else { "end" };
    scene.cluster.run(victim)?;
    scene.recorder.fault(nemesis.name(), phase, format!("node {victim}: {what}"), &[victim]);
    Ok(())
}
