//! `keyrack-sim`: the replicated core as one deterministic process.
//!
//! openraft, the inventory, and the cluster's log store, wire codec, settings, batcher, read gate, log clock, decisions and
//! answers to other replicas run as they are, from the library `keyrack_cluster`. Network, disk and clocks are simulated, and
//! everything that chance decides is drawn from a seed: one seed is one run. Not in it: RocksDB, gRPC and TLS, the
//! directory's shard, cosignatures, `upkeep/` and `serving/` (`node.rs` has its own ticks, snapshots and answers to clients), and
//! everything above the replicated core.
//!
//! `run.rs` runs one seed: `world.rs` is what its nodes share, `node.rs` a node, `disk.rs` and `net.rs` what it runs on,
//! `members.rs` the operator, `faults.rs` what goes wrong, `clients.rs` who asks, `observer.rs` and `invariants/` what is checked at every step. Start with `run.rs`.

mod clients;
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
/// Runs Keyrack's replicated core in simulated time, with faults, and checks it at every step.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs one seed.
    Run {
        #[arg(long)]
        seed: u64,
        /// Simulated seconds with faults.
        #[arg(long, default_value_t = seeds::SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
        /// Writes every event to this file.
        #[arg(long)]
        trace: Option<PathBuf>,
        /// Prints the number of events and their SHA-256.
        #[arg(long)]
        digest: bool,
    },
    /// Runs many seeds; fails when any breaks an invariant.
    Seeds {
        #[arg(long, default_value_t = 1)]
        from: u64,
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        count: u64,
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=256))]
        jobs: u64,
        /// Simulated seconds with faults, for each.
        #[arg(long, default_value_t = seeds::SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
    },
    /// Runs each seed in two processes and compares all their events.
    Determinism {
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
        count: u64,
        /// Simulated seconds with faults, for each.
        #[arg(long, default_value_t = seeds::SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
    },
}

/// Exit code 0: every invariant held; 1: one did not; 2: it could not be done.
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
    let end = from.checked_add(count).with_context(|| format!("there are no {count} seeds from {from} on"))?;
    Ok(from..end)
}
