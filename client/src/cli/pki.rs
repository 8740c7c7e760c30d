//! `keyrack pki`: a small CA, for those who have none.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{ArgGroup, Args, Subcommand};
use keyrack_pki::{self as pki, Authority, DAYS, Details, Identity};
use rustls_pki_types::ServerName;
use serde_json::json;

use super::print::say;
use crate::clock::{now_ms, utc_seconds};
use crate::terminal::plain;

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
    dir: PathBuf,
}

/// How long a certificate is good for.
#[derive(Args)]
pub struct Validity {
    /// For how many days it is valid.
    #[arg(long, global = true, default_value_t = 90, value_parser = clap::value_parser!(u32).range(i64::from(*DAYS.start())..=i64::from(*DAYS.end())))]
    days: u32,
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
    if pki::is_cluster_name(text) { Ok(text.to_owned()) } else { Err("letters, digits, '-' and '.'".to_owned()) }
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

/// Refuses names that no certificate may have, before anything is done.
fn named(identity: Identity) -> Result<Identity, String> {
    let read = Identity::parse(&identity.uri("any"));
    read.map(|_| identity).map_err(|_| "1 to 64 small letters, digits and '-'".to_owned())
}

/// Does what was asked.
pub fn act(json: bool, command: PkiCommand) -> anyhow::Result<()> {
    match command {
        PkiCommand::Init { folder, cluster } => {
            let authority = Authority::init(&folder.dir, &cluster)?;
            shown(json, &[authority.trust()])?;
            hint(
                json,
                "Next: keyrack pki issue node 1 --host HOST. Every node and client gets a copy of ca.pem; ca.key stays here.",
            )
        }
        PkiCommand::Issue { folder, validity, holder } => {
            let (identity, hosts) = match holder {
                Holder::Node { id, hosts } => (Identity::Node(id), hosts),
                Holder::Operator { name } | Holder::Desk { name } => (name, Vec::new()),
            };
            let authority = Authority::open(&folder.dir)?;
            authority.issue(&identity, &hosts, validity.days)?;
            shown(json, &[authority.certificate(&identity)])?;
            let (key, trust) = (authority.key(&identity), authority.trust());
            hint(json, &format!("Its owner needs this file, its key {} and {}.", key.display(), trust.display()))
        }
        PkiCommand::Rotate { new_ca: true, folder, .. } => {
            let mut authority = Authority::open(&folder.dir)?;
            authority.rotate_ca()?;
            shown(json, &[authority.trust()])?;
            hint(
                json,
                "All of these are trusted; the first one signs from now on. Next: bring ca.pem to all nodes and clients; then keyrack \
                 pki rotate --all, and bring the certificates to their owners; then keyrack pki rotate --drop-old-ca.",
            )
        }
        PkiCommand::Rotate { drop_old_ca: true, folder, .. } => {
            let mut authority = Authority::open(&folder.dir)?;
            authority.drop_old_cas()?;
            shown(json, &[authority.trust()])?;
            hint(json, "Only this one is trusted from now on. Next: bring ca.pem to all nodes and clients.")
        }
        PkiCommand::Rotate { all: true, folder, validity, .. } => {
            let authority = Authority::open(&folder.dir)?;
            let identities = authority.identities()?;
            let files: Vec<PathBuf> = identities.iter().map(|identity| authority.certificate(identity)).collect();
            anyhow::ensure!(!files.is_empty(), "{} has no certificates yet: keyrack pki issue makes them", folder.dir.display());
            rotate(json, &files, validity.days)
        }
        PkiCommand::Rotate { files, validity, .. } => rotate(json, &files, validity.days),
        PkiCommand::Show { files } => shown(json, &files),
    }
}

/// Replaces certificates in their CAs' folders.
fn rotate(json: bool, files: &[PathBuf], days: u32) -> anyhow::Result<()> {
    // All are looked at before the first is replaced.
    let mut found = Vec::new();
    for file in files {
        let details = pki::read(file)?.swap_remove(0);
        anyhow::ensure!(!details.is_ca, "{} is a CA's: keyrack pki rotate --new-ca replaces it", file.display());
        let whose = details.identity.with_context(|| format!("{}: it is nobody's in a cluster", file.display()))?;
        let name = whose.file_stem() + ".pem";
        anyhow::ensure!(
            file.file_name().is_some_and(|found| found == name.as_str()),
            "{} is the certificate of {whose}, which would be named {name}",
            file.display()
        );
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        found.push((Authority::open(folder)?, whose));
    }
    for (authority, whose) in &found {
        authority.rotate(whose, days)?;
    }
    shown(json, files)?;
    hint(json, "Their owners need these files and the keys beside them.")
}

/// Says what to do next, where people read it.
fn hint(json: bool, text: &str) -> anyhow::Result<()> {
    if json { Ok(()) } else { say(&format!("\n{text}\n")) }
}

/// Prints what the files' certificates say.
fn shown(json: bool, files: &[PathBuf]) -> anyhow::Result<()> {
    let now = now_ms() / 1_000;
    let mut all = Vec::new();
    for file in files {
        all.extend(pki::read(file)?.into_iter().map(|details| (file, details)));
    }
    let text = if json {
        let all: Vec<serde_json::Value> = all.iter().map(|(file, details)| in_json(file, details, now)).collect();
        serde_json::to_string_pretty(&all)? + "\n"
    } else {
        all.iter().map(|(file, details)| in_words(file, details, now)).collect::<Vec<_>>().join("\n")
    };
    say(&text)
}

fn in_words(file: &Path, details: &Details, now: u64) -> String {
    let hosts = if details.hosts.is_empty() { "none".to_owned() } else { details.hosts.join(", ") };
    let lines = [
        ("identity", whose(details)),
        ("hosts", hosts),
        ("valid", format!("{} to {}, {}", utc_seconds(details.not_before), utc_seconds(details.not_after), left(details, now))),
        ("serial", details.serial.clone()),
        ("SHA-256", details.fingerprint.clone()),
        ("issuer", details.issuer.clone()),
    ];
    let mut text = format!("{}\n", file.display());
    for (name, value) in lines {
        // A certificate of a stranger must not write lines of its own.
        text += &format!("  {name:<10} {}\n", plain(&value).replace('\n', "\\n"));
    }
    text
}

fn in_json(file: &Path, details: &Details, now: u64) -> serde_json::Value {
    let identity = details.identity.as_ref().zip(details.cluster.as_ref()).map(|(identity, cluster)| identity.uri(cluster));
    json!({
        "file": file.display().to_string(),
        "cluster": details.cluster,
        "identity": identity,
        "isCa": details.is_ca,
        "subject": details.subject,
        "issuer": details.issuer,
        "hosts": details.hosts,
        "serial": details.serial,
        "notBefore": utc_seconds(details.not_before),
        "notAfter": utc_seconds(details.not_after),
        "daysLeft": details.not_after.saturating_sub(now) / 86_400,
        "fingerprintSha256": details.fingerprint,
    })
}

fn whose(details: &Details) -> String {
    match (&details.cluster, &details.identity) {
        (Some(cluster), Some(identity)) => identity.uri(cluster),
        (Some(cluster), None) if details.is_ca => format!("CA of the cluster {cluster}: {}", details.subject),
        _ => format!("not of a cluster: {}", details.subject),
    }
}

fn left(details: &Details, now: u64) -> String {
    match details.not_after.saturating_sub(now) {
        0 => "EXPIRED".to_owned(),
        _ if details.not_before > now => "NOT VALID YET".to_owned(),
        seconds => format!("{} days left", seconds / 86_400),
    }
}
