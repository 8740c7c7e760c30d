//! `keyrack-sim`: the replicated core as one deterministic process.
//!
//! openraft, the cluster's log store, wire codec, settings, batcher, read gate, log clock and decisions, and the inventory run
//! as they are;
//! network, disk and clocks are simulated, and everything that chance decides is drawn from a seed. Not in it: RocksDB,
//! gRPC and TLS, the directory's shard, cosignatures, and everything above the replicated core.

#[allow(dead_code, reason = "the simulation asks patiently for nothing")]
#[path = "../../../cluster/src/batcher.rs"]
mod batcher;
mod clients;
mod disk;
mod faults;
mod invariants;
#[path = "../../../cluster/src/log_clock.rs"]
mod log_clock;
#[path = "../../../cluster/src/member.rs"]
mod member;
mod members;
mod net;
mod node;
mod observer;
mod raft;
#[allow(dead_code, reason = "nobody asks the simulated nodes for checkpoints")]
#[path = "../../../cluster/src/reads.rs"]
mod reads;
mod rng;
mod run;
mod seeds;
mod trace;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
// As the cluster's files know them.
use disk as storage;
use member::Member;
use node::ClusterConfig;

mod directory {
    /// The shard of the directory, which is not simulated.
    pub const SHARD: u32 = 0;
}

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
