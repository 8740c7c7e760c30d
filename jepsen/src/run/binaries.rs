//! What runs: where the binaries are, and which they are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::cluster::Plan;

/// The folder of `keyrackd` and `keyrack`: beside this program.
pub fn binaries() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("KEYRACK_BIN_DIR") {
        return Ok(folder.into());
    }
    let own = std::env::current_exe().context("cannot find this program")?;
    Ok(own.parent().map(PathBuf::from).unwrap_or_default())
}

/// The versions that belong to a run.
pub(super) fn versions(plan: &Plan) -> anyhow::Result<BTreeMap<String, String>> {
    let daemon = Command::new(plan.binaries.join(&plan.daemon)).arg("--version").output();
    let daemon = daemon.with_context(|| format!("cannot run {}", plan.binaries.join(&plan.daemon).display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let mut versions = BTreeMap::from([
        ("keyrackd".to_owned(), text(&daemon.stdout)),
        ("keyrack-jepsen".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    if let Ok(commit) = Command::new("git").args(["rev-parse", "HEAD"]).output()
        && commit.status.success()
    {
        versions.insert("commit".into(), text(&commit.stdout));
    }
    if let Ok(kernel) = std::fs::read_to_string("/proc/sys/kernel/osrelease") {
        versions.insert("kernel".into(), kernel.trim().to_owned());
    }
    if let Some(bug) = &plan.bug {
        versions.insert("planted bug".into(), bug.clone());
    }
    Ok(versions)
}
