//! The commands: what they take, and which does what.

mod bookings;
mod inventory;
pub mod print;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use keyrack_client::Client;

use crate::web::Web;
use crate::{audit, bench, import, receipt};

/// Book, look and manage inventory in a Keyrack cluster.
#[derive(Parser)]
#[command(name = "keyrack", version, arg_required_else_help = true)]
pub struct Arguments {
    /// A node's address, HTTP or gRPC port; several with commas.
    #[arg(long, global = true, env = "KEYRACK_ENDPOINT", default_value = "http://127.0.0.1:7110", value_delimiter = ',')]
    endpoint: Vec<String>,
    /// The API key.
    #[arg(long, global = true, env = "KEYRACK_API_KEY", default_value = "", hide_env_values = true)]
    key: String,
    /// Print JSON, as the HTTP API has it.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Properties, their room types and rate plans.
    #[command(subcommand)]
    Property(inventory::PropertyCommand),
    /// Change capacity, rates and restrictions.
    Ari(inventory::Ari),
    /// What is free, night by night.
    Availability(inventory::Availability),
    /// What a guest could book, with prices.
    Offers(inventory::Offers),
    /// Take rooms for a few minutes.
    #[command(subcommand)]
    Hold(bookings::HoldCommand),
    /// Take a booking.
    Book(bookings::Book),
    /// Look at bookings and change them.
    #[command(subcommand)]
    Booking(bookings::BookingCommand),
    /// Give a booking up.
    Cancel(bookings::Cancel),
    /// Proofs that bookings are in the log: fetch, check, read, shorten.
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// Follow the receipts' logs: check every checkpoint, replay every leaf.
    Audit(audit::Options),
    /// Replay bookings from a file.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Measure a running cluster.
    Bench(bench::Options),
    /// Print a shell's completions.
    #[command(after_help = "Example:\n  keyrack completions bash > /etc/bash_completion.d/keyrack")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
enum ImportCommand {
    /// Replay a "hotel booking demand" table (Antonio, de Almeida, Nunes 2019) in booking order.
    #[command(after_help = "Example:\n  keyrack import bookings client/samples/hotel-bookings-sample.csv")]
    Bookings(import::Options),
}

/// Where and how a command does its work.
pub struct Context {
    /// The cluster.
    pub client: Client,
    /// Its pages.
    pub web: Web,
    /// Whether to print JSON.
    pub json: bool,
}

/// Does what was asked.
pub async fn act(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let client = Client::new(arguments.endpoint.clone(), &arguments.key)?;
    let web = Web::new(&arguments.endpoint, &arguments.key);
    let context = Context { client, web, json: arguments.json };
    match arguments.command {
        Command::Property(command) => inventory::property(&context, command).await,
        Command::Ari(command) => inventory::ari(&context, command).await,
        Command::Availability(command) => inventory::availability(&context, command).await,
        Command::Offers(command) => inventory::offers(&context, command).await,
        Command::Hold(command) => bookings::hold(&context, command).await,
        Command::Book(command) => bookings::book(&context, command).await,
        Command::Booking(command) => bookings::booking(&context, command).await,
        Command::Cancel(command) => bookings::cancel(&context, command).await,
        Command::Receipt(command) => return receipt::act(&context, command).await,
        Command::Audit(options) => return audit::audit(&context, options).await,
        Command::Import(ImportCommand::Bookings(options)) => import::bookings(&context, options).await,
        Command::Bench(options) => bench::bench(&arguments.endpoint, &arguments.key, arguments.json, options).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "keyrack", &mut std::io::stdout());
            Ok(())
        }
    }
    .map(|()| ExitCode::SUCCESS)
}

/// The caller's key, or a fresh one.
fn key_or_fresh(key: &Option<String>) -> String {
    key.clone().unwrap_or_else(keyrack_client::fresh_key)
}
