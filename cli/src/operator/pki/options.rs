//! The options of `keyrack pki`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use keyrack_pki::{DAYS, Identity, is_cluster_name};
use rustls_pki_types::ServerName;

/// What `keyrack pki` does.
#[derive(Subcommand)]
pub enum PkiCommand {
    /// Make a CA for a cluster, in a folder of its own.
    #[command(
        after_help = "Keep the folder where no node runs: who has ca.key can be anybody in the cluster.\n\nExamples:\n  keyrack pki init \
                      --cluster hotels\n  keyrack pki init --dir /secure/hotels-pki --cluster hotels"
    )]
    Init {
        #[command(flatten)]
        folder: Folder,
        /// The cluster's name, as the nodes' configuration has it.
        #[arg(long, value_name = "NAME", value_parser = cluster)]
        cluster: String,
    },
    /// Make a certificate and its key for a node, an operator or a desk.
    #[command(
        after_help = "Examples:\n  keyrack pki issue node 1 --host 10.0.1.10 --host node-1.example\n  keyrack pki issue operator anna \
                      --days 30\n  keyrack pki issue --dir /secure/hotels-pki desk lisbon"
    )]
    Issue {
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        validity: Validity,
        #[command(subcommand)]
        holder: Holder,
    },
    /// Replace certificates and their keys, or the CA.
    #[command(
        group = ArgGroup::new("what").required(true).args(["files", "all", "new_ca", "drop_old_ca"]),
        after_help = "Identity and hosts stay as they are. Bring the new files to their owner: nodes take them up without a restart.\n\n\
                      A new CA takes three steps, so that nobody meets a certificate that they do not trust:\n  1. keyrack pki rotate \
                      --new-ca, then bring ca.pem to all nodes and clients\n  2. keyrack pki rotate --all, then bring the certificates and \
                      keys to their owners\n  3. keyrack pki rotate --drop-old-ca, then bring ca.pem to all nodes and clients\n\n\
                      Examples:\n  keyrack pki rotate pki/node-1.pem\n  keyrack pki rotate --all --days 30"
    )]
    Rotate {
        /// Certificates to replace, in their CA's folder.
        #[arg(value_name = "FILE", conflicts_with = "dir")]
        files: Vec<PathBuf>,
        /// Replace every certificate in the folder.
        #[arg(long)]
        all: bool,
        /// Make a new CA, and go on trusting the ones before.
        #[arg(long)]
        new_ca: bool,
        /// Trust the newest CA only.
        #[arg(long)]
        drop_old_ca: bool,
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        validity: Validity,
    },
    /// Say what a certificate says: whose it is, for which hosts, until when.
    #[command(after_help = "Examples:\n  keyrack pki show pki/node-1.pem\n  keyrack pki show pki/ca.pem")]
    Show {
        /// Certificates (PEM).
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// Where the CA is.
#[derive(Args)]
pub struct Folder {
    /// The CA's folder.
    #[arg(long, global = true, default_value = "pki", value_name = "FOLDER")]
    pub dir: PathBuf,
}

/// How long a certificate is good for.
#[derive(Args)]
pub struct Validity {
    /// For how many days it is valid.
    #[arg(long, global = true, default_value_t = 90, value_parser = clap::value_parser!(u32).range(i64::from(*DAYS.start())..=i64::from(*DAYS.end())))]
    pub days: u32,
}

/// Who holds a certificate.
#[derive(Subcommand)]
pub enum Holder {
    /// A node by its number.
    #[command(after_help = "Example:\n  keyrack pki issue node 1 --host 10.0.1.10 --host node-1.example")]
    Node {
        /// The node's number in the cluster.
        id: u64,
        /// A DNS name or IP address that it is reached under, each with its own --host; this machine's when absent.
        #[arg(long = "host", value_name = "HOST", value_parser = host)]
        hosts: Vec<String>,
    },
    /// Somebody who runs the cluster.
    #[command(after_help = "Example:\n  keyrack pki issue operator anna --days 30")]
    Operator {
        /// Small letters, digits and '-'.
        #[arg(value_parser = operator)]
        name: Identity,
    },
    /// A front desk.
    #[command(after_help = "Example:\n  keyrack pki issue desk lisbon")]
    Desk {
        /// Small letters, digits and '-'.
        #[arg(value_parser = desk)]
        name: Identity,
    },
}

fn cluster(text: &str) -> Result<String, String> {
    if is_cluster_name(text) { Ok(text.to_owned()) } else { Err("letters, digits, '-' and '.'".to_owned()) }
}

fn host(text: &str) -> Result<String, String> {
    let name = ServerName::try_from(text).map_err(|_| "a DNS name or an IP address, without port".to_owned())?;
    Ok(name.to_str().into_owned())
}

fn operator(text: &str) -> Result<Identity, String> {
    named(Identity::Operator(text.to_owned()))
}

fn desk(text: &str) -> Result<Identity, String> {
    named(Identity::Desk(text.to_owned()))
}

/// Refuses invalid names before anything is done.
fn named(identity: Identity) -> Result<Identity, String> {
    let read = Identity::parse(&identity.uri("any"));
    read.map(|_| identity).map_err(|_| "1 to 64 small letters, digits and '-'".to_owned())
}
