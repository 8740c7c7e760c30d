//! The options of `keyrack pki`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use keyrack_pki::{DAYS, Identity, is_cluster_name};
use rustls_pki_types::ServerName;

use crate::messages::usage::needs;
use crate::number::{between, whole};

/// The subcommands of `keyrack pki`.
#[derive(Subcommand)]
pub enum PkiCommand {
    /// Create the CA of a cluster in a new folder.
    #[command(after_help = "Keep the folder on a machine where no node runs: with ca.key anyone can issue any certificate of \
                      the cluster.\n\nExamples:\n  keyrack pki init \
                      --cluster hotels\n  keyrack pki init --dir /secure/hotels-pki --cluster hotels")]
    Init {
        #[command(flatten)]
        folder: Folder,
        /// The name of the cluster, the same as in the configuration of the nodes.
        #[arg(long, value_name = "NAME", value_parser = cluster)]
        cluster: String,
    },
    /// Issue a certificate and its private key for a node, an operator or a desk.
    #[command(after_help = "Examples:\n  keyrack pki issue node 1 --host 10.0.1.10 --host node-1.example\n  keyrack pki issue \
                      operator anna \
                      --days 30\n  keyrack pki issue --dir /secure/hotels-pki desk lisbon")]
    Issue {
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        validity: Validity,
        #[command(subcommand)]
        holder: Holder,
    },
    /// Replace certificates and their private keys, or the CA.
    #[command(
        group = ArgGroup::new("what").required(true).args(["files", "all", "new_ca", "drop_old_ca"]),
        after_help = "Identity and hosts do not change. Give the new files to their holders: nodes load them without a \
                      restart.\n\n\
                      A new CA takes three steps, so that each certificate is trusted at every moment:\n  1. keyrack pki rotate \
                      --new-ca, then copy ca.pem to all nodes and clients\n  2. keyrack pki rotate --all, then give the certificates and \
                      keys to their holders\n  3. keyrack pki rotate --drop-old-ca, then copy ca.pem to all nodes and clients\n\n\
                      Examples:\n  keyrack pki rotate pki/node-1.pem\n  keyrack pki rotate --all --days 30"
    )]
    Rotate {
        /// The certificates to replace (PEM), in the folder of their CA.
        #[arg(value_name = "FILE", conflicts_with = "dir")]
        files: Vec<PathBuf>,
        /// Replace every certificate in the folder.
        #[arg(long)]
        all: bool,
        /// Create a new CA and keep trusting the previous ones.
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
    /// Print the holder, the hosts and the validity of certificates.
    #[command(after_help = "Examples:\n  keyrack pki show pki/node-1.pem\n  keyrack pki show pki/ca.pem")]
    Show {
        /// The files with the certificates (PEM).
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// The folder of the CA.
#[derive(Args)]
pub struct Folder {
    /// The folder of the CA.
    #[arg(long, global = true, default_value = "pki", value_name = "FOLDER")]
    pub dir: PathBuf,
}

/// The validity of a certificate.
#[derive(Args)]
pub struct Validity {
    /// The number of days for which the certificate is valid.
    #[arg(long, global = true, default_value_t = 90, value_parser = between::<u32>((*DAYS.start()).into(), (*DAYS.end()).into()))]
    pub days: u32,
}

/// The holder of a certificate.
#[derive(Subcommand)]
pub enum Holder {
    /// A node by its number.
    #[command(after_help = "Example:\n  keyrack pki issue node 1 --host 10.0.1.10 --host node-1.example")]
    Node {
        /// The node's number in the cluster.
        #[arg(value_parser = whole::<u64>)]
        id: u64,
        /// A DNS name or IP address under which the node is reached. Repeat the option for several. Without it localhost,
        /// 127.0.0.1 and ::1 are used.
        #[arg(long = "host", value_name = "HOST", value_parser = host)]
        hosts: Vec<String>,
    },
    /// An operator of the cluster.
    #[command(after_help = "Example:\n  keyrack pki issue operator anna --days 30")]
    Operator {
        /// The name of the operator: small letters, digits and '-'.
        #[arg(value_parser = operator)]
        name: Identity,
    },
    /// A front desk.
    #[command(after_help = "Example:\n  keyrack pki issue desk lisbon")]
    Desk {
        /// The name of the desk: small letters, digits and '-'. A principal with this id can use the certificate.
        #[arg(value_parser = desk)]
        name: Identity,
    },
}

fn cluster(text: &str) -> Result<String, &'static str> {
    if is_cluster_name(text) { Ok(text.to_owned()) } else { Err(needs::CLUSTER) }
}

fn host(text: &str) -> Result<String, &'static str> {
    let name = ServerName::try_from(text).map_err(|_| needs::HOST)?;
    Ok(name.to_str().into_owned())
}

fn operator(text: &str) -> Result<Identity, &'static str> {
    named(Identity::Operator(text.to_owned()))
}

fn desk(text: &str) -> Result<Identity, &'static str> {
    named(Identity::Desk(text.to_owned()))
}

/// Refuses invalid names before any file is written.
fn named(identity: Identity) -> Result<Identity, &'static str> {
    let read = Identity::parse(&identity.uri("any"));
    read.map(|_| identity).map_err(|_| needs::NAME)
}
