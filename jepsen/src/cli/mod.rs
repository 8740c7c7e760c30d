//! The command line.

mod print;
mod recall;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Harm a Keyrack cluster of real processes, and show from its history that it kept its promises.
#[derive(Parser)]
#[command(name = "keyrack-jepsen", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run workloads against a cluster that is harmed meanwhile, and judge what its callers saw.
    #[command(after_help = "Examples:\n  keyrack-jepsen run --workload reserve --nemesis kill-leader --seconds 60 --seed 7\n  \
                            keyrack-jepsen run --nemesis power-all,clock --seconds 300\n  keyrack-jepsen run --nemesis all")]
    Run(run::Options),
    /// Judge the history in a run's folder again.
    #[command(after_help = "Example:\n  keyrack-jepsen check jepsen-runs/20261125-101500-7")]
    Check {
        /// The folder.
        folder: std::path::PathBuf,
    },
    /// Plant bugs in a copy of the sources, and see which layer of tests finds each.
    #[command(after_help = "Examples:\n  keyrack-jepsen recall --list\n  keyrack-jepsen recall --check\n  \
                            keyrack-jepsen recall --bug ack-before-fsync --layer processes --seconds 120")]
    Recall(recall::Options),
}

/// Does what the command line says. Exit code 0: every promise was kept; 1: one was not; 2: wrong usage.
pub async fn act() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run(options) => run::run(options).await,
        Command::Check { folder } => {
            let (history, verdict) = keyrack_jepsen::run::rejudge(&folder)?;
            print::verdict(&history, &verdict);
            Ok(print::code(&verdict))
        }
        Command::Recall(options) => recall::run(options).await,
    }
}
