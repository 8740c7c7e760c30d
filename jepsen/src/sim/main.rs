//! `keyrack-sim`: the replicated core as one deterministic process.
//!
//! It runs unchanged code: openraft, the inventory, and from the library `keyrack_cluster` the log store, wire codec, settings,
//! batcher, read gate, log clock, decisions and answers to other replicas. Network, disks and clocks are simulated. All random
//! numbers come from one seed, so one seed is one run. It does not contain RocksDB, gRPC and TLS, the directory's shard,
//! cosignatures, `upkeep/` and `serving/` (`node.rs` has its own ticks, snapshots and answers to clients), and everything
//! above the replicated core.
//!
//! Start with `run.rs`, which runs one seed. `world.rs` is the state that the nodes share, `node.rs` is a node, `disk.rs` and
//! `net.rs` are its disk and network, `members.rs` is the operator, `faults.rs` injects faults, `clients.rs` are the callers.
//! `observer.rs` checks `invariants/` at every step.

mod clients;
mod copied;
mod disk;
mod faults;
mod invariants;
mod log_disk;
mod members;
mod net;
mod node;
mod observer;
mod raft;
mod rng;
mod run;
mod running;
mod saved;
mod seeds;
mod spawn;
mod trace;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Run Keyrack's replicated core in simulated time with faults, and check its invariants at every step.
#[derive(Parser)]
#[command(name = "keyrack-sim", version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run one seed.
    #[command(after_help = "Examples:\n  keyrack-sim run --seed 7\n  keyrack-sim run --seed 7 --seconds 60 --trace seed-7.txt")]
    Run {
        /// The seed of all random numbers. The same seed gives the same run.
        #[arg(long)]
        seed: u64,
        /// How long faults are injected, in simulated seconds.
        #[arg(long, default_value_t = seeds::SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
        /// Write every event to this file, one per line.
        #[arg(long)]
        trace: Option<PathBuf>,
        /// Print the number of events and the SHA-256 of all events.
        #[arg(long)]
        digest: bool,
    },
    /// Run many seeds. Exit code 1 if any of them breaks an invariant.
    #[command(after_help = "Example:\n  keyrack-sim seeds --from 1 --count 200 --jobs 2")]
    Seeds {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// The number of seeds.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        count: u64,
        /// How many seeds run at the same time.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=256))]
        jobs: u64,
        /// How long faults are injected in each seed, in simulated seconds.
        #[arg(long, default_value_t = seeds::SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
    },
    /// Run each seed in two processes, and compare all their events.
    #[command(after_help = "Example:\n  keyrack-sim determinism --seed 500 --count 3")]
    Determinism {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The number of seeds.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
        count: u64,
        /// How long faults are injected in each seed, in simulated seconds.
        #[arg(long, default_value_t = seeds::SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
    },
}

/// Exit code 0: every invariant held; 1: an invariant was broken; 2: the arguments were wrong, or the command could not run.
fn main() -> ExitCode {
    match act() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(cause) => {
            eprintln!("keyrack-sim: {cause:#}");
            ExitCode::from(2)
        }
    }
}

fn act() -> anyhow::Result<bool> {
    Ok(match Arguments::parse().command {
        Task::Run { seed, seconds, trace, digest } => seeds::one(seed, seconds, trace.as_deref(), digest)?,
        Task::Seeds { from, count, jobs, seconds } => seeds::many(range(from, count)?, jobs, seconds),
        Task::Determinism { seed, count, seconds } => seeds::twice(range(seed, count)?, seconds)?,
    })
}

fn range(from: u64, count: u64) -> anyhow::Result<std::ops::Range<u64>> {
    let end = from
        .checked_add(count)
        .with_context(|| format!("cannot run {count} seeds from {from}: the last seed would be above {}", u64::MAX))?;
    Ok(from..end)
}
