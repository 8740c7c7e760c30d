//! Runs callers and faults concurrently, and resolves unknown outcomes after all faults are healed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::options::RunOptions;
use crate::cluster::Cluster;
use crate::history::{Op, Outcome, RunSetup};
use crate::nemesis::{self, FaultContext, Nemesis};
use crate::rng::Rng;
use crate::workload::{self, Caller, Recorder, RetryPolicy};

const RESOLVE_POLICY: RetryPolicy =
    RetryPolicy { per_try: Duration::from_secs(5), total: Duration::from_secs(60), trusts_not_done: false };

/// Three kinds of callers: one disconnects before the node's own timeout, one accepts the node's answer "nothing was done",
/// and one retries after it.
const RETRY_POLICIES: [RetryPolicy; 3] = [
    RetryPolicy { per_try: Duration::from_millis(1_500), total: Duration::from_secs(8), trusts_not_done: false },
    RetryPolicy { per_try: Duration::from_secs(7), total: Duration::from_secs(15), trusts_not_done: true },
    RetryPolicy { per_try: Duration::from_secs(7), total: Duration::from_secs(15), trusts_not_done: false },
];

/// Runs callers and faults concurrently. Returns one text for each time that the cluster did not recover.
pub(super) async fn call_and_inject(
    options: &RunOptions,
    cluster: &Arc<Cluster>,
    setup: &RunSetup,
    recorder: &Arc<Recorder>,
    nemeses: Vec<Nemesis>,
    progress: &ProgressBar,
) -> anyhow::Result<Vec<String>> {
    let end = Instant::now() + options.lasts;
    let all = options.callers * options.workloads.len() as u32;
    let pace = Duration::from_secs(1) * all / options.rate.max(1);
    let mut callers = JoinSet::new();
    for workload in &options.workloads {
        let prefix = format!("{}-", workload.name());
        let own = setup.hotels.iter().filter(|hotel| hotel.property.starts_with(&prefix)).cloned().collect();
        let own = Arc::new(own);
        for number in 0..options.callers {
            let who = (*workload, number);
            let policy = RETRY_POLICIES[number as usize % RETRY_POLICIES.len()];
            let caller = Caller::new(who, options.seed, cluster.clone(), Arc::clone(&own), recorder.clone(), policy);
            callers.spawn(caller.work(end, pace));
        }
    }
    let context = FaultContext { cluster: cluster.clone(), recorder: recorder.clone(), rng: Rng::new(options.seed, 0) };
    let mut inject_faults = std::pin::pin!(nemesis::inject_faults(context, nemeses, options.timing, end));
    let mut troubles = Vec::new();
    let began = Instant::now();
    loop {
        tokio::select! {
            ended = &mut inject_faults => {
                match ended {
                    Ok(rounds) => recorder.fault("none", "end", format!("{rounds} rounds"), &[]),
                    Err(cause) => troubles.push(format!("{cause:#}")),
                }
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(250)) => {
                progress.set_position(began.elapsed().as_secs().min(options.lasts.as_secs()));
                progress.set_message(format!("{} operations", recorder.count()));
            }
        }
    }
    while let Some(ended) = callers.join_next().await {
        ended.context("a caller panicked")?;
    }
    if let Err(cause) = nemesis::heal(cluster, recorder, nemesis::RECOVERED_WITHIN).await {
        troubles.push(format!("at the end of the run: {cause:#}"));
    }
    Ok(troubles)
}

/// Repeats every write of unknown outcome with its key.
pub(super) async fn resolve_all(ops: Vec<Op>, cluster: &Arc<Cluster>, recorder: &Arc<Recorder>) -> Vec<Op> {
    let (unknown, mut known): (Vec<Op>, Vec<Op>) =
        ops.into_iter().partition(|op| matches!(op.outcome, Outcome::Unknown { .. }) && op.tries > 0 && !op.call.is_read());
    let mut waiting = unknown.into_iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < 16 {
            let Some(op) = waiting.next() else { break };
            let (cluster, recorder) = (cluster.clone(), recorder.clone());
            asked.spawn(async move { workload::resolve(op, &cluster, &recorder, RESOLVE_POLICY).await });
        }
        match asked.join_next().await {
            Some(Ok(op)) => known.push(op),
            Some(Err(_)) => {}
            None => break,
        }
    }
    known.sort_by_key(|op| op.id);
    known
}
