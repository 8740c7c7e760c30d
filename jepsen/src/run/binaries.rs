//! What runs: where the binaries are, and which they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::history;

/// The folder of `keyrackd` and `keyrack`: beside this program.
pub fn binaries() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("KEYRACK_BIN_DIR") {
        return Ok(folder.into());
    }
    let own = std::env::current_exe().context("cannot find this program")?;
    Ok(own.parent().map(PathBuf::from).unwrap_or_default())
}

/// The versions that belong to a run.
///
/// # Errors
/// When the daemon cannot be run, or has not been built with the bug that is wanted.
pub(super) fn versions(daemon: &Path, bug: Option<&str>) -> anyhow::Result<BTreeMap<String, String>> {
    let place = daemon.display();
    let output = Command::new(daemon).arg("--version").output();
    let output = output.with_context(|| format!("cannot run {place}; KEYRACK_BIN_DIR names the folder of the binaries"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let says = text(&output.stdout);
    ensure!(output.status.success() && says.starts_with("keyrackd "), "{place} --version says {says:?}: it is no keyrackd");
    let (version, planted) = says.split_once(" planted: ").unwrap_or((&says, ""));
    if let Some(bug) = bug {
        ensure!(!planted.is_empty(), "{place} was built without planted bugs; keyrack-jepsen recall builds one that has them");
        ensure!(planted.split(' ').any(|name| name == bug), "{place} has no planted bug {bug:?}; it has {planted}");
    }
    let mut versions = BTreeMap::from([
        ("keyrackd".to_owned(), version.to_owned()),
        ("keyrackd SHA-256".to_owned(), history::file_sha256(daemon)?),
        ("keyrack-jepsen".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    // Of the checkout that is around the working directory, if any; the binaries may be of another, and their sum tells.
    if let Ok(commit) = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]).output()
        && commit.status.success()
    {
        versions.insert("commit".into(), text(&commit.stdout));
    }
    if let Ok(kernel) = std::fs::read_to_string("/proc/sys/kernel/osrelease") {
        versions.insert("kernel".into(), kernel.trim().to_owned());
    }
    Ok(versions)
}
