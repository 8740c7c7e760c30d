//! Kills, pauses and restarts nodes.

use std::time::Duration;

use super::catalog::Nemesis;
use super::context::FaultContext;
use super::network;
use super::recovery::RECOVERED_WITHIN;
use super::slow_disks::maybe_slow_disks;
use crate::disk::SyncMode;

/// How long packets are delayed before a pause, and after it.
const SETTLED: Duration = Duration::from_millis(500);

/// Sends SIGKILL to nodes and starts them again, often after the time `lasts`.
pub(super) async fn kill(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let numbers = context.cluster.numbers();
    let victims = match nemesis {
        Nemesis::KillLeader => vec![context.random_leader().await],
        Nemesis::KillMajority => context.rng.shuffled(&numbers)[..numbers.len() / 2 + 1].to_vec(),
        Nemesis::KillAll => numbers,
        _ => vec![context.random_node()],
    };
    let slow = maybe_slow_disks(context, &victims).await?;
    context.begins(nemesis, format!("SIGKILL of nodes {victims:?}{slow}"), &victims);
    context.kill_together(&victims);
    for victim in &victims {
        context.cluster.node(*victim).shim.set_sync_mode(SyncMode::Work)?;
    }
    // Some restarts are immediate, as by a service manager. Others are late enough for the remaining nodes to continue first.
    if context.rng.percent(60) {
        tokio::time::sleep(lasts).await;
    }
    for victim in context.rng.shuffled(&victims) {
        context.cluster.run(victim)?;
    }
    context.ends(nemesis, format!("nodes {victims:?} started again"), &victims);
    Ok(())
}

/// Sends SIGSTOP to a node, and SIGCONT after the time `lasts`.
pub(super) async fn pause(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let victim = if nemesis == Nemesis::PauseLeader { context.random_leader().await } else { context.random_node() };
    // With delayed packets and slow disks, some answers are on their way when the node stops. It reads these old answers when
    // it resumes, and newer messages after them.
    let late = context.rng.percent(80).then(|| Duration::from_millis(context.rng.within(20, 60)));
    if let Some(late) = late {
        network::delay_all(context, late);
        for other in context.cluster.numbers().into_iter().filter(|number| *number != victim) {
            context.cluster.node(other).shim.set_sync_mode(SyncMode::Slow(4 * late))?;
        }
        tokio::time::sleep(SETTLED).await;
    }
    let mut packets = late.map_or_else(String::new, |late| {
        format!(", packets are delayed by {} ms, fsyncs of the others by {} ms", late.as_millis(), (4 * late).as_millis())
    });
    if late.is_some() && context.rng.percent(50) && network::delay_messages_to(context, victim, lasts) {
        packets += "; packets to it are held until it has resumed";
    }
    context.begins(nemesis, format!("SIGSTOP of node {victim}{packets}"), &[victim]);
    context.cluster.node(victim).pause();
    tokio::time::sleep(lasts).await;
    context.cluster.node(victim).resume();
    if late.is_some() {
        tokio::time::sleep(SETTLED).await;
    }
    context.ends(nemesis, format!("SIGCONT of node {victim}"), &[victim]);
    Ok(())
}

/// Stops each node with SIGTERM and starts it again, one after the other, as an upgrade does.
pub(super) async fn rolling_restart(context: &mut FaultContext) -> anyhow::Result<()> {
    let order = context.rng.shuffled(&context.cluster.numbers());
    context.begins(Nemesis::RollingRestart, format!("nodes {order:?} are restarted, one after the other"), &order);
    for number in &order {
        let cluster = context.cluster.clone();
        let stopping = *number;
        let clean = tokio::task::spawn_blocking(move || cluster.node(stopping).stop(Duration::from_secs(20))).await?;
        if !clean {
            context.recorder.fault(
                Nemesis::RollingRestart.name(),
                "note",
                format!("node {number} did not stop within 20 s of SIGTERM and was killed"),
                &[*number],
            );
        }
        context.cluster.run(*number)?;
        context.cluster.ready(*number, RECOVERED_WITHIN).await?;
    }
    context.ends(Nemesis::RollingRestart, "all nodes restarted", &order);
    Ok(())
}
