//! Nodes that are killed, paused, restarted.

use std::time::Duration;

use super::{Nemesis, RECOVERED_WITHIN, Scene, disk, network};
use crate::disk::Syncs;

/// How long packets are late before a pause and after it.
const SETTLED: Duration = Duration::from_millis(500);

/// SIGKILL, a while without them, and they are started again.
pub(super) async fn kill(nemesis: Nemesis, scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let numbers = scene.cluster.numbers();
    let victims = match nemesis {
        Nemesis::KillLeader => vec![scene.some_leader().await],
        Nemesis::KillMajority => scene.dice.shuffled(&numbers)[..numbers.len() / 2 + 1].to_vec(),
        Nemesis::KillAll => numbers,
        _ => vec![scene.any_node()],
    };
    let slow = disk::sometimes_slow(scene, &victims).await?;
    scene.begins(nemesis, format!("SIGKILL of {victims:?}{slow}"), &victims);
    kill_together(scene, &victims);
    for victim in &victims {
        scene.cluster.node(*victim).shim.set_syncs(Syncs::Work)?;
    }
    // Sometimes at once, as a service manager does; sometimes long enough for the others to go on without.
    if scene.dice.percent(60) {
        tokio::time::sleep(lasts).await;
    }
    for victim in scene.dice.shuffled(&victims) {
        scene.cluster.run(victim)?;
    }
    scene.ends(nemesis, format!("started {victims:?} again"), &victims);
    Ok(())
}

/// As close together as can be: all are signalled before any is waited for.
pub(super) fn kill_together(scene: &Scene, victims: &[u32]) {
    std::thread::scope(|scope| {
        for victim in victims {
            let node = scene.cluster.node(*victim);
            scope.spawn(move || node.kill());
        }
    });
}

/// SIGSTOP, and SIGCONT after a while.
pub(super) async fn pause(nemesis: Nemesis, scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let victim = if nemesis == Nemesis::PauseLeader { scene.some_leader().await } else { scene.any_node() };
    // With late packets and slow disks there are answers under way whenever the node stops. It finds them when it goes on, and
    // what has happened since comes later.
    let late = scene.dice.percent(80).then(|| Duration::from_millis(scene.dice.within(20, 60)));
    if let Some(late) = late {
        network::delay_all(scene, late);
        for other in scene.cluster.numbers().into_iter().filter(|number| *number != victim) {
            scene.cluster.node(other).shim.set_syncs(Syncs::Slow(4 * late))?;
        }
        tokio::time::sleep(SETTLED).await;
    }
    let mut packets = late
        .map_or_else(String::new, |late| format!(", packets take {} ms, the others' disks four times that", late.as_millis()));
    if late.is_some() && scene.dice.percent(50) && network::hold_up(scene, victim, lasts) {
        packets += "; what the others say to it comes after it has gone on";
    }
    scene.begins(nemesis, format!("SIGSTOP of {victim}{packets}"), &[victim]);
    scene.cluster.node(victim).pause();
    tokio::time::sleep(lasts).await;
    scene.cluster.node(victim).resume();
    if late.is_some() {
        tokio::time::sleep(SETTLED).await;
    }
    scene.ends(nemesis, format!("SIGCONT of {victim}"), &[victim]);
    Ok(())
}

/// SIGTERM and a new start, one node after the other, as an upgrade does.
pub(super) async fn rolling_restart(scene: &mut Scene) -> anyhow::Result<()> {
    let order = scene.dice.shuffled(&scene.cluster.numbers());
    scene.begins(Nemesis::RollingRestart, format!("restarting {order:?}"), &order);
    for number in &order {
        let cluster = scene.cluster.clone();
        let stopping = *number;
        let clean = tokio::task::spawn_blocking(move || cluster.node(stopping).stop(Duration::from_secs(20))).await?;
        if !clean {
            scene.recorder.fault(
                Nemesis::RollingRestart.name(),
                "note",
                format!("node {number} did not stop within 20 s"),
                &[*number],
            );
        }
        scene.cluster.run(*number)?;
        scene.cluster.ready(*number, RECOVERED_WITHIN).await?;
    }
    scene.ends(Nemesis::RollingRestart, "all restarted", &order);
    Ok(())
}
