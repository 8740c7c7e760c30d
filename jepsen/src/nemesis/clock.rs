//! Clocks that jump.

use std::time::Duration;

use super::{Nemesis, Scene};

/// The farthest jump.
pub(super) const FARTHEST_MS: u64 = 3_600_000;

/// Several jumps of one or all nodes; they end where they began.
pub(super) async fn jump(scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let numbers = scene.cluster.numbers();
    let jumps = scene.dice.within(2, 5) as u32;
    for _ in 0..jumps {
        let victims = if scene.dice.percent(25) { numbers.clone() } else { vec![scene.any_node()] };
        let farthest = if scene.dice.percent(50) { FARTHEST_MS } else { 5_000 };
        let sign = if scene.dice.percent(50) { 1 } else { -1 };
        let offset_ms = sign * scene.dice.within(farthest / 2, farthest) as i64;
        scene.begins(Nemesis::Clock, format!("clocks of {victims:?} at {offset_ms:+} ms"), &victims);
        for victim in &victims {
            scene.cluster.node(*victim).shim.set_clock_offset_ms(offset_ms)?;
        }
        tokio::time::sleep(lasts / jumps).await;
    }
    for number in &numbers {
        scene.cluster.node(*number).shim.set_clock_offset_ms(0)?;
    }
    scene.ends(Nemesis::Clock, "clocks are right", &numbers);
    Ok(())
}
