//! The rounds of a run: each is a pause, a fault and a recovery.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::catalog::{Nemesis, Role};
use super::context::FaultContext;
use super::recovery::{RECOVERED_WITHIN, heal};
use super::timing::FaultTiming;
use super::{clock, disk, network, old_copy, processes, rot, transfer};
use crate::rng::Rng;

/// Injects faults until `end`, one of `nemeses` in each round, and heals the cluster after each. Returns the number of rounds.
///
/// # Errors
/// If the cluster did not recover from a fault in time.
pub async fn inject_faults(
    mut context: FaultContext,
    nemeses: Vec<Nemesis>,
    timing: FaultTiming,
    end: Instant,
) -> anyhow::Result<u64> {
    let mut rounds = 0;
    while Instant::now() < end {
        let pause = context.rng.within(timing.pause_ms.0, timing.pause_ms.1);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let Some(nemesis) = context.rng.pick(&nemeses).copied() else { break };
        if Instant::now() >= end || nemesis == Nemesis::None {
            continue;
        }
        let lasts = Duration::from_millis(context.rng.within(timing.fault_ms.0, timing.fault_ms.1));
        if nemesis == Nemesis::Combined {
            combine(&mut context, lasts).await?;
        } else {
            inject(nemesis, &mut context, lasts).await?;
        }
        heal(&context.cluster, &context.recorder, RECOVERED_WITHIN).await?;
        rounds += 1;
    }
    Ok(rounds)
}

/// Injects two faults at the same time: one from the background role and one from the foreground role.
async fn combine(context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let possible = |role: Role| -> Vec<Nemesis> {
        Nemesis::with_role(role).filter(|nemesis| nemesis.obstacle(&context.cluster.place).is_none()).collect()
    };
    let (backs, fronts) = (possible(Role::Background), possible(Role::Foreground));
    let (Some(back), Some(front)) = (context.rng.pick(&backs).copied(), context.rng.pick(&fronts).copied()) else {
        bail!("cannot combine two faults: this machine allows too few of them");
    };
    let mut beside = FaultContext {
        cluster: context.cluster.clone(),
        recorder: context.recorder.clone(),
        rng: Rng::new(context.rng.draw(), 7),
    };
    let (one, two) = tokio::join!(inject(back, &mut beside, lasts), inject(front, context, lasts));
    one.and(two)
}

/// Injects one fault and ends it.
async fn inject(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    match nemesis {
        Nemesis::None | Nemesis::Combined => Ok(()),
        Nemesis::KillOne | Nemesis::KillLeader | Nemesis::KillMajority | Nemesis::KillAll => {
            processes::kill(nemesis, context, lasts).await
        }
        Nemesis::PauseOne | Nemesis::PauseLeader => processes::pause(nemesis, context, lasts).await,
        Nemesis::RollingRestart => processes::rolling_restart(context).await,
        Nemesis::PartitionMajority
        | Nemesis::PartitionRing
        | Nemesis::PartitionOneWay
        | Nemesis::PartitionLink
        | Nemesis::IsolateLeader => network::partition(nemesis, context, lasts).await,
        Nemesis::Loss | Nemesis::Delay => network::degrade_links(nemesis, context, lasts).await,
        Nemesis::Clock => clock::jump(context, lasts).await,
        Nemesis::PowerOne | Nemesis::PowerAll | Nemesis::Torn => disk::lose_power(nemesis, context).await,
        Nemesis::DiskFull | Nemesis::FsyncFail | Nemesis::FsyncSlow => disk::impair(nemesis, context, lasts).await,
        Nemesis::OldCopy => old_copy::put_old_copy_back(context, lasts).await,
        Nemesis::RotWal | Nemesis::RotSst | Nemesis::RotSnapshot => rot::flip_bits(nemesis, context).await,
        Nemesis::TransferStorm => transfer::storm(context, lasts).await,
    }
}
