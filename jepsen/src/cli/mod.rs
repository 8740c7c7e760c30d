//! The command line. Each command has a file that parses its options, calls the library and prints the result.
//!
//! Invariants:
//! - results go to stdout, progress and errors to stderr;
//! - a measurement that finds a broken promise returns a [`BrokenPromise`], so that the exit code is 1, not 2.
//!
//! Start with [`act`]. `run.rs`, `matrix.rs` and `report.rs` are runs and their pages, `measure.rs` and `rot.rs` are
//! measurements, `recall.rs` plants bugs.

mod broken_promise;
mod matrix;
mod measure;
mod number;
mod print;
mod recall;
mod report;
mod rot;
mod run;

pub use broken_promise::BrokenPromise;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Inject faults into a Keyrack cluster of real processes, and check from the recorded history that it kept its promises.
#[derive(Parser)]
#[command(name = "keyrack-jepsen", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run workloads against a cluster while faults are injected, and check the answers that the callers got.
    #[command(after_help = "Examples:\n  keyrack-jepsen run --workload reserve --nemesis kill-leader --seconds 60 --seed 7\n  \
                            keyrack-jepsen run --nemesis power-all,clock --seconds 300\n  keyrack-jepsen run --nemesis all")]
    Run(run::Options),
    /// Run all workloads under each nemesis, one nemesis after the other. An interrupted matrix continues when it is started
    /// again.
    #[command(after_help = "Examples:\n  keyrack-jepsen matrix\n  \
                      keyrack-jepsen matrix --seconds 20 --nemesis kill-leader,power-all,clock")]
    Matrix(matrix::Options),
    /// Kill the leader again and again, and measure the time until a booking is acknowledged.
    #[command(after_help = "Example:\n  keyrack-jepsen failover --count 200")]
    Failover(measure::Options),
    /// Kill all nodes, or take their power, again and again. No acknowledged booking may be lost. Measures the time to the next
    /// booking.
    #[command(after_help = "Example:\n  keyrack-jepsen restarts --count 100")]
    Restarts(measure::Options),
    /// Flip single bits in the data of a stopped node, one at a time. Keyrack must detect each flip, or the flip must have no
    /// effect, and the node must repair its data automatically.
    #[command(after_help = "Example:\n  keyrack-jepsen rot --count 1000")]
    Rot(measure::Options),
    /// Check the history in a run's folder again.
    #[command(after_help = "Examples:\n  keyrack-jepsen check jepsen-runs/20261125-101500-7\n  \
                            keyrack-jepsen check --edited jepsen-runs/20261125-101500-7")]
    Check {
        /// The run's folder, as `run` printed it.
        folder: std::path::PathBuf,
        /// Accept files that were changed after the run. Without it, changed files are refused.
        #[arg(long)]
        edited: bool,
    },
    /// Write a run's report.html again. For a folder of runs, write all their reports and an index.html.
    #[command(
        after_help = "Examples:\n  keyrack-jepsen report jepsen-runs/20261125-101500-7\n  keyrack-jepsen report jepsen-runs"
    )]
    Report {
        /// A run's folder, or a folder of several runs.
        folder: std::path::PathBuf,
    },
    /// Plant bugs in a copy of the sources, and report which layers of tests find each.
    #[command(after_help = "Examples:\n  keyrack-jepsen recall --list\n  keyrack-jepsen recall --check\n  \
                            keyrack-jepsen recall --bug ack-before-fsync --layer processes --seconds 120")]
    Recall(recall::Options),
}

/// Runs the command. Exit code 0: every promise was kept; 1: a promise was broken; 2: the arguments were wrong, the command
/// could not run, or its run was inconclusive.
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
