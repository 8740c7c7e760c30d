//! Power that goes, disks that are full, slow or broken.

use std::time::Duration;

use super::processes::kill_together;
use super::{Nemesis, Scene};
use crate::disk::{Changes, Report, Syncs, Tear};

/// How long disks are slow before a node ends.
const BACKLOG: Duration = Duration::from_millis(500);

/// SIGKILL, and the data folder back to what was synced; then a new start.
pub(super) async fn lose_power(nemesis: Nemesis, scene: &mut Scene) -> anyhow::Result<()> {
    let all = nemesis == Nemesis::PowerAll || (nemesis == Nemesis::Torn && scene.dice.percent(50));
    let victims = if all { scene.cluster.numbers() } else { vec![scene.some_leader().await] };
    let torn = [Tear::Torn, Tear::TornZeros, Tear::TornGarbage][scene.dice.below(3) as usize];
    let tear = if nemesis == Nemesis::Torn { torn } else { Tear::Clean };
    let slow = sometimes_slow(scene, &victims).await?;
    scene.begins(nemesis, format!("power of {victims:?} goes{slow}"), &victims);
    kill_together(scene, &victims);
    let mut lost = Vec::new();
    for victim in &victims {
        let report = scene.cluster.node(*victim).shim.lose_power(scene.dice.draw(), tear)?;
        lost.push(format!("node {victim}: {}", in_words(&report)));
        scene.cluster.node(*victim).shim.set_syncs(Syncs::Work)?;
    }
    for victim in &victims {
        scene.cluster.run(*victim)?;
    }
    scene.ends(nemesis, lost.join("; "), &victims);
    Ok(())
}

/// Half the time nodes that are about to end have had slow disks: then there is more that waits to be synced, and whatever was
/// acknowledged too early is lost for certain. Says so, for the fault's description.
pub(super) async fn sometimes_slow(scene: &mut Scene, victims: &[u32]) -> anyhow::Result<String> {
    if scene.dice.percent(50) {
        return Ok(String::new());
    }
    let slow_ms = scene.dice.within(20, 100);
    for victim in victims {
        scene.cluster.node(*victim).shim.set_syncs(Syncs::Slow(Duration::from_millis(slow_ms)))?;
    }
    tokio::time::sleep(BACKLOG).await;
    Ok(format!(", their fsyncs took {slow_ms} ms longer"))
}

/// One node's disk is in trouble for a while.
pub(super) async fn trouble(nemesis: Nemesis, scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let victim = if scene.dice.percent(60) { scene.some_leader().await } else { scene.any_node() };
    let slow_ms = scene.dice.within(20, 400);
    let shim = &scene.cluster.node(victim).shim;
    let what = match nemesis {
        Nemesis::DiskFull => {
            shim.set_changes(Changes::NoSpace)?;
            "no space left".to_owned()
        }
        Nemesis::FsyncFail => {
            shim.set_syncs(Syncs::Fail)?;
            "fsync fails".to_owned()
        }
        _ => {
            shim.set_syncs(Syncs::Slow(Duration::from_millis(slow_ms)))?;
            format!("fsync takes {slow_ms} ms longer")
        }
    };
    scene.begins(nemesis, format!("node {victim}: {what}"), &[victim]);
    tokio::time::sleep(lasts).await;
    let node = scene.cluster.node(victim);
    let ended = node.exited().map_or_else(|| "it goes on".to_owned(), |status| format!("it had stopped: {status}"));
    if nemesis == Nemesis::FsyncFail {
        // After a failed fsync nobody knows what is on the disk; the worst case is that nothing of it is.
        node.kill();
        let report = node.shim.lose_power(scene.dice.draw(), Tear::Clean)?;
        node.shim.heal()?;
        scene.ends(nemesis, format!("node {victim}: {ended}; {}", in_words(&report)), &[victim]);
        return Ok(());
    }
    node.shim.heal()?;
    scene.ends(nemesis, format!("node {victim}: {ended}"), &[victim]);
    Ok(())
}

fn in_words(report: &Report) -> String {
    let bytes: u64 = report.cut.iter().map(|cut| cut.written - cut.left).sum();
    let Report { dropped, renamed_back, revived, cut, restored, unaccounted } = report;
    let mut words = format!("{bytes} bytes of {} files lost, {} new names gone", cut.len(), dropped.len());
    words +=
        &format!(", {} renames undone, {} removals undone, {} files restored", renamed_back.len(), revived.len(), restored.len());
    if *unaccounted > 0 {
        words += &format!(", {unaccounted} changes could not be undone");
    }
    words
}
