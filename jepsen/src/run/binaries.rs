//! The binaries of a run: their folder and their versions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::history;

/// The folder of `keyrackd` and `keyrack`: `KEYRACK_BIN_DIR` or, if it is not set, the folder of this program.
pub fn binaries() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("KEYRACK_BIN_DIR") {
        return Ok(folder.into());
    }
    let own = std::env::current_exe().context("cannot find the path of this program")?;
    Ok(own.parent().map(PathBuf::from).unwrap_or_default())
}

/// The versions to record with a run.
///
/// # Errors
/// If the daemon cannot be run, or was built without `bug`.
pub(super) fn versions(daemon: &Path, bug: Option<&str>) -> anyhow::Result<BTreeMap<String, String>> {
    let place = daemon.display();
    let output = Command::new(daemon).arg("--version").output();
    let output = output.with_context(|| format!("cannot run {place} (KEYRACK_BIN_DIR sets the folder of the binaries)"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let says = text(&output.stdout);
    ensure!(output.status.success() && says.starts_with("keyrackd "), "{place} is not keyrackd: --version prints {says:?}");
    let (version, planted) = says.split_once(" planted: ").unwrap_or((&says, ""));
    if let Some(bug) = bug {
        ensure!(!planted.is_empty(), "{place} was built without planted bugs. Build one with them: keyrack-jepsen recall");
        ensure!(planted.split(' ').any(|name| name == bug), "{place} has no planted bug {bug:?}; it has {planted}");
    }
    let mut versions = BTreeMap::from([
        ("keyrackd".to_owned(), version.to_owned()),
        ("keyrackd SHA-256".to_owned(), history::file_sha256(daemon)?),
        ("keyrack-jepsen".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    // The commit of the checkout around the working directory, if any. The binaries may be from another commit: their
    // checksum identifies them.
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
