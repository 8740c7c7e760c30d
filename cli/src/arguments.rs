//! The command line: all commands and the options that they share.
//!
//! Each command's own options are beside its code. Doc comments in these types are the help texts.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use keyrack_client::Tls;

use crate::{auditor, bench, desk, import, operator};

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
    pub json: bool,
    #[command(flatten)]
    pub connection: Connection,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the cluster is, whom to trust, and who is asking.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// A node's address, HTTP or gRPC port, https:// or http://; several with commas.
    #[arg(long, global = true, env = "KEYRACK_ENDPOINT", default_value = "http://127.0.0.1:7110", value_delimiter = ',')]
    pub endpoint: Vec<String>,
    /// The API key.
    #[arg(long, global = true, env = "KEYRACK_API_KEY", default_value = "", hide_env_values = true)]
    pub key: String,
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
    /// The CAs to trust and the certificate to show. Wrong usage ends the process, as in clap.
    pub fn tls(&self) -> anyhow::Result<Tls> {
        let own = match (&self.cert, &self.cert_key) {
            (Some(certificate), Some(key)) => Some((certificate.as_path(), key.as_path())),
            (None, None) => None,
            (Some(_), None) => misused("--cert needs the certificate's key: --cert-key FILE"),
            (None, Some(_)) => misused("--cert-key needs its certificate: --cert FILE"),
        };
        Ok(Tls::from_files(self.ca.as_deref(), own)?)
    }
}

/// Prints the reason and ends the process with exit code 2.
fn misused(why: &str) -> ! {
    Arguments::command().error(clap::error::ErrorKind::MissingRequiredArgument, why).exit()
}

#[derive(Subcommand)]
pub enum Command {
    /// Properties, their room types and rate plans.
    #[command(subcommand)]
    Property(desk::PropertyCommand),
    /// Change capacity, rates and restrictions.
    Ari(desk::Ari),
    /// What is free, night by night.
    Availability(desk::Availability),
    /// What a guest could book, with prices.
    Offers(desk::Offers),
    /// Take rooms for a few minutes.
    #[command(subcommand)]
    Hold(desk::HoldCommand),
    /// Take a booking.
    Book(desk::Book),
    /// Look at bookings and change them.
    #[command(subcommand)]
    Booking(desk::BookingCommand),
    /// Give a booking up.
    Cancel(desk::Cancel),
    /// Proofs that bookings are in the log: fetch, check, read, shorten.
    #[command(subcommand)]
    Receipt(auditor::ReceiptCommand),
    /// Follow the receipts' logs: check every checkpoint, replay every leaf.
    Audit(auditor::AuditOptions),
    /// Replay bookings from a file.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Measure a running cluster.
    Bench(bench::BenchOptions),
    /// Make certificates for nodes, operators and desks: a small CA in a folder.
    #[command(subcommand)]
    Pki(operator::PkiCommand),
    /// Who may call: principals, for operators.
    #[command(subcommand)]
    Principal(operator::PrincipalCommand),
    /// Principals' API keys, for operators.
    #[command(subcommand)]
    Key(operator::KeyCommand),
    /// The nodes of the cluster, for operators.
    #[command(subcommand)]
    Node(operator::NodeCommand),
    /// Read the audit trail and follow its chain, for auditors.
    Trail(auditor::TrailOptions),
    /// Print a shell's completions.
    #[command(after_help = "Example:\n  keyrack completions bash > /etc/bash_completion.d/keyrack")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
pub enum ImportCommand {
    /// Replay a "hotel booking demand" table (Antonio, de Almeida, Nunes 2019) in booking order.
    #[command(after_help = "Example:\n  keyrack import bookings cli/samples/hotel-bookings-sample.csv")]
    Bookings(import::ImportOptions),
}
