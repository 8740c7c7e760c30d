//! Nodes that are killed, paused, restarted.

use std::time::Duration;

use super::catalog::Nemesis;
use super::context::FaultContext;
use super::network;
use super::recovery::RECOVERED_WITHIN;
use super::slow_disks::maybe_slow_disks;
use crate::disk::SyncMode;

/// How long packets are late before a pause and after it.
const SETTLED: Duration = Duration::from_millis(500);

/// SIGKILL, a while without them, and they are started again.
pub(super) async fn kill(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let numbers = context.cluster.numbers();
    let victims = match nemesis {
        Nemesis::KillLeader => vec![context.random_leader().await],
        Nemesis::KillMajority => context.rng.shuffled(&numbers)[..numbers.len() / 2 + 1].to_vec(),
        Nemesis::KillAll => numbers,
        _ => vec![context.random_node()],
    };
    let slow = maybe_slow_disks(context, &victims).await?;
    context.begins(nemesis, format!("SIGKILL of {victims:?}{slow}"), &victims);
    context.kill_together(&victims);
    for victim in &victims {
        context.cluster.node(*victim).shim.set_sync_mode(SyncMode::Work)?;
    }
    // Sometimes at once, as a service manager does; sometimes long enough for the others to go on without.
    if context.rng.percent(60) {
        tokio::time::sleep(lasts).await;
    }
    for victim in context.rng.shuffled(&victims) {
        context.cluster.run(victim)?;
    }
    context.ends(nemesis, format!("started {victims:?} again"), &victims);
    Ok(())
}

/// SIGSTOP, and SIGCONT after a while.
pub(super) async fn pause(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let victim = if nemesis == Nemesis::PauseLeader { context.random_leader().await } else { context.random_node() };
    // With late packets and slow disks there are answers under way whenever the node stops. It finds them when it goes on, and
    // what has happened since comes later.
    let late = context.rng.percent(80).then(|| Duration::from_millis(context.rng.within(20, 60)));
    if let Some(late) = late {
        network::delay_all(context, late);
        for other in context.cluster.numbers().into_iter().filter(|number| *number != victim) {
            context.cluster.node(other).shim.set_sync_mode(SyncMode::Slow(4 * late))?;
        }
        tokio::time::sleep(SETTLED).await;
    }
    let mut packets = late
        .map_or_else(String::new, |late| format!(", packets take {} ms, the others' disks four times that", late.as_millis()));
    if late.is_some() && context.rng.percent(50) && network::delay_messages_to(context, victim, lasts) {
        packets += "; what the others say to it comes after it has gone on";
    }
    context.begins(nemesis, format!("SIGSTOP of {victim}{packets}"), &[victim]);
    context.cluster.node(victim).pause();
    tokio::time::sleep(lasts).await;
    context.cluster.node(victim).resume();
    if late.is_some() {
        tokio::time::sleep(SETTLED).await;
    }
    context.ends(nemesis, format!("SIGCONT of {victim}"), &[victim]);
    Ok(())
}

/// SIGTERM and a new start, one node after the other, as an upgrade does.
pub(super) async fn rolling_restart(context: &mut FaultContext) -> anyhow::Result<()> {
    let order = context.rng.shuffled(&context.cluster.numbers());
    context.begins(Nemesis::RollingRestart, format!("restarting {order:?}"), &order);
    for number in &order {
        let cluster = context.cluster.clone();
        let stopping = *number;
        let clean = tokio::task::spawn_blocking(move || cluster.node(stopping).stop(Duration::from_secs(20))).await?;
        if !clean {
            context.recorder.fault(
                Nemesis::RollingRestart.name(),
                "note",
                format!("node {number} did not stop within 20 s"),
                &[*number],
            );
        }
        context.cluster.run(*number)?;
        context.cluster.ready(*number, RECOVERED_WITHIN).await?;
    }
    context.ends(Nemesis::RollingRestart, "all restarted", &order);
    Ok(())
}
