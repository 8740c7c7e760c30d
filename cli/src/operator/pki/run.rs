//! Runs `keyrack pki`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use keyrack_pki::{Authority, Identity};

use super::options::{Holder, PkiCommand};
use super::show;
use crate::output::say;

/// Runs `keyrack pki`.
pub fn pki(json: bool, command: PkiCommand) -> anyhow::Result<()> {
    match command {
        PkiCommand::Init { folder, cluster } => {
            let authority = Authority::init(&folder.dir, &cluster)?;
            show::show(json, &[authority.trust()])?;
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
            show::show(json, &[authority.certificate(&identity)])?;
            let (key, trust) = (authority.key(&identity), authority.trust());
            hint(json, &format!("Its owner needs this file, its key {} and {}.", key.display(), trust.display()))
        }
        PkiCommand::Rotate { new_ca: true, folder, .. } => {
            let mut authority = Authority::open(&folder.dir)?;
            authority.rotate_ca()?;
            show::show(json, &[authority.trust()])?;
            hint(
                json,
                "All of these are trusted; the first one signs from now on. Next: bring ca.pem to all nodes and clients; then keyrack \
                 pki rotate --all, and bring the certificates to their owners; then keyrack pki rotate --drop-old-ca.",
            )
        }
        PkiCommand::Rotate { drop_old_ca: true, folder, .. } => {
            let mut authority = Authority::open(&folder.dir)?;
            authority.drop_old_cas()?;
            show::show(json, &[authority.trust()])?;
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
        PkiCommand::Show { files } => show::show(json, &files),
    }
}

/// Replaces certificates, each in its CA's folder.
fn rotate(json: bool, files: &[PathBuf], days: u32) -> anyhow::Result<()> {
    // Check all files before replacing the first.
    let mut found = Vec::new();
    for file in files {
        let details = keyrack_pki::read(file)?.swap_remove(0);
        anyhow::ensure!(!details.is_ca, "{} is a CA's: keyrack pki rotate --new-ca replaces it", file.display());
        let identity = details.identity.with_context(|| format!("{}: it is nobody's in a cluster", file.display()))?;
        let name = identity.file_stem() + ".pem";
        anyhow::ensure!(
            file.file_name().is_some_and(|found| found == name.as_str()),
            "{} is the certificate of {identity}, which would be named {name}",
            file.display()
        );
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        found.push((Authority::open(folder)?, identity));
    }
    for (authority, identity) in &found {
        authority.rotate(identity, days)?;
    }
    show::show(json, files)?;
    hint(json, "Their owners need these files and the keys beside them.")
}

/// Says what to do next; not with `--json`.
fn hint(json: bool, text: &str) -> anyhow::Result<()> {
    if json { Ok(()) } else { say(&format!("\n{text}\n")) }
}
