//! Loss of power, and disks that are full, slow or broken.

use std::time::Duration;

use super::catalog::Nemesis;
use super::context::FaultContext;
use super::slow_disks::maybe_slow_disks;
use crate::disk::{ChangeMode, Report, SyncMode, TornEnd};

/// Sends SIGKILL, rewinds the data folder to its synced state, and starts the node again.
pub(super) async fn lose_power(nemesis: Nemesis, context: &mut FaultContext) -> anyhow::Result<()> {
    let all = nemesis == Nemesis::PowerAll || (nemesis == Nemesis::Torn && context.rng.percent(50));
    let victims = if all { context.cluster.numbers() } else { vec![context.random_leader().await] };
    let torn = [TornEnd::Torn, TornEnd::TornZeros, TornEnd::TornGarbage][context.rng.below(3) as usize];
    let tear = if nemesis == Nemesis::Torn { torn } else { TornEnd::Clean };
    let slow = maybe_slow_disks(context, &victims).await?;
    context.begins(nemesis, format!("nodes {victims:?} lose power{slow}"), &victims);
    context.kill_together(&victims);
    let mut lost = Vec::new();
    for victim in &victims {
        let report = context.cluster.node(*victim).shim.lose_power(context.rng.draw(), tear)?;
        lost.push(format!("node {victim}: {}", losses_in_words(&report)));
        context.cluster.node(*victim).shim.set_sync_mode(SyncMode::Work)?;
    }
    for victim in &victims {
        context.cluster.run(*victim)?;
    }
    context.ends(nemesis, lost.join("; "), &victims);
    Ok(())
}

/// Makes one node's disk full, broken or slow for the time `lasts`.
pub(super) async fn impair(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let victim = if context.rng.percent(60) { context.random_leader().await } else { context.random_node() };
    let slow_ms = context.rng.within(20, 400);
    let shim = &context.cluster.node(victim).shim;
    let what = match nemesis {
        Nemesis::DiskFull => {
            shim.set_change_mode(ChangeMode::NoSpace)?;
            "no space left on its disk".to_owned()
        }
        Nemesis::FsyncFail => {
            shim.set_sync_mode(SyncMode::Fail)?;
            "fsync fails".to_owned()
        }
        _ => {
            shim.set_sync_mode(SyncMode::Slow(Duration::from_millis(slow_ms)))?;
            format!("fsync takes {slow_ms} ms longer")
        }
    };
    context.begins(nemesis, format!("node {victim}: {what}"), &[victim]);
    tokio::time::sleep(lasts).await;
    let node = context.cluster.node(victim);
    let ended = node.exited().map_or_else(|| "it kept running".to_owned(), |status| format!("it stopped: {status}"));
    if nemesis == Nemesis::FsyncFail {
        // After a failed fsync the contents of the disk are unknown. The worst case is that all unsynced data are lost.
        node.kill();
        let report = node.shim.lose_power(context.rng.draw(), TornEnd::Clean)?;
        node.shim.heal()?;
        context.ends(nemesis, format!("node {victim}: {ended}; {}", losses_in_words(&report)), &[victim]);
        return Ok(());
    }
    node.shim.heal()?;
    context.ends(nemesis, format!("node {victim}: {ended}"), &[victim]);
    Ok(())
}

fn losses_in_words(report: &Report) -> String {
    let bytes: u64 = report.cut.iter().map(|cut| cut.written - cut.left).sum();
    let Report { dropped, renamed_back, revived, cut, restored, unaccounted } = report;
    let mut words = format!("{bytes} bytes of {} files lost, {} new names lost", cut.len(), dropped.len());
    words +=
        &format!(", {} renames undone, {} removals undone, {} files restored", renamed_back.len(), revived.len(), restored.len());
    if *unaccounted > 0 {
        words += &format!(", {unaccounted} changes could not be undone");
    }
    words
}
