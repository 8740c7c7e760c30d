//! Makes clocks jump.

use std::time::Duration;

use super::catalog::{FARTHEST_JUMP_MS, Nemesis};
use super::context::FaultContext;

/// Sets the clocks of one or all nodes wrong several times, and right again at the end.
pub(super) async fn jump(context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let numbers = context.cluster.numbers();
    let jumps = context.rng.within(2, 5) as u32;
    for _ in 0..jumps {
        let victims = if context.rng.percent(25) { numbers.clone() } else { vec![context.random_node()] };
        let farthest = if context.rng.percent(50) { FARTHEST_JUMP_MS } else { 5_000 };
        let sign = if context.rng.percent(50) { 1 } else { -1 };
        let offset_ms = sign * context.rng.within(farthest / 2, farthest) as i64;
        context.begins(Nemesis::Clock, format!("clocks of nodes {victims:?} are wrong by {offset_ms:+} ms"), &victims);
        for victim in &victims {
            context.cluster.node(*victim).shim.set_clock_offset_ms(offset_ms)?;
        }
        tokio::time::sleep(lasts / jumps).await;
    }
    for number in &numbers {
        context.cluster.node(*number).shim.set_clock_offset_ms(0)?;
    }
    context.ends(Nemesis::Clock, "all clocks are right again", &numbers);
    Ok(())
}
