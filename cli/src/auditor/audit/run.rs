//! Runs `keyrack audit`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use keyrack_merkle::Policy;

use super::follow::Follower;
use super::options::{AuditOptions, Shards};
use super::report::Report;
use super::source::{Cluster, Source};
use super::store::Store;
use crate::auditor::policy_file::load_policy;
use crate::context::Context;
use crate::messages::audit as messages;
use crate::messages::audit::AuditError;
use crate::messages::failure;
use crate::output::{complain, is_closed};

/// The exit code if something could not be checked and nothing was wrong. 2 is wrong usage.
const NOT_CHECKED: u8 = 3;

/// Runs `keyrack audit` and returns the exit code.
pub async fn audit(context: &Context, options: AuditOptions) -> anyhow::Result<ExitCode> {
    let policy = load_policy(&options.policy)?;
    let logs = logs(&policy, options.shard)?;
    let store = Store::open(&options.state)?;
    let source = Cluster { web: &context.web, client: &context.client };
    let kept = store.evidence()?;
    let mut verdict = if kept.is_empty() { Verdict::Good } else { Verdict::Wrong };
    if verdict != Verdict::Good {
        complain(messages::evidence(&kept, &options.state));
    }
    let Some(seconds) = options.follow else {
        let (reports, all_followed) = follow_all(&source, &policy, &store, &logs).await?;
        verdict = reports.iter().map(Verdict::of).fold(verdict, Verdict::max);
        if !all_followed {
            verdict = Verdict::Wrong;
        }
        warn_of_unknown_log(&source, &logs, options.shard).await;
        context.show(&reports, |reports| reports.iter().map(Report::text).collect::<Vec<_>>().join("\n"))?;
        return Ok(verdict.exit_code());
    };
    loop {
        let (reports, _) = tokio::select! {
            done = follow_all(&source, &policy, &store, &logs) => done?,
            _ = tokio::signal::ctrl_c() => break,
        };
        for report in reports.iter().filter(|report| report.verified > report.verified_before || !report.is_good()) {
            verdict = verdict.max(Verdict::of(report));
            context.show(report, Report::text)?;
        }
        if is_closed() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    Ok(verdict.exit_code())
}

/// What an audit says with its exit code. The worst of all logs counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Nothing is wrong.
    Good,
    /// Nothing wrong was found, but something could not be checked.
    Unchecked,
    /// Something is wrong, or a log could not be followed.
    Wrong,
}

impl Verdict {
    fn of(report: &Report) -> Verdict {
        match (report.is_good(), report.is_only_unchecked()) {
            (true, _) => Verdict::Good,
            (false, true) => Verdict::Unchecked,
            (false, false) => Verdict::Wrong,
        }
    }

    fn exit_code(self) -> ExitCode {
        match self {
            Verdict::Good => ExitCode::SUCCESS,
            Verdict::Unchecked => ExitCode::from(NOT_CHECKED),
            Verdict::Wrong => ExitCode::FAILURE,
        }
    }
}

/// Follows every log once and prints the failures. The second value says whether all logs were followed.
async fn follow_all(
    source: &Cluster<'_>,
    policy: &Policy,
    store: &Store,
    logs: &BTreeMap<u32, String>,
) -> anyhow::Result<(Vec<Report>, bool)> {
    let mut reports = Vec::new();
    // The origins of the logs by cause: a node that does not answer fails for all logs alike.
    let mut failed: Vec<(String, Vec<&str>)> = Vec::new();
    for (shard, origin) in logs {
        let style = ProgressStyle::with_template("{msg:<14} [{bar:40}] {pos}/{len} leaves {per_sec} eta {eta}")?;
        let bar = ProgressBar::new(0).with_style(style).with_message(format!("shard {shard}"));
        let follower = Follower { source, policy, store, bar, pause: Duration::from_secs(1) };
        let done = follower.follow(*shard, origin).await;
        follower.bar.finish_and_clear();
        match done {
            Ok(report) => reports.push(report),
            Err(cause) => {
                let cause = failure::text(&cause);
                match failed.iter_mut().find(|(known, _)| *known == cause) {
                    Some((_, origins)) => origins.push(origin),
                    None => failed.push((cause, vec![origin.as_str()])),
                }
            }
        }
    }
    for (cause, origins) in &failed {
        complain(messages::not_audited(origins, cause));
    }
    Ok((reports, failed.is_empty()))
}

/// The logs in the policy, by shard.
fn logs(policy: &Policy, wanted: Shards) -> anyhow::Result<BTreeMap<u32, String>> {
    let mut logs = BTreeMap::new();
    for (key, _) in policy.logs() {
        let shard = key.name().rsplit_once("/shard-").and_then(|(_, number)| number.parse().ok());
        let Some(shard) = shard else { continue };
        if matches!(wanted, Shards::One(one) if one != shard) {
            continue;
        }
        let origin = logs.entry(shard).or_insert_with(|| key.name().to_owned());
        if origin != key.name() {
            return Err(AuditError::TwoLogs { shard, one: origin.clone(), other: key.name().to_owned() }.into());
        }
    }
    match wanted {
        Shards::One(shard) if logs.is_empty() => Err(AuditError::NoLog(format!("shard {shard}")).into()),
        Shards::All if logs.is_empty() => Err(AuditError::NoLog("any shard".to_owned()).into()),
        _ => Ok(logs),
    }
}

/// Warns if the cluster has a log that is not in the policy.
async fn warn_of_unknown_log(source: &Cluster<'_>, logs: &BTreeMap<u32, String>, wanted: Shards) {
    let (Shards::All, Some(next)) = (wanted, logs.keys().last().and_then(|last| last.checked_add(1))) else { return };
    if source.checkpoints(next).await.iter().any(|(_, note)| note.is_ok()) {
        complain(messages::unknown_log(next));
    }
}
