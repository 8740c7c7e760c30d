//! `keyrackd`: the daemon. It serves the HTTP and gRPC APIs of one node, authenticates callers, encrypts guest data, and hands
//! commands and reads to the replicated core (`keyrack-cluster`). It knows neither openraft nor RocksDB.
//!
//! Imports run downwards, in this order; no file imports one that stands above it:
//!
//! | | |
//! |---|---|
//! | `main` | the command line |
//! | `dev` | `keyrackd dev`: a whole cluster on this machine |
//! | `run`, `data` | `keyrackd run`: one node from its start to its end; `keyrackd data`: its data while it does not run |
//! | `process`, `insecure`, `witness` | log and signals; configurations that are refused; outside witnesses |
//! | `edge` | the transports: `listeners` over `http` and `grpc` |
//! | `service` | one operation a function |
//! | `access` | who calls, may they, how often; the one table of operations; the audit trail |
//! | `convert` | requests in, answers out, problems and their titles |
//! | `guests` | encryption of guest data, the keyring, card numbers |
//! | `tls` | certificates and their rotation |
//! | `metrics` | counters and gauges |
//! | `config` | the configuration file |
//! | `outbound` | HTTP requests to others |
//! | `clock` | the wall clock |
//!
//! Start with `run.rs`, which puts a node together, and then follow a booking: `edge/http/router.rs`,
//! `edge/http/handlers/bookings.rs`, `service/bookings.rs`.

mod access;
mod clock;
mod config;
mod convert;
mod data;
mod dev;
mod edge;
mod guests;
mod insecure;
mod metrics;
mod outbound;
mod process;
mod run;
mod service;
mod tls;
mod witness;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::guests::keyring_file;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Keyrack: room-date inventory and reservations for hotels, replicated and durable.
#[derive(Parser)]
#[command(name = "keyrackd", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one node of a cluster.
    #[command(after_help = "Example:\n  keyrackd config print-default > keyrackd.toml\n  keyrackd run --config keyrackd.toml")]
    Run {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Stop when stdin ends; for a parent process that starts nodes.
        #[arg(long, hide = true)]
        until_stdin_closes: bool,
    },
    /// Run a whole cluster on this machine, with sample hotels.
    #[command(
        after_help = "Examples:\n  keyrackd dev\n  keyrackd dev --nodes 5 --data /tmp/keyrack --port-base 9000\n  keyrackd dev --json\n  keyrackd dev --tls"
    )]
    Dev {
        /// How many nodes, 1 to 9.
        #[arg(long, default_value_t = 3)]
        nodes: u64,
        /// Where their data is kept; run again on the same folder to go on.
        #[arg(long, default_value = "keyrack-dev")]
        data: PathBuf,
        /// Print one line of JSON with addresses, processes and keys once ready.
        #[arg(long)]
        json: bool,
        /// Node i listens on this port plus 10 i (HTTP), plus 1 (gRPC), plus 2 (peers), plus 3 (operators).
        #[arg(long, default_value_t = 7100)]
        port_base: u16,
        /// Run all nodes in this process.
        #[arg(long)]
        in_process: bool,
        /// Load no sample hotels.
        #[arg(long)]
        no_samples: bool,
        /// Serve HTTP and gRPC over TLS, with the authority that is made in DATA/pki.
        #[arg(long)]
        tls: bool,
    },
    /// Check or print configurations.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make or rotate the keyring that protects guest data.
    #[command(subcommand)]
    Keyring(KeyringCommand),
    /// Look at a node's data, or put them aside; the node must not run.
    #[command(subcommand)]
    Data(DataCommand),
    /// Print the OpenAPI document of the HTTP API.
    #[command(name = "openapi")]
    OpenApi,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check a configuration file, with the environment's overrides.
    Check {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print a configuration with all defaults.
    PrintDefault,
}

#[derive(Subcommand)]
enum DataCommand {
    /// Read everything a node has on its disk, and say what is damaged. Exit code 1 when anything is.
    #[command(after_help = "Example:\n  keyrackd data check --config keyrackd.toml")]
    Check {
        /// The node's configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Put a node's data into DATA/set-aside. At its next start it asks the other nodes to be taken in anew, and gets everything
    /// from them: for a disk that was replaced, or a node that has diverged.
    #[command(after_help = "Example:\n  keyrackd data set-aside --config keyrackd.toml")]
    SetAside {
        /// The node's configuration file.
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum KeyringCommand {
    /// Make a keyring with one key.
    #[command(after_help = "Example:\n  keyrackd keyring init keyring --name 2026-11")]
    Init {
        /// The file.
        file: PathBuf,
        /// The key's name.
        #[arg(long, default_value = "first")]
        name: String,
    },
    /// Add a key that opens but does not wrap yet. First on every node; running nodes take it up within a second.
    #[command(
        after_help = "A rotation, each step on every node before the next:\n  keyrackd keyring add keyring --name 2027-05\n  \
                            keyrackd keyring activate keyring --name 2027-05\n  (wait until keyrack_guests_rewrapping is 0 on \
                            every node)\n  keyrackd keyring remove keyring --name 2026-11   (after 48 hours, for retries)"
    )]
    Add {
        /// The file.
        file: PathBuf,
        /// The key's name.
        #[arg(long)]
        name: String,
    },
    /// Let a key wrap from here on; what older keys wrapped is wrapped anew by itself.
    Activate {
        /// The file.
        file: PathBuf,
        /// The key's name.
        #[arg(long)]
        name: String,
    },
    /// Remove a key: what only it opens is lost.
    Remove {
        /// The file.
        file: PathBuf,
        /// The key's name.
        #[arg(long)]
        name: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match act(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("keyrackd: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

fn act(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run { config, until_stdin_closes } => runtime()?.block_on(run::run(&config, until_stdin_closes)),
        Command::Dev { nodes, data, json, port_base, in_process, no_samples, tls } => {
            let options = dev::Options { nodes, data, json, port_base, in_process, no_samples, tls };
            runtime()?.block_on(dev::dev(options))
        }
        Command::Config(ConfigCommand::Check { config }) => {
            let checked = Config::load(&config)?;
            println!("{} is a valid configuration", config.display());
            // Whether files are there and private is another question on another machine.
            if let Err(reasons) = insecure::check(&checked) {
                eprintln!("keyrackd run would refuse it here: {reasons}");
            }
            Ok(())
        }
        Command::Config(ConfigCommand::PrintDefault) => {
            print!("{}", Config::print_default()?);
            Ok(())
        }
        Command::Keyring(command) => match command {
            KeyringCommand::Init { file, name } => keyring_file::init(&file, &name),
            KeyringCommand::Add { file, name } => keyring_file::add(&file, &name),
            KeyringCommand::Activate { file, name } => keyring_file::activate(&file, &name),
            KeyringCommand::Remove { file, name } => keyring_file::remove(&file, &name),
        },
        Command::Data(command) => match command {
            DataCommand::Check { config } => data::check(&config),
            DataCommand::SetAside { config } => data::set_aside(&config),
        },
        Command::OpenApi => {
            println!("{}", edge::http::document().to_pretty_json()?);
            Ok(())
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
