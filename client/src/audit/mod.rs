//! `keyrack audit`: follows the receipts' logs, believing nobody.

mod codec;
mod finding;
mod follow;
mod ledger;
mod replay;
mod report;
mod source;
mod state;
mod store;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyrack_merkle::Policy;

use self::follow::Follower;
use self::report::Report;
use self::source::{Cluster, Source};
use self::store::Store;
use crate::cli::Context;
use crate::receipt::load_policy;
use crate::terminal::plain;

/// What `keyrack audit` takes.
#[derive(Args)]
#[command(
    after_help = "Checks every checkpoint against the policy, hashes every leaf into the tree, replays all bookings and compares \
                        what they add up to with what the log says.\nLeaves need an auditor's key. Exit code: 0 when nothing is \
                        wrong, 1 when anything was found or could not be checked.\n\nExamples:\n  keyrack audit --policy \
                        keyrack.policy --key kr_auditor_...\n  keyrack audit --policy keyrack.policy --shard 2 --state \
                        /var/lib/keyrack-audit --follow 60\n  keyrack audit --policy keyrack.policy --endpoint \
                        http://a:7110,http://b:7110,http://c:7110 --json"
)]
pub struct Options {
    /// The keys that you trust (c2sp.org/tlog-policy).
    #[arg(long)]
    policy: PathBuf,
    /// One shard's log, or all logs of the policy.
    #[arg(long, default_value = "all", value_parser = shards)]
    shard: Shards,
    /// Where to remember what was verified, and to keep evidence.
    #[arg(long, default_value = "keyrack-audit")]
    state: PathBuf,
    /// Go on until stopped, looking again after so many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "10", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    follow: Option<u64>,
}

#[derive(Clone, Copy)]
enum Shards {
    All,
    One(u32),
}

fn shards(text: &str) -> Result<Shards, String> {
    match text {
        "all" => Ok(Shards::All),
        _ => text.parse().map(Shards::One).map_err(|_| "a shard's number, or all".to_owned()),
    }
}

/// Follows the logs.
pub async fn audit(context: &Context, options: Options) -> anyhow::Result<ExitCode> {
    let policy = load_policy(&options.policy)?;
    let logs = logs(&policy, options.shard)?;
    let store = Store::open(&options.state)?;
    let source = Cluster { web: &context.web, client: &context.client };
    let kept = store.evidence()?;
    let mut is_good = kept.is_empty();
    if !is_good {
        let (files, folder) = (kept.join(", "), options.state.display());
        eprintln!(
            "keyrack: an earlier audit found a fork or a log cut back; its evidence is in {folder}: {files}. Move it away once that is settled."
        );
    }
    let Some(seconds) = options.follow else {
        let (reports, all_there) = round(&source, &policy, &store, &logs).await?;
        is_good &= all_there && reports.iter().all(Report::is_good);
        beyond(&source, &logs, options.shard).await;
        context.show(&reports, |reports| reports.iter().map(Report::text).collect::<Vec<_>>().join("\n"))?;
        return Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    loop {
        let (reports, _) = tokio::select! {
            done = round(&source, &policy, &store, &logs) => done?,
            _ = tokio::signal::ctrl_c() => break,
        };
        for report in reports.iter().filter(|report| report.verified > report.verified_before || !report.is_good()) {
            is_good &= report.is_good();
            context.show(report, Report::text)?;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every log once; what could not be looked at is told, and is not good.
async fn round(
    source: &Cluster<'_>,
    policy: &Policy,
    store: &Store,
    logs: &BTreeMap<u32, String>,
) -> anyhow::Result<(Vec<Report>, bool)> {
    let mut reports = Vec::new();
    let mut all_there = true;
    for (shard, origin) in logs {
        let style = ProgressStyle::with_template("{msg:<14} [{bar:40}] {pos}/{len} leaves {per_sec} eta {eta}")?;
        let bar = ProgressBar::new(0).with_style(style).with_message(format!("shard {shard}"));
        let follower = Follower { source, policy, store, bar, pause: Duration::from_secs(1) };
        let done = follower.follow(*shard, origin).await;
        follower.bar.finish_and_clear();
        match done {
            Ok(report) => reports.push(report),
            Err(cause) => {
                eprintln!("keyrack: {}: not audited: {}", plain(origin), plain(&format!("{cause:#}")));
                all_there = false;
            }
        }
    }
    Ok((reports, all_there))
}

/// The logs that the policy knows, by shard.
fn logs(policy: &Policy, wanted: Shards) -> anyhow::Result<BTreeMap<u32, String>> {
    let mut logs = BTreeMap::new();
    for (key, _) in policy.logs() {
        let shard = key.name().rsplit_once("/shard-").and_then(|(_, number)| number.parse().ok());
        let Some(shard) = shard else { continue };
        if matches!(wanted, Shards::One(one) if one != shard) {
            continue;
        }
        let origin = logs.entry(shard).or_insert_with(|| key.name().to_owned());
        anyhow::ensure!(origin == key.name(), "the policy has two logs of shard {shard}: {origin} and {}", key.name());
    }
    match wanted {
        Shards::One(shard) if logs.is_empty() => anyhow::bail!("the policy has no log named <cluster>/shard-{shard}"),
        Shards::All if logs.is_empty() => anyhow::bail!("the policy has no log named <cluster>/shard-<number>"),
        _ => Ok(logs),
    }
}

/// Says so when the cluster has a log that the policy does not know.
async fn beyond(source: &Cluster<'_>, logs: &BTreeMap<u32, String>, wanted: Shards) {
    let (Shards::All, Some(next)) = (wanted, logs.keys().last().and_then(|last| last.checked_add(1))) else { return };
    if source.checkpoints(next).await.iter().any(|(_, note)| note.is_ok()) {
        eprintln!("keyrack: the cluster has a log of shard {next} too, which the policy does not know: it was not audited");
    }
}
