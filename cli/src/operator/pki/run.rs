//! Runs `keyrack pki`.

use std::path::{Path, PathBuf};

use keyrack_pki::{Authority, Identity};

use super::options::{Holder, PkiCommand};
use super::show;
use crate::messages::pki::{NextStep, PkiError};
use crate::output::note;

/// Runs `keyrack pki`.
pub fn pki(json: bool, command: PkiCommand) -> anyhow::Result<()> {
    match command {
        PkiCommand::Init { folder, cluster } => {
            let authority = Authority::init(&folder.dir, &cluster)?;
            show::show(json, &[authority.trust()])?;
            next(json, NextStep::Issue { folder: folder.dir });
        }
        PkiCommand::Issue { folder, validity, holder } => {
            let (identity, hosts) = match holder {
                Holder::Node { id, hosts } => (Identity::Node(id), hosts),
                Holder::Operator { name } | Holder::Desk { name } => (name, Vec::new()),
            };
            let authority = Authority::open(&folder.dir)?;
            authority.issue(&identity, &hosts, validity.days)?;
            show::show(json, &[authority.certificate(&identity)])?;
            next(json, NextStep::Deliver { key: authority.key(&identity), trust: authority.trust() });
        }
        PkiCommand::Rotate { new_ca: true, folder, .. } => {
            let mut authority = Authority::open(&folder.dir)?;
            authority.rotate_ca()?;
            show::show(json, &[authority.trust()])?;
            next(json, NextStep::RotateAll);
        }
        PkiCommand::Rotate { drop_old_ca: true, folder, .. } => {
            let mut authority = Authority::open(&folder.dir)?;
            authority.drop_old_cas()?;
            show::show(json, &[authority.trust()])?;
            next(json, NextStep::BringTrust);
        }
        PkiCommand::Rotate { all: true, folder, validity, .. } => {
            let authority = Authority::open(&folder.dir)?;
            let identities = authority.identities()?;
            let files: Vec<PathBuf> = identities.iter().map(|identity| authority.certificate(identity)).collect();
            if files.is_empty() {
                return Err(PkiError::NoCertificates(folder.dir).into());
            }
            rotate(json, &files, validity.days)?;
        }
        PkiCommand::Rotate { files, validity, .. } => rotate(json, &files, validity.days)?,
        PkiCommand::Show { files } => show::show(json, &files)?,
    }
    Ok(())
}

/// Replaces certificates, each in its CA's folder.
fn rotate(json: bool, files: &[PathBuf], days: u32) -> anyhow::Result<()> {
    // Check all files before replacing the first.
    let mut found = Vec::new();
    for file in files {
        let details = keyrack_pki::read(file)?.swap_remove(0);
        if details.is_ca {
            return Err(PkiError::IsCa(file.clone()).into());
        }
        let identity = details.identity.ok_or_else(|| PkiError::NoIdentity(file.clone()))?;
        let name = identity.file_stem() + ".pem";
        if file.file_name().is_none_or(|found| found != name.as_str()) {
            return Err(PkiError::OtherName { path: file.clone(), identity: identity.to_string(), name }.into());
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        found.push((Authority::open(folder)?, identity));
    }
    for (authority, identity) in &found {
        authority.rotate(identity, days)?;
    }
    show::show(json, files)?;
    next(json, NextStep::BringCertificates);
    Ok(())
}

/// Prints the next step, except with `--json`.
fn next(json: bool, step: NextStep) {
    if !json {
        note(step);
    }
}
