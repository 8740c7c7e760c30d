//! The options of `keyrack audit`.

use std::path::PathBuf;

use clap::Args;

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
pub struct AuditOptions {
    /// The keys that you trust (c2sp.org/tlog-policy).
    #[arg(long)]
    pub policy: PathBuf,
    /// One shard's log, or all logs of the policy.
    #[arg(long, default_value = "all", value_parser = shards)]
    pub shard: Shards,
    /// Where to remember what was verified, and to keep evidence.
    #[arg(long, default_value = "keyrack-audit")]
    pub state: PathBuf,
    /// Go on until stopped, looking again after so many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "10", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub follow: Option<u64>,
}

/// Which logs to follow.
#[derive(Clone, Copy)]
pub enum Shards {
    /// All logs of the policy.
    All,
    /// The log of this shard.
    One(u32),
}

fn shards(text: &str) -> Result<Shards, String> {
    match text {
        "all" => Ok(Shards::All),
        _ => text.parse().map(Shards::One).map_err(|_| "a shard's number, or all".to_owned()),
    }
}
