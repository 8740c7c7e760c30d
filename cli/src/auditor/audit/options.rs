//! The options of `keyrack audit`.

use std::path::PathBuf;

use clap::Args;

use crate::messages::usage::needs;
use crate::number::between;

/// The options of `keyrack audit`.
#[derive(Args)]
#[command(
    after_help = "Checks every checkpoint against the policy, hashes every leaf into the tree, replays all bookings and compares \
                        the sums with the limits in the log.\nLeaves need the key of an auditor. Exit code: 0 when nothing is \
                        wrong, 1 when something was found, 3 when nothing was found but something could not be checked.\n\nExamples:\n  keyrack audit --policy \
                        keyrack.policy --key kr_auditor_...\n  keyrack audit --policy keyrack.policy --shard 2 --state \
                        /var/lib/keyrack-audit --follow 60\n  keyrack audit --policy keyrack.policy --endpoint \
                        http://a:7110,http://b:7110,http://c:7110 --json"
)]
pub struct AuditOptions {
    /// The file with the policy: the keys that you trust (c2sp.org/tlog-policy).
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// The number of the shard whose log is audited, or all.
    #[arg(long, default_value = "all", value_parser = shards)]
    pub shard: Shards,
    /// The folder for the verified state and for evidence.
    #[arg(long, value_name = "FOLDER", default_value = "keyrack-audit")]
    pub state: PathBuf,
    /// Repeat the audit after this number of seconds until it is stopped. Without a number 10.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "10", value_parser = between::<u64>(1, 86_400))]
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

fn shards(text: &str) -> Result<Shards, &'static str> {
    match text {
        "all" => Ok(Shards::All),
        _ => text.parse().map(Shards::One).map_err(|_| needs::SHARD),
    }
}
