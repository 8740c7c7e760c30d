//! The commands: what they take, and which does what.

mod bookings;
mod inventory;
mod operators;
mod pki;
pub mod print;
mod trail;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use keyrack_client::{Client, Tls};

use crate::web::Web;
use crate::{audit, bench, import, receipt};

/// Book, look and manage inventory in a Keyrack cluster.
#[derive(Parser)]
#[command(
    name = "keyrack",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  keyrack --endpoint https://node-1.example:7110 --ca ca.pem --key kr_desk_... availability lisbon-alfama \
                  2027-03-05 2027-03-07\n  keyrack --endpoint https://node-1.example:7110 --ca ca.pem --cert desk-lisbon.pem \
                  --cert-key desk-lisbon.key booking list lisbon-alfama\n  keyrack pki init --cluster hotels\n  keyrack pki issue \
                  node 1 --host node-1.example"
)]
pub struct Arguments {
    /// Print JSON, as the HTTP API has it.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

/// Where the cluster is, whom to trust, and who is asking.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
struct Connection {
    /// A node's address, HTTP or gRPC port, https:// or http://; several with commas.
    #[arg(long, global = true, env = "KEYRACK_ENDPOINT", default_value = "http://127.0.0.1:7110", value_delimiter = ',')]
    endpoint: Vec<String>,
    /// The API key.
    #[arg(long, global = true, env = "KEYRACK_API_KEY", default_value = "", hide_env_values = true)]
    key: String,
    /// The CA certificates to trust at https:// addresses (PEM); those of the public web when absent.
    #[arg(long, global = true, env = "KEYRACK_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your own certificate, a desk's or an operator's (PEM).
    #[arg(long, global = true, env = "KEYRACK_CERT", value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its key (PEM), readable by you alone.
    #[arg(long, global = true, env = "KEYRACK_CERT_KEY", value_name = "FILE")]
    cert_key: Option<PathBuf>,
}

impl Connection {
    /// Whom to trust and what to show. Wrong usage ends the process, as clap does.
    fn tls(&self) -> anyhow::Result<Tls> {
        let own = match (&self.cert, &self.cert_key) {
            (Some(certificate), Some(key)) => Some((certificate.as_path(), key.as_path())),
            (None, None) => None,
            (Some(_), None) => misused("--cert needs the certificate's key: --cert-key FILE"),
            (None, Some(_)) => misused("--cert-key needs its certificate: --cert FILE"),
        };
        Ok(Tls::from_files(self.ca.as_deref(), own)?)
    }
}

/// Ends the process with 2 after saying why.
fn misused(why: &str) -> ! {
    Arguments::command().error(clap::error::ErrorKind::MissingRequiredArgument, why).exit()
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
    /// Make certificates for nodes, operators and desks: a small CA in a folder.
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// Who may call: principals, for operators.
    #[command(subcommand)]
    Principal(operators::PrincipalCommand),
    /// Principals' API keys, for operators.
    #[command(subcommand)]
    Key(operators::KeyCommand),
    /// The nodes of the cluster, for operators.
    #[command(subcommand)]
    Node(operators::NodeCommand),
    /// Read the audit trail and follow its chain, for auditors.
    Trail(trail::Options),
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
    let Arguments { connection, json, command } = arguments;
    // What needs no cluster needs no address and no certificate either.
    let command = match command {
        Command::Pki(command) => return pki::act(json, command).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "keyrack", &mut std::io::stdout());
            return Ok(ExitCode::SUCCESS);
        }
        command => command,
    };
    let tls = connection.tls()?;
    let client = Client::new(connection.endpoint.clone(), &connection.key)?.with_tls(tls.clone());
    let web = Web::new(&connection.endpoint, &connection.key, tls.clone());
    let context = Context { client, web, json };
    match command {
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
        Command::Bench(options) => bench::bench(&connection.endpoint, &connection.key, tls, json, options).await,
        Command::Principal(command) => operators::principal(&context, command).await,
        Command::Key(command) => operators::key(&context, command).await,
        Command::Node(command) => operators::node(&context, command).await,
        Command::Trail(options) => trail::trail(&context, options).await,
        Command::Pki(_) | Command::Completions { .. } => Ok(()), // done above
    }
    .map(|()| ExitCode::SUCCESS)
}

/// The caller's key, or a fresh one.
fn key_or_fresh(key: &Option<String>) -> String {
    key.clone().unwrap_or_else(keyrack_client::fresh_key)
}
