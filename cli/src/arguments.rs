//! The command line: all commands and the options that they share.
//!
//! Each command's own options are beside its code. Doc comments in these types are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use keyrack_client::Tls;

use crate::messages::usage::Usage;
use crate::{auditor, bench, desk, import, operator};

/// Book rooms and manage inventory, receipts and nodes of a Keyrack cluster.
#[derive(Parser)]
#[command(
    name = "keyrack",
    version,
    arg_required_else_help = true,
    after_help = concat!(
        "Examples:\n",
        "  keyrack --endpoint https://node-1.example:7110 --ca ca.pem --key kr_desk_... \\\n",
        "      availability lisbon-alfama 2027-03-05 2027-03-07\n",
        "  keyrack --endpoint https://node-1.example:7110 --ca ca.pem \\\n",
        "      --cert desk-lisbon.pem --cert-key desk-lisbon.key booking list lisbon-alfama\n",
        "  keyrack pki init --cluster hotels\n",
        "  keyrack pki issue node 1 --host node-1.example",
    )
)]
pub struct Arguments {
    /// Print the result as JSON, with the fields of the HTTP API.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub connection: Connection,
    #[command(subcommand)]
    pub command: Command,
}

/// The address of the cluster, the CAs to trust, and the credentials.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The address of a node's HTTP or gRPC port, with http:// or https://. Separate several addresses with commas.
    #[arg(long, global = true, env = "KEYRACK_ENDPOINT", default_value = "http://127.0.0.1:7110", value_delimiter = ',')]
    pub endpoint: Vec<String>,
    /// The API key of the caller.
    #[arg(long, global = true, env = "KEYRACK_API_KEY", default_value = "", hide_default_value = true, hide_env_values = true)]
    pub key: String,
    /// A PEM file with the CA certificates to trust for https://. Without it the CAs of the public web are trusted.
    #[arg(long, global = true, env = "KEYRACK_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A PEM file with the certificate of the desk or the operator who calls.
    #[arg(long, global = true, env = "KEYRACK_CERT", value_name = "FILE")]
    cert: Option<PathBuf>,
    /// A PEM file with the private key of that certificate. Only its owner may be able to read the file.
    #[arg(long, global = true, env = "KEYRACK_CERT_KEY", value_name = "FILE")]
    cert_key: Option<PathBuf>,
}

impl Connection {
    /// The CAs to trust and the certificate to present.
    pub fn tls(&self) -> anyhow::Result<Tls> {
        let own = match (&self.cert, &self.cert_key) {
            (Some(certificate), Some(key)) => Some((certificate.as_path(), key.as_path())),
            (None, None) => None,
            (Some(_), None) => return Err(Usage::CertWithoutKey.into()),
            (None, Some(_)) => return Err(Usage::KeyWithoutCert.into()),
        };
        Ok(Tls::from_files(self.ca.as_deref(), own)?)
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Create, change and list properties, room types and rate plans.
    #[command(subcommand)]
    Property(desk::PropertyCommand),
    /// Change capacity, rates and restrictions for a range of dates.
    Ari(desk::Ari),
    /// Show the rooms that can be sold, night by night.
    Availability(desk::Availability),
    /// List what a guest can book, with prices.
    Offers(desk::Offers),
    /// Keep rooms for a few minutes, then confirm or release them.
    #[command(subcommand)]
    Hold(desk::HoldCommand),
    /// Create a booking.
    Book(desk::Book),
    /// Show, list and change bookings.
    #[command(subcommand)]
    Booking(desk::BookingCommand),
    /// Cancel a booking.
    Cancel(desk::Cancel),
    /// Fetch, verify and shorten receipts, which prove that bookings are in the log.
    #[command(subcommand)]
    Receipt(auditor::ReceiptCommand),
    /// Audit the receipts logs: check every checkpoint and replay every leaf.
    Audit(auditor::AuditOptions),
    /// Import bookings from a file.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Measure the throughput and latency of a running cluster.
    Bench(bench::BenchOptions),
    /// Issue and replace the certificates of nodes, operators and desks, with a small CA in a folder.
    #[command(subcommand)]
    Pki(operator::PkiCommand),
    /// Manage principals, the callers of the API. For operators.
    #[command(subcommand)]
    Principal(operator::PrincipalCommand),
    /// Create and revoke the API keys of principals. For operators.
    #[command(subcommand)]
    Key(operator::KeyCommand),
    /// List, fence and admit nodes, and move leadership. For operators.
    #[command(subcommand)]
    Node(operator::NodeCommand),
    /// Print the audit trail of a shard and check its hash chain. For auditors.
    Trail(auditor::TrailOptions),
    /// Print the completion script of a shell.
    #[command(after_help = "Example:\n  keyrack completions bash > /etc/bash_completion.d/keyrack")]
    Completions {
        /// The shell for which the script is.
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand)]
pub enum ImportCommand {
    /// Import a "hotel booking demand" table (Antonio, de Almeida, Nunes 2019) in booking order.
    #[command(after_help = concat!(
        "Examples:\n",
        "  keyrack import bookings cli/samples/hotel-bookings-sample.csv --dry-run\n",
        "  keyrack import bookings cli/samples/hotel-bookings-sample.csv\n",
        "  keyrack import bookings H1.csv --hotel \"Resort Hotel\" --prefix demo-\n",
        "  keyrack import bookings bookings.csv --date-order dmy --skip-bad-rows",
    ))]
    Bookings(import::ImportOptions),
}
