//! The command line: a file for each command, which parses its options, calls the library and prints the outcome.
//!
//! Invariants:
//! - results go to stdout, progress and errors to stderr;
//! - a promise that a measurement found broken is a [`BrokenPromise`], so that it ends with 1, not with 2.
//!
//! Start with [`act`]. `run.rs`, `matrix.rs` and `report.rs` are runs and their pages, `measure.rs` and `rot.rs` are
//! measurements, `recall.rs` plants bugs.

mod broken_promise;
mod matrix;
mod measure;
mod print;
mod recall;
mod report;
mod rot;
mod run;

pub use broken_promise::BrokenPromise;

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
    /// Run all workloads with every nemesis, one after the other; goes on where it was interrupted.
    #[command(
        after_help = "Examples:\n  keyrack-jepsen matrix\n  keyrack-jepsen matrix --seconds 20 --nemesis kill-leader,power-all,clock"
    )]
    Matrix(matrix::Options),
    /// Measure how long bookings are not possible after the leader was killed.
    #[command(after_help = "Example:\n  keyrack-jepsen failover --count 200")]
    Failover(measure::Options),
    /// Kill all nodes, or take their power, again and again: nothing acknowledged may be lost.
    #[command(after_help = "Example:\n  keyrack-jepsen restarts --count 100")]
    Restarts(measure::Options),
    /// Flip single bits in the data of a node that is down, one after the other: each must be noticed, or without any effect,
    /// and the node whole again by itself.
    #[command(after_help = "Example:\n  keyrack-jepsen rot --count 1000")]
    Rot(measure::Options),
    /// Judge the history in a run's folder again.
    #[command(after_help = "Example:\n  keyrack-jepsen check jepsen-runs/20261125-101500-7")]
    Check {
        /// The folder.
        folder: std::path::PathBuf,
        /// The files are not as the run wrote them, and that is meant so.
        #[arg(long)]
        edited: bool,
    },
    /// Write a run's report.html anew; of a folder of runs, all of theirs and an index.html.
    #[command(
        after_help = "Examples:\n  keyrack-jepsen report jepsen-runs/20261125-101500-7\n  keyrack-jepsen report jepsen-runs"
    )]
    Report {
        /// A run's folder, or one that holds several.
        folder: std::path::PathBuf,
    },
    /// Plant bugs in a copy of the sources, and see which layer of tests finds each.
    #[command(after_help = "Examples:\n  keyrack-jepsen recall --list\n  keyrack-jepsen recall --check\n  \
                            keyrack-jepsen recall --bug ack-before-fsync --layer processes --seconds 120")]
    Recall(recall::Options),
}

/// Does what the command line says. Exit code 0: every promise was kept; 1: one was not; 2: it could not be done, was asked
/// for in a wrong way, or shows nothing.
pub async fn act() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run(options) => run::run(options).await,
        Command::Matrix(options) => matrix::matrix(options).await,
        Command::Failover(options) => measure::failover(options).await,
        Command::Restarts(options) => measure::restarts(options).await,
        Command::Rot(options) => rot::rot(options).await,
        Command::Check { folder, edited } => {
            let (history, verdict) = keyrack_jepsen::run::rejudge(&folder, edited)?;
            print::verdict(&history, &verdict)?;
            Ok(print::code(&history, &verdict))
        }
        Command::Report { folder } => report::report(&folder),
        Command::Recall(options) => recall::run(options).await,
    }
}
