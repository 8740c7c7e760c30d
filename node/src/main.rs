//! `keyrackd`: the daemon. It serves the HTTP and gRPC APIs of one node, authenticates callers, encrypts guest data, and passes
//! commands and reads to the replicated core (`keyrack-cluster`). It uses neither openraft nor RocksDB.
//!
//! A file imports only from files below it in this order:
//!
//! | | |
//! |---|---|
//! | `main` | the command line |
//! | `dev` | `keyrackd dev`: a whole cluster on this machine |
//! | `run`, `data` | `keyrackd run`: one node from its start to its end; `keyrackd data`: a stopped node's data |
//! | `process`, `insecure`, `witness` | log, output and signals; unsafe configurations; outside witnesses |
//! | `edge` | the transports: `listeners` over `http` and `grpc` |
//! | `service` | one function for each operation |
//! | `access` | callers, rights and quotas; the table of operations; the audit trail |
//! | `convert` | requests into domain types, results into answers and problems |
//! | `guests` | encryption of guest data, the keyring, card numbers |
//! | `tls` | certificates and their rotation |
//! | `metrics` | counters and gauges |
//! | `config` | the configuration file |
//! | `outbound` | HTTP requests to other servers |
//! | `budget`, `clock`, `messages` | the bytes that wait for clients; the wall clock; the texts of failures and notes |
//!
//! Exit codes: 0 the command did its work, 1 it failed, 2 it was used wrongly.
//!
//! Start with `run.rs`, which starts a node, and then follow a booking: `edge/http/router.rs`,
//! `edge/http/handlers/bookings.rs`, `service/bookings.rs`.

mod access;
mod budget;
mod clock;
mod config;
mod convert;
mod data;
mod dev;
mod edge;
mod guests;
mod insecure;
mod messages;
mod metrics;
mod outbound;
mod process;
mod run;
mod service;
mod tls;
mod witness;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::guests::keyring_file;
use crate::messages::config::{ConfigError, Reasons, would_not_start, would_start};
use crate::messages::failure;
use crate::messages::files::AccessError;
use crate::messages::start::RunError;
use crate::messages::usage::whole_number;
use crate::process::{make_files_private, note, say};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The exit code for wrong usage.
const WRONG_USAGE: u8 = 2;

/// Keyrack: room inventory and reservations for hotels, replicated and durable. This is the server.
#[derive(Parser)]
#[command(name = "keyrackd", version, arg_required_else_help = true)]
#[command(after_help = "Example, a whole cluster to try:\n  keyrackd dev\n\nExit code: 0 done, 1 failed, 2 wrong usage.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one node of a cluster, until SIGTERM or Ctrl-C.
    #[command(after_help = "Examples:\n  keyrackd config print-default > keyrackd.toml\n  keyrackd config check \
                      --config keyrackd.toml\n  keyrackd run --config keyrackd.toml")]
    Run {
        /// The configuration file. KEYRACK_A_B in the environment overrides its setting a.b.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Stop when standard input ends, for a parent process that starts nodes.
        #[arg(long, hide = true)]
        until_stdin_closes: bool,
    },
    /// Run a whole cluster on this machine, with sample hotels, until Ctrl-C.
    #[command(
        after_help = "Examples:\n  keyrackd dev\n  keyrackd dev --nodes 5 --data /tmp/keyrack --port-base 9000\n  keyrackd \
                      dev --json\n  keyrackd dev --tls"
    )]
    Dev {
        /// The number of nodes, 1 to 9. An existing data folder keeps its number.
        #[arg(long, default_value_t = 3, value_parser = whole_number::<u64>(1..=9))]
        nodes: u64,
        /// The folder for data, keys and certificates. The same folder continues the same cluster.
        #[arg(long, value_name = "FOLDER", default_value = "keyrack-dev")]
        data: PathBuf,
        /// Print one line of JSON with addresses, processes and keys when the cluster is ready.
        #[arg(long)]
        json: bool,
        /// The first port. Node i listens on this port plus 10 i (HTTP), and on the next three (gRPC, peers, operators).
        #[arg(long, value_name = "PORT", default_value_t = 7100, value_parser = whole_number::<u16>(0..=65_535))]
        port_base: u16,
        /// Run all nodes in this process instead of one process each.
        #[arg(long)]
        in_process: bool,
        /// Load no sample hotels.
        #[arg(long)]
        no_samples: bool,
        /// Serve HTTP and gRPC with TLS. The certificate authority is in the folder pki below --data.
        #[arg(long)]
        tls: bool,
    },
    /// Check a configuration, or print the default one.
    #[command(
        subcommand,
        after_help = "Examples:\n  keyrackd config print-default > keyrackd.toml\n  keyrackd config check --config keyrackd.toml"
    )]
    Config(ConfigCommand),
    /// Make or rotate the keyring, which encrypts guest data.
    #[command(
        subcommand,
        after_help = "Example:\n  keyrackd keyring init keyring\n\nFor a rotation see: keyrackd keyring add --help"
    )]
    Keyring(KeyringCommand),
    /// Check a stopped node's data, or set them aside.
    #[command(
        subcommand,
        after_help = "Examples:\n  keyrackd data check --config keyrackd.toml\n  keyrackd data set-aside --config keyrackd.toml"
    )]
    Data(DataCommand),
    /// Print the OpenAPI document of the HTTP API, in JSON.
    #[command(name = "openapi", after_help = "Example:\n  keyrackd openapi > openapi.json")]
    OpenApi,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check whether a node would start here with a configuration. Exit code 1 if it would not, with all reasons.
    #[command(after_help = "Example:\n  keyrackd config check --config keyrackd.toml")]
    Check {
        /// The configuration file. KEYRACK_A_B in the environment overrides its setting a.b.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print a configuration with all settings, their defaults and their meaning.
    #[command(after_help = "Example:\n  keyrackd config print-default > keyrackd.toml")]
    PrintDefault,
}

#[derive(Subcommand)]
enum DataCommand {
    /// Read all data of a stopped node and report damage. Exit code 1 if there is any.
    #[command(after_help = "Example:\n  keyrackd data check --config keyrackd.toml")]
    Check {
        /// The node's configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Move a stopped node's data to DATA/set-aside, so that the node rejoins with an empty folder.
    ///
    /// Use it for a node whose disk was replaced or whose data have diverged. At its next start the other nodes send it the
    /// data. They must be a majority, so the cluster needs three or more nodes. Each run moves the data to a new folder,
    /// DATA/set-aside/1, DATA/set-aside/2 and so on. Nothing deletes them.
    #[command(after_help = "Example:\n  keyrackd data set-aside --config keyrackd.toml\n  keyrackd run --config keyrackd.toml")]
    SetAside {
        /// The node's configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum KeyringCommand {
    /// Make a keyring with one key. Do this once for each cluster, and copy the file to every node.
    #[command(after_help = "Example:\n  keyrackd keyring init keyring --name 2026-11")]
    Init {
        /// The keyring's file, which must not exist.
        file: PathBuf,
        /// The key's name: letters, digits and '-'.
        #[arg(long, default_value = "first")]
        name: String,
    },
    /// Add a key that decrypts and does not encrypt yet. A running node uses the changed file within 1 second.
    #[command(
        after_help = "A rotation. Finish each step on every node before the next step:\n  (on one node, then copy the file \
                      to the others)\n  keyrackd keyring add keyring --name 2027-05\n  keyrackd keyring activate keyring --name \
                      2027-05\n  (wait until the metric keyrack_guests_rewrapping is 0 on every node)\n  keyrackd keyring \
                      remove keyring --name 2026-11  (after 14 days, because guests' links and stored answers still need the old key)"
    )]
    Add {
        /// The keyring's file.
        file: PathBuf,
        /// The new key's name: letters, digits and '-'.
        #[arg(long)]
        name: String,
    },
    /// Encrypt with this key from now on. Guests' keys under older keys are encrypted again automatically.
    #[command(after_help = "Example:\n  keyrackd keyring activate keyring --name 2027-05")]
    Activate {
        /// The keyring's file.
        file: PathBuf,
        /// The key's name.
        #[arg(long)]
        name: String,
    },
    /// Remove a key and append its line to FILE.removed. Guest data that only this key decrypts cannot be read without it.
    #[command(after_help = "Example:\n  keyrackd keyring remove keyring --name 2026-11")]
    Remove {
        /// The keyring's file.
        file: PathBuf,
        /// The key's name. The active key cannot be removed.
        #[arg(long)]
        name: String,
    },
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return help_or_wrong_usage(&error),
    };
    make_files_private();
    match act(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            complain(&failure::text(&error));
            ExitCode::FAILURE
        }
    }
}

/// Prints clap's text: the help, the version, or what is wrong.
fn help_or_wrong_usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe && !error.use_stderr() => {
            complain(&AccessError::Output(cause).to_string());
            ExitCode::FAILURE
        }
        _ if error.use_stderr() => ExitCode::from(WRONG_USAGE),
        _ => ExitCode::SUCCESS,
    }
}

fn complain(failure: &str) {
    note(format_args!("keyrackd: {failure}"));
}

fn act(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run { config, until_stdin_closes } => run_node(config, until_stdin_closes)?,
        Command::Dev { nodes, data, json, port_base, in_process, no_samples, tls } => {
            let options = dev::Options { nodes, data, json, port_base, in_process, no_samples, tls };
            runtime()?.block_on(dev::dev(options))?;
        }
        Command::Config(ConfigCommand::Check { config }) => return check(&config),
        Command::Config(ConfigCommand::PrintDefault) => say(&Config::print_default()?)?,
        Command::Keyring(command) => say(&keyring(command)?)?,
        Command::Data(command) => match command {
            DataCommand::Check { config } => data::check(&config)?,
            DataCommand::SetAside { config } => data::set_aside(&config)?,
        },
        Command::OpenApi => say(&(edge::http::document().to_pretty_json()? + "\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Changes the keyring's file. Returns what was done.
fn keyring(command: KeyringCommand) -> anyhow::Result<String> {
    use messages::keyring as said;
    Ok(match command {
        KeyringCommand::Init { file, name } => keyring_file::init(&file, &name).map(|()| said::made(&file, &name))?,
        KeyringCommand::Add { file, name } => keyring_file::add(&file, &name).map(|()| said::added(&file, &name))?,
        KeyringCommand::Activate { file, name } => {
            keyring_file::activate(&file, &name).map(|()| said::activated(&file, &name))?
        }
        KeyringCommand::Remove { file, name } => {
            keyring_file::remove(&file, &name).map(|removed| said::removed(&file, &name, &removed))?
        }
    })
}

/// `keyrackd config check`: prints one verdict.
fn check(file: &Path) -> anyhow::Result<ExitCode> {
    let reasons = match Config::examine(file) {
        Ok((config, mut reasons)) => {
            config.renamed.iter().for_each(|renamed| note(messages::config::renamed(renamed.old, renamed.new)));
            config.unknown_variables.iter().for_each(|name| note(messages::config::unknown_variable(name)));
            for fault in insecure::reasons(&config).into_iter().chain(run::file_faults(&config)) {
                if !reasons.contains(&fault) {
                    reasons.push(fault);
                }
            }
            reasons
        }
        Err(error) => match error.downcast_ref::<Reasons>() {
            Some(Reasons(reasons)) => reasons.clone(),
            None => {
                let text = failure::text(&error);
                let place = format!("{}: ", ConfigError::In(file.into()));
                vec![text.strip_prefix(&place).unwrap_or(&text).to_owned()]
            }
        },
    };
    if reasons.is_empty() {
        say(&would_start(file))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&would_not_start(file, &reasons))?;
    Ok(ExitCode::FAILURE)
}

/// Runs a node on the runtime's own threads. The main thread would have to be woken for each of Raft's heartbeats.
fn run_node(config: PathBuf, until_stdin_closes: bool) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let node = runtime.spawn(async move { run::run(&config, until_stdin_closes).await });
    match runtime.block_on(node) {
        Ok(ended) => ended,
        Err(cause) if cause.is_panic() => std::panic::resume_unwind(cause.into_panic()),
        Err(cause) => Err(cause.into()),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Runtime)?)
}
